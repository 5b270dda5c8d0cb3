"""Writes crates/train/tests/curves.json: ROC, precision-recall and calibration curves of scikit-learn on made-up predictions.

A binary problem with ties and with probabilities of exactly 0 and 1. Needs: scikit-learn, numpy. Argument: the repository root.
"""
import json
import sys
from pathlib import Path

import numpy as np
import sklearn
import sklearn.metrics as sk
from sklearn.calibration import calibration_curve

rng = np.random.default_rng(11)
y = rng.random(160) < 0.4
p = np.round(np.clip(0.4 + 0.25 * y + rng.normal(0, 0.25, 160), 0, 1), 2)
fpr, tpr, thresholds = sk.roc_curve(y, p, drop_intermediate=False)
precision, recall, _ = sk.precision_recall_curve(y, p)
observed, predicted = calibration_curve(y, p, n_bins=15)
golden = {
    "made_by": f"scikit-learn {sklearn.__version__}",
    "p": p.tolist(),
    "y": y.astype(int).tolist(),
    "auc": sk.roc_auc_score(y, p),
    "average_precision": sk.average_precision_score(y, p),
    # Without its first point, whose threshold is infinite.
    "roc": np.stack([thresholds, fpr, tpr], 1)[1:].tolist(),
    # From the highest threshold, without the end that no threshold gives.
    "precision_recall": np.stack([recall, precision], 1)[:-1][::-1].tolist(),
    "calibration": np.stack([predicted, observed], 1).tolist(),
}
path = Path(sys.argv[1]) / "crates/train/tests/curves.json"
path.write_text(json.dumps(golden) + "\n")
print(f"wrote {path.name}")
