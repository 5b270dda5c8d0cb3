"""A library of boosted trees as a peer of `cargo xtask bench trees`: python trees_peer.py lightgbm|xgboost|catboost|histgb THREADS

Speaks lines on stdin and stdout, one answer to each request, until stdin is closed:

    (at the start)                 ready VERSION
    table TARGET KIND TRAIN TEST   ok         KIND is numbers or classes; the files are CSV
    run WARM_UP RUNS               SECONDS    fits of 100 rounds, 31 leaves, 255 bins, rate .1, 20 rows a leaf, nothing drawn, binning included
    defaults SEED                  SECONDS    one fit with the library's own defaults
    score                          NUMBER     of that fit on TEST: the logarithmic loss, or the root of the mean squared error
    accuracy                       NUMBER     of that fit on TEST; 0 for numbers
    trees                          SECONDS    one fit of 500 rounds, otherwise as run
    bytes                          NUMBER     size of that model as the library saves it
    rows WARM_UP RUNS              SECONDS    predictions of 100,000 rows by one thread
    row WARM_UP RUNS               SECONDS    predictions of one row by one thread

Texts are categories, of which the libraries know that they are. Empty cells and question marks are missing.
"""

import os
import sys
import tempfile
import time
import warnings

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
peer, threads = sys.argv[1], int(sys.argv[2])


def answer(text):
    print(text, flush=True)


def read(path):
    return pd.read_csv(path, na_values="?", skipinitialspace=True, low_memory=False)


class Table:
    def __init__(self, target, kind, train, test):
        self.numbers = kind == "numbers"
        x, z = read(train), read(test)
        y, yz = x.pop(target), z.pop(target)
        if not self.numbers:
            classes = sorted(y.astype(str).unique())
            codes = {c: i for i, c in enumerate(classes)}
            y, yz = y.astype(str).map(codes), yz.astype(str).map(codes)
        self.classes = 0 if self.numbers else len(classes)
        texts = [c for c in x.columns if not pd.api.types.is_numeric_dtype(x[c])]
        self.texts = texts
        for c in texts:
            if peer == "catboost":
                x[c], z[c] = x[c].astype(str), z[c].astype(str)
                continue
            x[c] = x[c].astype("category")
            z[c] = pd.Categorical(z[c], categories=x[c].cat.categories)
            if peer == "histgb" and x[c].nunique() > 255:
                x[c], z[c] = (v[c].cat.codes.replace(-1, np.nan) for v in (x, z))
        self.x, self.y, self.z, self.yz = x, y.to_numpy(), z, yz.to_numpy()
        self.many = z.iloc[np.arange(100_000) * 7919 % len(z)].reset_index(drop=True)


def model(table, equal, rounds=100, seed=0):
    regress = table.numbers
    if peer == "lightgbm":
        import lightgbm as lgb

        kind = lgb.LGBMRegressor if regress else lgb.LGBMClassifier
        same = dict(n_estimators=rounds, num_leaves=31, learning_rate=0.1, min_child_samples=20, max_bin=255)
        return kind(n_jobs=threads, verbosity=-1, random_state=seed, **(same if equal else {}))
    if peer == "xgboost":
        import xgboost as xgb

        kind = xgb.XGBRegressor if regress else xgb.XGBClassifier
        same = dict(n_estimators=rounds, grow_policy="lossguide", max_leaves=31, max_depth=0, learning_rate=0.1, max_bin=255)
        return kind(n_jobs=threads, tree_method="hist", enable_categorical=True, random_state=seed, **(same if equal else {}))
    if peer == "catboost":
        import catboost

        kind = catboost.CatBoostRegressor if regress else catboost.CatBoostClassifier
        same = dict(iterations=rounds, grow_policy="Lossguide", max_leaves=31, learning_rate=0.1, border_count=254, min_data_in_leaf=20)
        common = dict(thread_count=threads, verbose=0, random_seed=seed, allow_writing_files=False, cat_features=table.texts)
        return kind(**common, **(same if equal else {}))
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingRegressor if regress else HistGradientBoostingClassifier
    same = dict(max_iter=rounds, max_leaf_nodes=31, learning_rate=0.1, min_samples_leaf=20, early_stopping=False)
    return kind(categorical_features="from_dtype", random_state=seed, **(same if equal else {}))


def predict(fitted, table, rows):
    if peer == "lightgbm":
        return fitted.booster_.predict(rows, num_threads=1)
    return fitted.predict(rows) if table.numbers else fitted.predict_proba(rows)


def score(fitted, table, accuracy):
    if table.numbers:
        return 0.0 if accuracy else float(np.sqrt(np.mean((np.ravel(fitted.predict(table.z)) - table.yz) ** 2)))
    p = fitted.predict_proba(table.z)
    known = ~np.isnan(table.yz.astype(float))
    p, y = p[known], table.yz[known].astype(int)
    if accuracy:
        return float(np.mean(p.argmax(axis=1) == y))
    return float(-np.mean(np.log(np.clip(p[np.arange(len(y)), y], 1e-15, 1))))


def size(fitted):
    if peer == "lightgbm":
        return len(fitted.booster_.model_to_string())
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.ubj" if peer == "xgboost" else "model")
        if peer == "histgb":
            import pickle

            return len(pickle.dumps(fitted))
        fitted.save_model(path)
        return os.path.getsize(path)


def seconds(job, warm_up, runs):
    for _ in range(warm_up):
        job()
    start = time.perf_counter()
    for _ in range(runs):
        job()
    return time.perf_counter() - start


library = {"lightgbm": "lightgbm", "xgboost": "xgboost", "catboost": "catboost", "histgb": "sklearn"}[peer]
table = fitted = large = None
answer(f"ready {__import__(library).__version__}")
for line in sys.stdin:
    request, *words = line.split()
    if request == "table":
        table = Table(*words)
        answer("ok")
    elif request == "run":
        answer(repr(seconds(lambda: model(table, True).fit(table.x, table.y), *map(int, words))))
    elif request == "defaults":
        fitted = model(table, False, seed=int(words[0]))
        answer(repr(seconds(lambda: fitted.fit(table.x, table.y), 0, 1)))
    elif request in ("score", "accuracy"):
        answer(repr(score(fitted, table, request == "accuracy")))
    elif request == "trees":
        large = model(table, True, rounds=500)
        answer(repr(seconds(lambda: large.fit(table.x, table.y), 0, 1)))
        one = table.many.iloc[:1]
        if peer == "xgboost":
            large.set_params(n_jobs=1)
    elif request == "bytes":
        answer(repr(size(large)))
    else:
        rows = one if request == "row" else table.many
        answer(repr(seconds(lambda: predict(large, table, rows), *map(int, words))))
