"""NumPy or PyTorch as a peer of `cargo xtask bench gemm`: python peer.py numpy|torch THREADS

Speaks lines on stdin and stdout, one answer to each request, until stdin is closed:

    (at the start)             ready VERSION
    set M K N f32|f64 LAYOUT   ok         new operands; layout nn, tn, nt, or gram (C = A'A, A being K x N)
    run WARM_UP RUNS           SECONDS    products that do not count, then products that do, timed together

The number of threads is set by the caller in the environment too, before the libraries are loaded.
"""

import sys
import time

import numpy as np

peer, threads = sys.argv[1], int(sys.argv[2])
if peer == "torch":
    import torch

    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    version = torch.__version__
else:
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    version = f"{np.__version__} ({blas['name']} {blas['version']})"


def operands(m, k, n, dtype, layout):
    """A, B and C as the layout wants them: a transposed operand is the view of a row-major array."""
    rng = np.random.default_rng(0)

    def random(rows, cols):
        return rng.random((rows, cols), dtype=dtype) - dtype(0.5)

    if layout == "gram":
        b = random(k, n)
        a = b.T
    else:
        a = random(k, m).T if layout == "tn" else random(m, k)
        b = random(n, k).T if layout == "nt" else random(k, n)
    return a, b, np.empty((m, n), dtype)


def answer(text):
    print(text, flush=True)


answer(f"ready {version}")
for line in sys.stdin:
    request, *words = line.split()
    if request == "set":
        m, k, n = map(int, words[:3])
        a = b = c = None
        a, b, c = operands(m, k, n, np.float32 if words[3] == "f32" else np.float64, words[4])
        if peer == "torch":
            a, b, c = map(torch.from_numpy, (a, b, c))
        multiply = torch.matmul if peer == "torch" else np.matmul
        answer("ok")
    else:
        warm_up, runs = map(int, words)
        for _ in range(warm_up):
            multiply(a, b, out=c)
        start = time.perf_counter()
        for _ in range(runs):
            multiply(a, b, out=c)
        seconds = time.perf_counter() - start
        if threads > 1:
            # The libraries' threads look for work a while before they sleep: not on the next contender's time.
            time.sleep(0.005)
        answer(repr(seconds))
