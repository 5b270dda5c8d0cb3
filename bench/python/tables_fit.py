"""Least squares of the column y of a CSV file, as a whole process of `cargo xtask bench tables`: python tables_fit.py pandas|polars FILE

`pandas` reads with pandas and fits scikit-learn's LinearRegression; `polars` reads with Polars and solves NumPy's bare normal equations, with an
intercept. Neither computes a standard error. It prints the coefficient of the first column, so that nobody leaves the work out.
"""

import sys

how, path = sys.argv[1:]
if how == "pandas":
    import pandas
    from sklearn.linear_model import LinearRegression

    table = pandas.read_csv(path)
    fitted = LinearRegression().fit(table.drop(columns="y"), table["y"])
    print(fitted.coef_[0])
else:
    import numpy
    import polars

    table = polars.read_csv(path)
    y = table["y"].to_numpy()
    x = table.drop("y").with_columns(intercept=polars.lit(1.0)).to_numpy()
    print(numpy.linalg.solve(x.T @ x, x.T @ y)[0])
