"""scikit-learn as a peer of the wide part of `cargo xtask bench linreg`: python wide_peer.py RidgeCV|LassoCV|"LassoCV 1e-6" THREADS

Speaks lines on stdin and stdout, one answer to each request, until stdin is closed:

    (at the start)              ready VERSION
    table ROWS COLUMNS FILE     ok         X row by row and y, as little-endian f64
    run WARM_UP RUNS            SECONDS    runs that do not count, then runs that do, timed together
    violation                   NUMBER     the largest violation of the optimality conditions of the last run, divided by the rows

A run is RidgeCV with 100 penalties from ten times the largest squared singular value of the columns down over eleven powers of ten, each row left
out in turn; or LassoCV with its 100 penalties on five folds, by default to its tolerance of 1e-4, or to the one named, with a job a thread.
"""

import sys
import time

import numpy as np
import sklearn
from sklearn.linear_model import LassoCV, RidgeCV

peer, threads = sys.argv[1], int(sys.argv[2])


def answer(text):
    print(text, flush=True)


def fit(x, y):
    if peer == "RidgeCV":
        return RidgeCV(alphas=alphas).fit(x, y)
    words = peer.split()
    accuracy = {"tol": float(words[1]), "max_iter": 100_000} if len(words) > 1 else {}
    return LassoCV(cv=5, n_jobs=max(threads, 1), **accuracy).fit(x, y)


def violation(result, x, y):
    rest = y - result.predict(x)
    slope = (x - x.mean(axis=0)).T @ rest
    b = result.coef_
    if peer == "RidgeCV":
        return np.abs(slope - result.alpha_ * b).max() / len(y)
    slope = slope / len(y)
    zero = np.maximum(np.abs(slope) - result.alpha_, 0.0)
    return np.where(b == 0.0, zero, np.abs(slope - result.alpha_ * np.sign(b))).max()


x = y = alphas = result = None
answer(f"ready {sklearn.__version__}")
for line in sys.stdin:
    request, *words = line.split(maxsplit=3)
    if request == "table":
        rows, columns = int(words[0]), int(words[1])
        numbers = np.fromfile(words[2].strip(), dtype="<f8")
        x = np.ascontiguousarray(numbers[: rows * columns].reshape(rows, columns))
        y = numbers[rows * columns :]
        largest = np.linalg.norm(x - x.mean(axis=0), 2) ** 2
        alphas = 10.0 * largest * np.logspace(0, -11, 100)
        answer("ok")
    elif request == "violation":
        answer(repr(float(violation(result, x, y))))
    else:
        warm_up, runs = map(int, words)
        for _ in range(warm_up):
            fit(x, y)
        start = time.perf_counter()
        for _ in range(runs):
            result = fit(x, y)
        answer(repr(time.perf_counter() - start))
