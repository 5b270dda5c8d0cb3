"""Writes tests/golden/statsmodels_influence.json: leverages, studentized residuals and Cook's distances by statsmodels.

Least squares, plain and weighted by households, on every 250th row of data/california_housing_train.csv with its numbers alone. Weighted is
least squares on rows times the root of their weight: OLSInfluence of a WLS fit multiplies weighted and unweighted rows. Needs: numpy, pandas, statsmodels. Argument: the repository root.
"""
import json
import sys
from pathlib import Path

import pandas as pd
import statsmodels
import statsmodels.api as sm
from statsmodels.stats.outliers_influence import OLSInfluence

EVERY = 250
TERMS = ["housing_median_age", "total_rooms", "population", "median_income"]
WEIGHTS = "households"

root = Path(sys.argv[1])
table = pd.read_csv(root / "data/california_housing_train.csv").iloc[::EVERY]
root_weight = table[WEIGHTS] ** 0.5
x, y = sm.add_constant(table[TERMS]), table["median_house_value"]


def case(y, x):
    of = OLSInfluence(sm.OLS(y, x).fit(method="qr"))
    return {
        "leverage": of.hat_matrix_diag.tolist(),
        "studentized": of.resid_studentized_internal.tolist(),
        "cook": of.cooks_distance[0].tolist(),
    }


golden = {
    "made_by": f"statsmodels {statsmodels.__version__}",
    "every": EVERY,
    "terms": TERMS,
    "weights": WEIGHTS,
    "target": "median_house_value",
    "plain": case(y, x),
    "weighted": case(y * root_weight, x.mul(root_weight, axis=0)),
}
path = root / "tests/golden/statsmodels_influence.json"
path.write_text(json.dumps(golden) + "\n")
print(f"wrote {path.name}")
