"""Writes crates/optim/tests/optimizers.json: twenty steps of every optimizer in Keras and PyTorch, in float64.

Every run starts from the same seven weights and takes the same twenty gradients. Holds the weights after steps 1, 2, 10 and 20.
Needs: keras, torch, numpy. Argument: the repository root.
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
rng = np.random.default_rng(11)
start = rng.standard_normal(7)
gradients = rng.standard_normal((20, 7)) * np.array([1.0, 0.1, 10.0, 1e-3, 1.0, 1.0, 0.0])
kept = (1, 2, 10, 20)


def keras_run(optimizer):
    variable = keras.Variable(start, dtype="float64")
    optimizer.build([variable])
    weights = []
    for step, gradient in enumerate(gradients, 1):
        optimizer.apply([keras.ops.convert_to_tensor(gradient, dtype="float64")], [variable])
        if step in kept:
            weights.append(keras.ops.convert_to_numpy(variable).tolist())
    return weights


def torch_run(optimizer_class, **settings):
    variable = torch.tensor(start, requires_grad=True)
    optimizer = optimizer_class([variable], **settings)
    weights = []
    for step, gradient in enumerate(gradients, 1):
        variable.grad = torch.tensor(gradient)
        optimizer.step()
        if step in kept:
            weights.append(variable.detach().tolist())
    return weights


k = keras.optimizers
runs = {
    "keras sgd": keras_run(k.SGD(0.1)),
    "keras momentum": keras_run(k.SGD(0.1, momentum=0.9)),
    "keras nesterov": keras_run(k.SGD(0.1, momentum=0.9, nesterov=True)),
    "keras adam": keras_run(k.Adam(0.1)),
    "keras adamw": keras_run(k.AdamW(0.1)),
    "keras nadam": keras_run(k.Nadam(0.1)),
    "keras rmsprop": keras_run(k.RMSprop(0.1)),
    "keras rmsprop, centered, momentum": keras_run(k.RMSprop(0.1, momentum=0.5, centered=True)),
    "keras adagrad": keras_run(k.Adagrad(0.1)),
    "keras lion": keras_run(k.Lion(0.1)),
    "keras adam, average": keras_run(k.Adam(0.1, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=5)),
    "torch adam": torch_run(torch.optim.Adam, lr=0.1, eps=1e-8),
    "torch adamw": torch_run(torch.optim.AdamW, lr=0.1, eps=1e-8, weight_decay=0.01),
}
golden = {
    "made_by": f"keras {keras.__version__}, torch {torch.__version__.split('+')[0]}",
    "start": start.tolist(),
    "gradients": gradients.tolist(),
    "kept": kept,
    "runs": runs,
}
path = Path(sys.argv[1]) / "crates/optim/tests/optimizers.json"
path.write_text(json.dumps(golden) + "\n")
print(f"wrote {path.name}")
