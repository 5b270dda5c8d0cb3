"""A library as a peer of `cargo xtask bench linreg`: python linreg_peer.py sklearn|lstsq|normal THREADS

Speaks lines on stdin and stdout, one answer to each request, until stdin is closed:

    (at the start)       ready VERSION
    fit ROWS COLUMNS     ok         new random columns and a response
    run WARM_UP RUNS     SECONDS    runs that do not count, then runs that do, timed together

A run is scikit-learn's LinearRegression().fit, NumPy's lstsq, or NumPy's bare normal equations; the latter two without an intercept, and none
with standard errors. The number of threads is set by the caller in the environment, before the libraries are loaded.
"""

import sys
import time

import numpy as np

peer, threads = sys.argv[1], int(sys.argv[2])
version = np.__version__
if peer == "sklearn":
    import sklearn
    from sklearn.linear_model import LinearRegression

    version = sklearn.__version__


def data(rows, columns):
    rng = np.random.default_rng(0)
    x = rng.random((rows, columns))
    return x, x.sum(axis=1) + rng.random(rows)


def answer(text):
    print(text, flush=True)


jobs = {
    "sklearn": lambda x, y: LinearRegression().fit(x, y),
    "lstsq": lambda x, y: np.linalg.lstsq(x, y, rcond=None),
    "normal": lambda x, y: np.linalg.solve(x.T @ x, x.T @ y),
}
x = y = None
answer(f"ready {version}")
for line in sys.stdin:
    request, *words = line.split()
    if request == "fit":
        x = y = None
        x, y = data(*map(int, words))
        answer("ok")
    else:
        warm_up, runs = map(int, words)
        for _ in range(warm_up):
            jobs[peer](x, y)
        start = time.perf_counter()
        for _ in range(runs):
            jobs[peer](x, y)
        seconds = time.perf_counter() - start
        if threads > 1:
            # The libraries' threads look for work a while before they sleep: not on the next contender's time.
            time.sleep(0.005)
        answer(repr(seconds))
