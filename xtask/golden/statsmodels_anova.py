"""Writes tests/golden/statsmodels_anova.json: pairs of nested least-squares models, compared by statsmodels' `anova_lm`.

Each case has the options of `planish train` for both models and what `planish inspect LARGE --against SMALL --json` should then show.
Columns are shifted and scaled before the fits, which changes no residual. Needs: numpy, pandas, statsmodels. Argument: the repository root.
"""
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels
import statsmodels.api as sm
from statsmodels.stats.anova import anova_lm

root = Path(sys.argv[1])
data = "data/california_housing_train.csv"
table = pd.read_csv(root / data)
target = "median_house_value"


def design(drop, poly):
    columns = []
    for name in table.columns.drop([target, *drop]):
        column = table[name]
        if pd.api.types.is_numeric_dtype(column):
            z = (column - column.mean()) / column.std()
            columns += [z**k for k in range(1, poly.get(name, 1) + 1)]
        else:
            levels = sorted(column.unique())[1:]
            columns += [(column == level).astype(float) for level in levels]
    x = sm.add_constant(np.column_stack(columns))
    return x


def options(drop, poly, weights):
    out = ["--target", target, "--model", "ols"]
    for name in drop:
        if name != weights:
            out += ["--drop", name]
    for name, power in poly.items():
        out += ["--poly", f"{name}:{power}"]
    return out + (["--weights", weights] if weights else [])


def case(small, large, poly=None, weights=None):
    aside = [weights] if weights else []
    small, large, poly = small + aside, large + aside, poly or {}
    w = table[weights] if weights else 1.0
    fits = [sm.WLS(table[target], design(*of), weights=w).fit(method="qr") for of in ((small, {}), (large, poly))]
    row = anova_lm(*fits).iloc[1]
    return {
        "data": data,
        "small": options(small, {}, weights),
        "large": options(large, poly, weights),
        "anova": {
            "df_resid": [float(f.df_resid) for f in fits],
            "rss": [float(f.ssr) for f in fits],
            "df": float(row["df_diff"]),
            "sum_of_squares": float(row["ss_diff"]),
            "f": {"statistic": float(row["F"]), "p": float(row["Pr(>F)"])},
        },
    }


without = ["total_bedrooms"]
cases = [
    case(without + ["ocean_proximity"], without),
    case(without + ["population", "total_rooms"], without),
    case(without, without, poly={"median_income": 3}),
    case(without + ["housing_median_age"], without, weights="households"),
]
path = root / "tests/golden/statsmodels_anova.json"
path.write_text(json.dumps({"statsmodels": statsmodels.__version__, "numpy": np.__version__, "cases": cases}, indent=1) + "\n")
