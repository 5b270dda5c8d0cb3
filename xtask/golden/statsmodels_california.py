"""Writes tests/golden/statsmodels_california.json: least squares on data/california_housing_train.csv by statsmodels.

The coding is Planish's: raw units, missing numbers at the mean with a flag, treatment coding with the first sorted level
dropped. Needs: numpy, pandas, statsmodels. Argument: the repository root.
"""
import json
import sys
from pathlib import Path

import pandas as pd
import statsmodels
import statsmodels.api as sm

root = Path(sys.argv[1])
table = pd.read_csv(root / "data/california_housing_train.csv")
y = table.pop("median_house_value")
terms = {"(intercept)": pd.Series(1.0, table.index)}
for name in table.columns:
    column = table[name]
    if pd.api.types.is_numeric_dtype(column):
        terms[name] = column.fillna(column.mean())
        if column.isna().any():
            terms[f"{name}[missing]"] = column.isna().astype(float)
    else:
        for level in sorted(column.dropna().unique())[1:]:
            terms[f"{name}[{level}]"] = (column == level).astype(float)
fit = sm.OLS(y, pd.DataFrame(terms)).fit(method="qr")
golden = {
    "made_by": f"statsmodels {statsmodels.__version__}, method=qr",
    "coefficients": [{"term": t, "estimate": float(b)} for t, b in fit.params.items()],
    "r2": float(fit.rsquared),
    "residual_sd": float(fit.mse_resid) ** 0.5,
}
path = root / "tests/golden/statsmodels_california.json"
path.write_text(json.dumps(golden, indent=1) + "\n")
print(f"wrote {path.name}")
