"""A library as a peer of `cargo xtask bench train`: python train_peer.py torch|jax|keras|sklearn|onnxruntime THREADS

Speaks lines on stdin and stdout, one answer to each request, until stdin is closed:

    (at the start)                     ready VERSION
    train LOSS BATCH ROWS WIDTH...     ok         a new network of dense layers, relu between them; bce, mse or ce; Adam
    predict BATCH WIDTH...             ok         the same with softmax or sigmoid at its end, and one batch of rows
    run WARM_UP RUNS                   SECONDS    runs that do not count, then runs that do, timed together

A run is an epoch, shuffled, in the way in which the library does it fastest without a change of its own settings (PyTorch eager with
the fused Adam; JAX with the whole epoch compiled; Keras's fit; scikit-learn's partial_fit), or one prediction. The number of threads is
set by the caller in the environment too, before the libraries are loaded.
"""

import os
import sys
import time
import warnings

peer, threads = sys.argv[1], int(sys.argv[2])
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["JAX_PLATFORMS"] = "cpu"
if threads == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
warnings.filterwarnings("ignore")
import numpy as np

rng = np.random.default_rng(0)


def data(loss, widths, rows):
    """Features, and classes or numbers."""
    x = rng.random((rows, widths[0]), dtype=np.float32) - np.float32(0.5)
    if loss == "ce":
        return x, (np.arange(rows) % widths[-1]).astype(np.int32)
    return x, (np.arange(rows) % 2).astype(np.float32)[:, None]


def torch_epoch(loss, batch, x, y, widths):
    layers = []
    for inputs, units in zip(widths, widths[1:]):
        layers += [torch.nn.Linear(inputs, units), torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1])
    adam = torch.optim.Adam(net.parameters(), fused=True)
    of = {"bce": torch.nn.BCEWithLogitsLoss, "mse": torch.nn.MSELoss, "ce": torch.nn.CrossEntropyLoss}[loss]()
    x, y = torch.from_numpy(x), torch.from_numpy(y.astype(np.int64) if loss == "ce" else y)

    def epoch():
        order = torch.randperm(len(x))
        for start in range(0, len(x), batch):
            rows = order[start : start + batch]
            adam.zero_grad()
            of(net(x[rows]), y[rows]).backward()
            adam.step()

    return epoch


def jax_epoch(loss, batch, x, y, widths):
    def value(params, x, y):
        for w, b in params[:-1]:
            x = jax.nn.relu(x @ w + b)
        x = x @ params[-1][0] + params[-1][1]
        if loss == "ce":
            return -jnp.take_along_axis(jax.nn.log_softmax(x), y[:, None], 1).mean()
        return (jax.nn.softplus(x) - x * y).mean() if loss == "bce" else ((x - y) ** 2).mean()

    def step(state, rows):
        params, m, v, t = state
        g = jax.grad(value)(params, x[rows], y[rows])
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        lr = 1e-3 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        params = jax.tree.map(lambda p, m, v: p - lr * m / (jnp.sqrt(v) + 1e-7), params, m, v)
        return (params, m, v, t), None

    compiled = jax.jit(lambda state, order: jax.lax.scan(step, state, order)[0], donate_argnums=0)
    x, y = jnp.asarray(x), jnp.asarray(y)
    params = [
        (jnp.asarray(rng.standard_normal((i, o), dtype=np.float32) * np.float32((2 / i) ** 0.5)), jnp.zeros(o))
        for i, o in zip(widths, widths[1:])
    ]
    zeros = lambda: jax.tree.map(jnp.zeros_like, params)
    state = [(params, zeros(), zeros(), jnp.float32(0))]

    def epoch():
        order = rng.permutation(len(x)).astype(np.int32).reshape(-1, batch)
        state[0] = jax.block_until_ready(compiled(state[0], jnp.asarray(order)))

    return epoch


def keras_epoch(loss, batch, x, y, widths):
    last = {"bce": "sigmoid", "mse": None, "ce": "softmax"}[loss]
    layers = [keras.layers.Dense(units, activation="relu") for units in widths[1:-1]]
    net = keras.Sequential([keras.layers.Input((widths[0],)), *layers, keras.layers.Dense(widths[-1], activation=last)])
    of = {"bce": "binary_crossentropy", "mse": "mse", "ce": "sparse_categorical_crossentropy"}[loss]
    net.compile(optimizer="adam", loss=of)
    return lambda: net.fit(x, y, batch_size=batch, epochs=1, verbose=0)


def sklearn_epoch(loss, batch, x, y, widths):
    kind = MLPRegressor if loss == "mse" else MLPClassifier
    net = kind(hidden_layer_sizes=widths[1:-1], batch_size=batch, alpha=0.0)
    y = y.ravel()
    if loss == "mse":
        return lambda: net.partial_fit(x, y)
    classes = np.unique(y)
    return lambda: net.partial_fit(x, y, classes=classes)


def onnx_model(widths):
    """The network as an ONNX file's bytes."""
    from onnx import TensorProto, helper, numpy_helper

    nodes, weights, name = [], [], "x"
    for i, (inputs, units) in enumerate(zip(widths, widths[1:])):
        kernel = rng.standard_normal((inputs, units), dtype=np.float32) * np.float32(inputs**-0.5)
        weights += [numpy_helper.from_array(kernel, f"w{i}"), numpy_helper.from_array(np.zeros(units, np.float32), f"b{i}")]
        nodes.append(helper.make_node("Gemm", [name, f"w{i}", f"b{i}"], [f"z{i}"]))
        final = i + 2 == len(widths)
        kind = ("Softmax" if units > 1 else "Sigmoid") if final else "Relu"
        name = "y" if final else f"a{i}"
        nodes.append(helper.make_node(kind, [f"z{i}"], [name]))
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [None, w]) for n, w in (("x", widths[0]), ("y", widths[-1]))]
    graph = helper.make_graph(nodes, "network", ends[:1], ends[1:], weights)
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()


def onnxruntime_prediction(batch, widths):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Its threads must not look for work on the time of the other contenders.
    options.add_session_config_entry("session.intra_op.allow_spinning", "1" if batch > 1 else "0")
    session = onnxruntime.InferenceSession(onnx_model(widths), options, providers=["CPUExecutionProvider"])
    x = rng.random((batch, widths[0]), dtype=np.float32)
    y = np.empty((batch, widths[-1]), np.float32)
    binding = session.io_binding()
    binding.bind_cpu_input("x", x)
    binding.bind_output("y", "cpu", 0, np.float32, y.shape, y.ctypes.data)
    return lambda: session.run_with_iobinding(binding)


if peer == "torch":
    import torch

    torch.set_num_threads(threads)
    version = torch.__version__
elif peer == "jax":
    import jax
    import jax.numpy as jnp

    version = jax.__version__
elif peer == "keras":
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    import keras

    version = f"{keras.__version__} ({keras.backend.backend()})"
elif peer == "sklearn":
    import sklearn
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    version = sklearn.__version__
else:
    import onnxruntime

    version = onnxruntime.__version__


def answer(text):
    print(text, flush=True)


epochs = {"torch": torch_epoch, "jax": jax_epoch, "keras": keras_epoch, "sklearn": sklearn_epoch}
answer(f"ready {version}")
for line in sys.stdin:
    request, *words = line.split()
    if request == "train":
        loss, (batch, rows, *widths) = words[0], map(int, words[1:])
        job = None
        job = epochs[peer](loss, batch, *data(loss, widths, rows), widths)
        answer("ok")
    elif request == "predict":
        batch, *widths = map(int, words)
        job = onnxruntime_prediction(batch, widths)
        answer("ok")
    else:
        warm_up, runs = map(int, words)
        for _ in range(warm_up):
            job()
        start = time.perf_counter()
        for _ in range(runs):
            job()
        seconds = time.perf_counter() - start
        if threads > 1:
            # The libraries' threads look for work a while before they sleep: not on the next contender's time.
            time.sleep(0.005)
        answer(repr(seconds))
