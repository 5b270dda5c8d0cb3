"""Writes crates/linreg/tests/models.json: penalised and generalised linear models by scikit-learn and statsmodels on made-up rows.

Ridge (with its leave-one-out errors, and generalised cross-validation by its definition with the matrix of the fit), lasso, elastic net,
LassoCV with row i in fold i mod 5, non-negative least squares, logistic, multinomial and Poisson regression; with and without weights.
Needs: scikit-learn, statsmodels, numpy. Argument: the repository root.
"""
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import sklearn
import statsmodels
import statsmodels.api as sm
from sklearn.linear_model import ElasticNet, Lasso, LassoCV, LinearRegression, LogisticRegression, Ridge, RidgeCV

warnings.filterwarnings("ignore")
rng = np.random.default_rng(11)
n, p = 90, 5
x = rng.normal(size=(n, p)).round(3)
x[:, 1] = (x[:, 0] * 0.8 + 0.3 * x[:, 1]).round(3)
x[:, 2] = (30 + 12 * x[:, 2]).round(2)
x[:, 3] = (x[:, 3] > 0.2).astype(float)
y = (3 + x @ np.array([1.5, -2.0, 0.05, 0.7, 0.0]) + rng.normal(size=n)).round(3)
w = rng.integers(0, 4, size=n).astype(float)
eta = 0.4 + 0.9 * x[:, 0] - 0.03 * (x[:, 2] - 30) + 0.5 * x[:, 3]
binary = (rng.uniform(size=n) < 1 / (1 + np.exp(-eta))).astype(float)
scores = np.c_[np.zeros(n), eta, 0.5 - 0.7 * x[:, 0] + 0.6 * x[:, 4]]
classes = (scores + rng.gumbel(size=scores.shape)).argmax(axis=1).astype(float)
counts = rng.poisson(np.exp(0.3 + 0.4 * x[:, 0] + 0.3 * x[:, 3])).astype(float)
ones = np.c_[np.ones(n), x]


def linear(model):
    return {"intercept": float(np.ravel(model.intercept_)[0]), "coef": np.ravel(model.coef_).tolist()}


def weighted(make):
    """The model without weights, with them, and without an intercept."""
    return {
        "plain": linear(make(True).fit(x, y)),
        "weighted": linear(make(True).fit(x, y, sample_weight=w)),
        "no_intercept": linear(make(False).fit(x, y)),
    }


def ridge_cv():
    alphas = [0.01, 0.1, 1.0, 10.0, 100.0]
    by_row = RidgeCV(alphas=alphas, store_cv_results=True).fit(x, y)
    gcv = []
    centred = x - x.mean(axis=0)
    for alpha in alphas:
        fit = np.full((n, n), 1 / n) + centred @ np.linalg.solve(centred.T @ centred + alpha * np.eye(p), centred.T)
        rest = y - fit @ y
        gcv.append(float(n * rest @ rest / (n - np.trace(fit)) ** 2))
    loo = np.asarray(by_row.cv_results_).reshape(n, -1).mean(axis=0).tolist()
    return {"alphas": alphas, "leave_one_out": loo, "alpha": float(by_row.alpha_), "gcv": gcv} | linear(by_row)


def lasso_cv():
    fold = np.arange(n) % 5
    cv = [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(5)]
    m = LassoCV(eps=1e-3, alphas=20, cv=cv, tol=1e-14, max_iter=1_000_000).fit(x, y)
    mse = m.mse_path_
    return {
        "alphas": m.alphas_.tolist(),
        "mse": mse.mean(axis=1).tolist(),
        "mse_se": (mse.std(axis=1, ddof=1) / np.sqrt(5)).tolist(),
        "alpha": float(m.alpha_),
    } | linear(m)


def inference(fit):
    params, bse, p_values = np.asarray(fit.params), np.asarray(fit.bse), np.asarray(fit.pvalues)
    rows = lambda a: (a.T if a.ndim == 2 else a[None, :]).tolist()
    out = {"params": rows(params), "std_errors": rows(bse), "p": rows(p_values), "log_likelihood": float(fit.llf)}
    for name, key in [("deviance", "deviance"), ("null_deviance", "null_deviance"), ("aic", "aic"),
                      ("llnull", "null_log_likelihood"), ("prsquared", "pseudo_r2")]:
        if hasattr(fit, name):
            out[key] = float(getattr(fit, name))
    return out


def of_shares(fit, y):
    """Logit and MNLogit find the likelihood of an intercept alone by an iteration that ends early; it is that of the shares."""
    _, rows = np.unique(y, return_counts=True)
    null = float(rows @ np.log(rows / len(y)))
    return inference(fit) | {"null_log_likelihood": null, "pseudo_r2": float(1 - fit.llf / null)}


def glm(y, family, weights=None):
    model = sm.GLM(y, ones, family=family, freq_weights=weights)
    # The standard errors are those of the weights before the last step: a second fit begins at the solution.
    solution = model.fit(tol=1e-14, maxiter=200).params
    return inference(model.fit(start_params=solution, tol=1e-14, maxiter=200))


def of_classes(y, weights=None):
    """The intercepts and coefficients of each class against class 0, with the penalty 1/C = 2."""
    m = LogisticRegression(C=0.5, solver="newton-cholesky", tol=1e-13, max_iter=1000).fit(x, y, sample_weight=weights)
    intercept, coef = m.intercept_, m.coef_
    if len(m.classes_) > 2:
        intercept, coef = intercept[1:] - intercept[0], coef[1:] - coef[0]
    return {"params": np.c_[intercept, coef].tolist()}


newton = {"method": "newton", "disp": False, "maxiter": 200, "tol": 1e-15}
golden = {
    "made_by": f"scikit-learn {sklearn.__version__}, statsmodels {statsmodels.__version__}, numpy {np.__version__}",
    "x": x.tolist(), "y": y.tolist(), "weights": w.tolist(),
    "binary": binary.tolist(), "classes": classes.tolist(), "counts": counts.tolist(),
    "ridge": weighted(lambda i: Ridge(alpha=7.0, fit_intercept=i, solver="svd" if i else "cholesky")),
    "ridge_cv": ridge_cv(),
    "lasso": weighted(lambda i: Lasso(alpha=0.1, fit_intercept=i, tol=1e-14, max_iter=1_000_000)),
    "elastic_net": weighted(lambda i: ElasticNet(alpha=0.2, l1_ratio=0.3, fit_intercept=i, tol=1e-14, max_iter=1_000_000)),
    "lasso_cv": lasso_cv(),
    "non_negative": weighted(lambda i: LinearRegression(positive=True, fit_intercept=i)),
    "logistic": {
        "plain": of_shares(sm.Logit(binary, ones).fit(**newton), binary),
        "weighted": glm(binary, sm.families.Binomial(), w),
        "penalised": of_classes(binary, w),
    },
    "multinomial": {"plain": of_shares(sm.MNLogit(classes, ones).fit(**newton), classes), "penalised": of_classes(classes, w)},
    "poisson": {
        "plain": glm(counts, sm.families.Poisson()),
        "weighted": glm(counts, sm.families.Poisson(), w),
    },
}
path = Path(sys.argv[1]) / "crates/linreg/tests/models.json"
path.write_text(json.dumps(golden, separators=(",", ":")).replace('],"', '],\n"').replace('},"', '},\n"') + "\n")
print(f"wrote {path.name}")
