"""scikit-learn as a peer of the table part of `cargo xtask bench linreg`: python penalised_peer.py lasso_path|lbfgs|newton-cholesky THREADS

Speaks lines on stdin and stdout, one answer to each request, until stdin is closed:

    (at the start)              ready VERSION
    table ROWS COLUMNS FILE     ok         X row by row and y, as little-endian f64
    run WARM_UP RUNS            SECONDS    runs that do not count, then runs that do, timed together
    violation                   NUMBER     the largest violation of the optimality conditions of the last run, divided by the rows

A run is lasso_path (100 penalties, precomputed Gram matrix where that is scikit-learn's choice) on the centred response and columns, or
LogisticRegression with C = 1 by the solver named; all with tolerances that bring the violation to about 1e-8 or below. The number of threads
is set by the caller in the environment, before the libraries are loaded.
"""

import sys
import time

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression, lasso_path

peer = sys.argv[1]


def answer(text):
    print(text, flush=True)


def fit(x, y):
    if peer == "lasso_path":
        # Centring is part of the work: ours has an intercept.
        centred = x - x.mean(axis=0)
        return lasso_path(centred, y - y.mean(), tol=1e-8, max_iter=100_000)
    return LogisticRegression(C=1.0, solver=peer, tol=1e-8, max_iter=10_000).fit(x, y)


def violation(result, x, y):
    if peer == "lasso_path":
        alphas, coefficients, _ = result
        rest = (y - y.mean())[:, None] - (x - x.mean(axis=0)) @ coefficients
        slope = (x - x.mean(axis=0)).T @ rest / len(y)
        zero = np.maximum(np.abs(slope) - alphas, 0.0)
        other = np.abs(slope - alphas * np.sign(coefficients))
        return np.where(coefficients == 0.0, zero, other).max()
    b = result.coef_[0]
    rest = y - 1.0 / (1.0 + np.exp(-(x @ b + result.intercept_[0])))
    return max(np.abs(x.T @ rest - b).max(), abs(rest.sum())) / len(y)


x = y = result = None
answer(f"ready {sklearn.__version__}")
for line in sys.stdin:
    request, *words = line.split(maxsplit=3)
    if request == "table":
        rows, columns = int(words[0]), int(words[1])
        numbers = np.fromfile(words[2].strip(), dtype="<f8")
        x = np.ascontiguousarray(numbers[: rows * columns].reshape(rows, columns))
        y = numbers[rows * columns :]
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
