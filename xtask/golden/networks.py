"""Writes crates/train/tests/networks.json: fifty steps of five small networks in PyTorch and Keras, in float64.

Initial weights and batches come from the formula `number` below, which the test repeats, so the file holds results alone: the fifty losses
and the final weights. Keras stands for the conventions in which PyTorch differs: the momenta of batch normalisation and its
statistics, and the epsilon of RMSprop. Needs: torch, keras, numpy. Argument: the repository root.
"""
import json
import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import keras
import numpy as np
import torch

keras.config.set_floatx("float64")
torch.set_default_dtype(torch.float64)
F = torch.nn.functional
STEPS, ROWS = 50, 16


def number(k):
    """Numbers between -1/2 and 1/2, in binary fractions so that every language has the same."""
    return ((k * 7919 + 13) % 1021 % 256) / 256 - 0.5


def numbers(first, *shape):
    return torch.tensor([number(first + i) for i in range(int(np.prod(shape)))]).reshape(shape)


def batch(step, inputs):
    return 4 * numbers(step * 1000, ROWS, inputs)


def weights(*shapes):
    """Tensors of these shapes (kernels as [inputs, units]), drawn one after the other."""
    out, at = [], 100_000
    for shape in shapes:
        out.append(numbers(at, *shape).requires_grad_())
        at += int(np.prod(shape))
    return out


def torch_run(params, optimizer, loss_of):
    losses = []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(step)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {"losses": losses, "weights": [p.detach().flatten().tolist() for p in params]}


def dense_bce_adam():
    p = weights((5, 8), (8,), (8, 1), (1,))
    adam = torch.optim.Adam(p, lr=0.01, eps=1e-8)

    def loss(step):
        x = batch(step, 5)
        y = (x.sum(1, keepdim=True) > 0).double()
        return F.binary_cross_entropy_with_logits(torch.tanh(x @ p[0] + p[1]) @ p[2] + p[3], y)

    return torch_run(p, adam, loss)


def gelu_silu_ce_adamw():
    p = weights((5, 8), (8,), (8, 7), (7,), (7, 3), (3,))
    adamw = torch.optim.AdamW(p, lr=0.01, eps=1e-8, weight_decay=0.05)

    def loss(step):
        x = batch(step, 5)
        classes = torch.arange(ROWS) * (step + 1) % 3
        h = F.silu(F.gelu(x @ p[0] + p[1]) @ p[2] + p[3])
        return F.cross_entropy(h @ p[4] + p[5], classes, label_smoothing=0.1)

    return torch_run(p, adamw, loss)


def residual_huber_rmsprop():
    p = weights((5, 6), (6,), (6,), (6,), (6, 6), (6,), (6, 2), (2,))
    squares = [torch.zeros_like(q) for q in p]
    losses = []
    for step in range(STEPS):
        x = batch(step, 5)
        y = torch.stack([x[:, 0] * x[:, 1], x[:, 2]], 1)
        h = F.mish(x @ p[0] + p[1])
        normed = F.layer_norm(h, (6,), p[2], p[3], eps=1e-3)
        h = h + F.selu(normed @ p[4] + p[5])
        loss = F.huber_loss(h @ p[6] + p[7], y, delta=1.0)
        grads = torch.autograd.grad(loss, p)
        # Keras has epsilon under the root.
        with torch.no_grad():
            for q, g, v in zip(p, grads, squares):
                v.mul_(0.9).addcmul_(g, g, value=0.1)
                q.sub_(0.002 * g / torch.sqrt(v + 1e-7))
        losses.append(loss.item())
    return {"losses": losses, "weights": [q.detach().flatten().tolist() for q in p]}


def embedding_ce_adam():
    p = weights((6, 8), (8,), (8, 3), (3,), (5, 2), (4, 2))
    adam = torch.optim.Adam(p, lr=0.01, eps=1e-8)

    def loss(step):
        x = batch(step, 2)
        rows = torch.arange(ROWS)
        joined = torch.cat([x, p[4][(rows + step) % 5], p[5][(rows * 3 + step) % 4]], 1)
        h = F.softplus(joined @ p[0] + p[1])
        return F.cross_entropy(h @ p[2] + p[3], (rows + step) % 3)

    return torch_run(p, adam, loss)


def batch_norm_mse_momentum():
    net = keras.Sequential([
        keras.layers.Input((5,)),
        keras.layers.Dense(7, activation="elu"),
        keras.layers.BatchNormalization(),
        keras.layers.Dense(2),
    ])
    start = weights((5, 7), (7,), (7,), (7,), (7, 2), (2,))
    kernel1, bias1, gamma, beta, kernel2, bias2 = [w.detach().numpy() for w in start]
    net.set_weights([kernel1, bias1, gamma, beta, np.zeros(7), np.ones(7), kernel2, bias2])
    net.compile(keras.optimizers.SGD(0.05, momentum=0.9), "mse")
    losses = []
    for step in range(STEPS):
        x = batch(step, 5).numpy()
        y = np.stack([x[:, 0] * x[:, 1], x[:, 2]], 1)
        losses.append(float(net.train_on_batch(x, y)))
        net.reset_metrics()
    w = net.get_weights()
    last = [w[0], w[1], w[2], w[3], w[6], w[7], w[4], w[5]]
    return {"losses": losses, "weights": [np.asarray(a).flatten().tolist() for a in last]}


golden = {
    "made_by": f"torch {torch.__version__.split('+')[0]}, keras {keras.__version__}",
    "runs": {f.__name__: f() for f in (dense_bce_adam, gelu_silu_ce_adamw, batch_norm_mse_momentum,
                                       residual_huber_rmsprop, embedding_ce_adam)},
}
path = Path(sys.argv[1]) / "crates/train/tests/networks.json"
path.write_text(json.dumps(golden) + "\n")
print(f"wrote {path.name}")
