"""Writes tests/golden/torch_seed_network.json: ten training steps of a 10-10-10-1 network in PyTorch.

relu, relu, sigmoid; binary cross-entropy; Adam (lr 0.001, epsilon 1e-8); batches of 32. Holds the initial weights, the data, the
ten losses and the weights after the tenth step. Needs: torch, numpy. Argument: the repository root.
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch

torch.manual_seed(0)
torch.set_num_threads(1)
rng = np.random.default_rng(7)
x = rng.standard_normal((320, 10)).astype(np.float32)
y = (x @ rng.standard_normal(10) + 0.3 * rng.standard_normal(320) > 0).astype(np.float32)
net = torch.nn.Sequential(
    torch.nn.Linear(10, 10), torch.nn.ReLU(), torch.nn.Linear(10, 10), torch.nn.ReLU(), torch.nn.Linear(10, 1))
linears = [m for m in net if isinstance(m, torch.nn.Linear)]


def weights():
    # Kernels as [inputs, units].
    return [{"kernel": m.weight.detach().T.flatten().tolist(), "bias": m.bias.detach().tolist()} for m in linears]


start = weights()
adam = torch.optim.Adam(net.parameters(), lr=0.001, eps=1e-8)
losses = []
for step in range(10):
    xb = torch.from_numpy(x[step * 32:(step + 1) * 32])
    yb = torch.from_numpy(y[step * 32:(step + 1) * 32])[:, None]
    loss = torch.nn.functional.binary_cross_entropy_with_logits(net(xb), yb)
    adam.zero_grad()
    loss.backward()
    adam.step()
    losses.append(loss.item())
golden = {"made_by": f"torch {torch.__version__.split('+')[0]}", "x": x.flatten().tolist(), "y": y.tolist(), "start": start, "losses": losses,
          "end": weights()}
path = Path(sys.argv[1]) / "tests/golden/torch_seed_network.json"
path.write_text(json.dumps(golden) + "\n")
print(f"wrote {path.name}")
