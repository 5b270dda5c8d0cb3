"""Writes crates/train/tests/metrics.json: every score of scikit-learn (the calibration error of torchmetrics) on made-up predictions.

A binary problem with ties, one of four classes of which one is never predicted, and numbers; each with and without weights. The
weights are whole numbers, zero among them, so that torchmetrics, which knows none, is given each row as often as it counts.
Needs: scikit-learn, torchmetrics, torch, numpy. Argument: the repository root.
"""
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import sklearn
import sklearn.metrics as sk
import torch
import torchmetrics
from torchmetrics.functional.classification import binary_calibration_error, multiclass_calibration_error

warnings.filterwarnings("ignore")
rng = np.random.default_rng(7)


def of_classes(y, predicted, average, weights):
    w = {"sample_weight": weights}
    macro = {"average": average, "zero_division": 0, **w}
    return {
        "accuracy": sk.accuracy_score(y, predicted, **w),
        "balanced_accuracy": sk.balanced_accuracy_score(y, predicted, **w),
        "precision": sk.precision_score(y, predicted, **macro),
        "recall": sk.recall_score(y, predicted, **macro),
        "f1": sk.f1_score(y, predicted, **macro),
        "mcc": sk.matthews_corrcoef(y, predicted, **w),
    }


def repeated(weights, *arrays):
    return [torch.from_numpy(np.repeat(a, weights if weights is not None else 1, axis=0)) for a in arrays]


def binary(p, y, weights):
    w = {"sample_weight": weights}
    return of_classes(y, (p > 0.5).astype(int), "binary", weights) | {
        "auc": sk.roc_auc_score(y, p, **w),
        "pr_auc": sk.average_precision_score(y, p, **w),
        "log_loss": sk.log_loss(y, p, **w),
        "brier": sk.brier_score_loss(y, p, **w),
        "ece": float(binary_calibration_error(*repeated(weights, p, y), n_bins=15)),
    }


def multiclass(p, y, weights):
    w, labels = {"sample_weight": weights}, np.arange(p.shape[1])
    return of_classes(y, p.argmax(1), "macro", weights) | {
        "log_loss": sk.log_loss(y, p, labels=labels, **w),
        "brier": sk.brier_score_loss(y, p, labels=labels, **w),
        "ece": float(multiclass_calibration_error(*repeated(weights, p, y), num_classes=p.shape[1], n_bins=15)),
    }


def regression(p, y, weights):
    w = {"sample_weight": weights}
    counted = slice(None) if weights is None else weights > 0
    return {
        "rmse": sk.root_mean_squared_error(y, p, **w),
        "mae": sk.mean_absolute_error(y, p, **w),
        "mape": sk.mean_absolute_percentage_error(y, p, **w),
        "r2": sk.r2_score(y, p, **w),
        "median_ae": sk.median_absolute_error(y, p, **w),
        "max_error": sk.max_error(y[counted], p[counted]),
        "explained_variance": sk.explained_variance_score(y, p, **w),
    }


def case(score, p, y, confusion=None):
    weights = rng.integers(0, 4, len(y))
    case = {"p": p.tolist(), "y": y.tolist(), "weights": weights.tolist()}
    case |= {"plain": score(p, y, None), "weighted": score(p, y, weights)}
    if confusion is not None:
        case["confusion"] = sk.confusion_matrix(y, confusion).tolist()
    return case


y = (rng.random(60) < 0.3).astype(int)
p = np.round(np.clip(0.3 * y + 0.8 * rng.random(60), 0.01, 0.99), 2)
p[np.isin(p, [0.2, 0.4, 0.6, 0.8])] += 0.01  # on an edge the bins of torchmetrics own the lower end, ours the upper one
p[:3] = [0.0, 0.98, 0.5]
classes = rng.integers(0, 4, 60)
logits = rng.standard_normal((60, 4)) + 1.5 * np.eye(4)[classes]
logits[:, 2] -= 9.0
shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
# Multiples of 1/1024 that add up to exactly 1.
shares = np.floor(shares * 1024) / 1024
shares[:, 0] += 1 - shares.sum(1)
target = rng.standard_normal(40) * 10 + 3
target[5] = 0.0
golden = {
    "made_by": f"scikit-learn {sklearn.__version__}, torchmetrics {torchmetrics.__version__}",
    "binary": case(binary, p, y, (p > 0.5).astype(int)),
    "multiclass": case(multiclass, shares, classes, shares.argmax(1)),
    "regression": case(regression, target + rng.standard_normal(40) * 4, target),
}
path = Path(sys.argv[1]) / "crates/train/tests/metrics.json"
path.write_text(json.dumps(golden, default=float) + "\n")
print(f"wrote {path.name}")
