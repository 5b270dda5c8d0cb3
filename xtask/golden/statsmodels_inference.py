"""Writes tests/golden/statsmodels_inference.json: tables of linear models by statsmodels, and what it lacks by R's formulas.

Each case has the options of `planish train` and what `planish inspect --json` should then show. The coding is Planish's: raw units,
missing numbers at the mean with a flag, treatment coding with the first sorted level dropped, missing text a level of its own at the end.
Fits are by QR on columns that were shifted by their means (exactly undone afterwards), so that statsmodels itself has the digits; tests of
robust covariances use Student's t. Needs: numpy, pandas, scipy, statsmodels. Argument: the repository root.
"""
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import scipy
import statsmodels
import statsmodels.api as sm
from statsmodels.stats.diagnostic import het_breuschpagan
from statsmodels.stats.outliers_influence import variance_inflation_factor
from statsmodels.stats.stattools import durbin_watson, jarque_bera, omni_normtest

root = Path(sys.argv[1])


def factors(table, name):
    column = table[name]
    if pd.api.types.is_numeric_dtype(column):
        return {name: column.fillna(column.mean()).astype(float)}
    levels = sorted(column.dropna().unique()) + (["(missing)"] if column.isna().any() else [])
    column = column.fillna("(missing)")
    return {f"{name}[{level}]": (column == level).astype(float) for level in levels[1:]}


def design(table, poly, interact, intercept):
    terms = {"(intercept)": pd.Series(1.0, table.index)} if intercept else {}
    for name in table.columns:
        base = factors(table, name)
        terms.update(base)
        for k in range(2, poly.get(name, 1) + 1):
            terms[f"{name}^{k}"] = base[name] ** k
        if pd.api.types.is_numeric_dtype(table[name]) and table[name].isna().any():
            terms[f"{name}[missing]"] = table[name].isna().astype(float)
    for a, b in interact:
        for nb, vb in factors(table, b).items():
            for na, va in factors(table, a).items():
                terms[f"{na}:{nb}"] = va * vb
    return pd.DataFrame(terms)


def aliased(x):
    """The columns that are combinations of columns before them."""
    basis, out = [], []
    for name in x.columns:
        v = x[name].to_numpy()
        rest = v - (v.mean() if basis else 0.0)
        whole = np.linalg.norm(rest)
        for _ in range(2):
            for q in basis:
                rest = rest - q * (q @ rest)
        if np.linalg.norm(rest) <= 1e-9 * whole:
            out.append(name)
        else:
            basis.append(rest / np.linalg.norm(rest))
    return out


def number(x):
    return None if x is None or not np.isfinite(x) else float(x)


def case(data, target, drop=(), poly=None, interact=(), cov="classical", cluster=None, weights=None, intercept=True):
    table = pd.read_csv(root / data)
    table = table[table[target].notna()].reset_index(drop=True)
    options = ["--target", target, "--model", "linear", "--cov", cov]
    y = table.pop(target)
    for name in drop:
        options += ["--drop", name]
        table.pop(name)
    groups = w = None
    if cluster:
        options += ["--cluster", cluster]
        groups = pd.factorize(table.pop(cluster))[0]
    if weights:
        options += ["--weights", weights]
        w = table.pop(weights).astype(float)
    for name, k in (poly or {}).items():
        options += ["--poly", f"{name}:{k}"]
    for a, b in interact:
        options += ["--interact", f"{a}:{b}"]
    if not intercept:
        options += ["--no-intercept"]
    x = design(table, poly or {}, interact, intercept)
    dropped = aliased(x) if intercept else []
    x = x.drop(columns=dropped)
    # Shifted columns: x = (x - m) + m, so the intercept is b0 - m·b and its variance follows.
    shift = x.mean() * intercept
    shift[:1] = 0.0 if intercept else shift[:1]
    back = np.eye(x.shape[1])
    if intercept:
        back[0, 1:] = -shift.to_numpy()[1:]
    model = sm.OLS(y, x - shift) if w is None else sm.WLS(y, x - shift, weights=w)
    kwds = {"groups": groups} if cluster else None
    fit = model.fit(method="qr") if cov == "classical" else model.fit(
        method="qr", cov_type=cov.upper() if cov != "cluster" else cov, cov_kwds=kwds, use_t=True)
    b, v = back @ fit.params.to_numpy(), back @ np.asarray(fit.cov_params()) @ back.T
    se = np.sqrt(np.diag(v))
    df = fit.df_resid_inference if getattr(fit, "df_resid_inference", None) is not None else fit.df_resid
    t = b / se
    half = scipy.stats.t.ppf(0.975, df) * se
    coefficients = [
        {"term": name, "estimate": b[i], "std_error": se[i], "t": t[i], "p": 2 * scipy.stats.t.sf(abs(t[i]), df),
         "ci": [b[i] - half[i], b[i] + half[i]]} for i, name in enumerate(x.columns)]
    e = np.asarray(fit.wresid)
    jb, jb_p, skew, kurtosis = jarque_bera(e)
    omni, omni_p = omni_normtest(e)
    first = int(intercept)
    sub = fit.cov_params().to_numpy()[first:, first:]
    wald = fit.params.to_numpy()[first:] @ np.linalg.solve(sub, fit.params.to_numpy()[first:]) / sub.shape[0]
    f = {"statistic": wald, "p": scipy.stats.f.sf(wald, sub.shape[0], df)}
    want = {
        "df_resid": int(fit.df_resid), "df_model": int(fit.df_model), "r2": fit.rsquared, "adjusted_r2": fit.rsquared_adj,
        "residual_sd": fit.mse_resid ** 0.5, "f": f, "log_likelihood": fit.llf, "aic": fit.aic, "bic": fit.bic, "skew": skew,
        "kurtosis": kurtosis, "jarque_bera": {"statistic": jb, "p": jb_p}, "omnibus": {"statistic": omni, "p": omni_p},
        "durbin_watson": durbin_watson(e), "residual_quantiles": np.percentile(e, [0, 25, 50, 75, 100]).tolist(),
    }
    if intercept:
        lm, lm_p, bf, bf_p = het_breuschpagan(e, np.asarray(x - shift))
        want["breusch_pagan"] = {"statistic": lm, "p": lm_p}
        want["breusch_pagan_f"] = {"statistic": bf, "p": bf_p}
    out = {"data": data, "options": options, "aliased": dropped, "coefficients": coefficients, "statistics": want}
    if cov == "classical" and w is None:
        xs = np.array(x - shift)
        xs[:, 0] = 1.0 if intercept else xs[:, 0]
        out["vif"] = [None] * first + [variance_inflation_factor(xs, i, standardize=intercept) for i in range(first, xs.shape[1])]
        influence = fit.get_influence()
        for key, values in [("leverage", influence.hat_matrix_diag), ("cook", influence.cooks_distance[0])]:
            order = np.argsort(-np.asarray(values), kind="stable")[:5]
            out[key] = [{"row": int(i) + 1, "value": float(values[i])} for i in order]
    if not cluster:
        frame = fit.get_prediction((x - shift).iloc[:3], weights=None).summary_frame(alpha=0.1)
        keys = ["mean", "mean_ci_lower", "mean_ci_upper", "obs_ci_lower", "obs_ci_upper"]
        out["predictions_90"] = frame[keys].to_numpy().tolist()
    return out


def finite(v):
    if isinstance(v, dict):
        return {k: finite(x) for k, x in v.items()}
    if isinstance(v, (list, tuple)):
        return [finite(x) for x in v]
    return number(v) if isinstance(v, (float, np.floating)) else v


california = "data/california_housing_train.csv"
value = "median_house_value"
penguins = "crates/cli/data/penguins.csv"
cases = [
    case(california, value),
    case(california, value, cov="hc0"),
    case(california, value, cov="hc1"),
    case(california, value, cov="hc2"),
    case(california, value, cov="hc3"),
    case(california, value, cov="cluster", cluster="housing_median_age"),
    case(california, value, weights="households", drop=["total_bedrooms"]),
    case(california, value, weights="households", drop=["total_bedrooms"], cov="hc3"),
    case(california, value, intercept=False, drop=["ocean_proximity", "total_bedrooms"]),
    case(penguins, "body_mass_g"),
    case(penguins, "body_mass_g", poly={"bill_length_mm": 3}, interact=[("species", "flipper_length_mm")], cov="hc2"),
    case(penguins, "flipper_length_mm", drop=["island"], interact=[("species", "sex"), ("body_mass_g", "bill_length_mm")]),
]
golden = {"made_by": f"statsmodels {statsmodels.__version__}, scipy {scipy.__version__}, numpy {np.__version__}", "cases": cases}
path = root / "tests/golden/statsmodels_inference.json"
path.write_text(json.dumps(finite(golden), indent=None, separators=(",", ":")).replace('{"data"', '\n{"data"') + "\n")
print(f"wrote {path.name}")
