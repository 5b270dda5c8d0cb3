//! The table of a linear model, as R and statsmodels print it, and the same as JSON.

use crate::print;
use planish_linreg::FittedLinearRegression;
use planish_linreg::ols::{Covariance, Factorization};
use planish_linreg::summary::{InfluentialRow, ResidualSummary, Summary, Test, Why};
use planish_model::{CoefficientLine, Model};
use serde_json::{Value, json};

/// The level of the intervals of coefficients.
const LEVEL: f64 = 0.95;
/// What the stars mean.
pub(crate) const SIGNIFICANCE: &str = "significance: *** below 0.001, ** 0.01, * 0.05, . 0.1";

/// The tables of a least-squares model: rows of cells.
pub(crate) struct Tables {
    /// A head, then a row a parameter.
    pub(crate) coefficients: Vec<Vec<String>>,
    /// Names and values of the fit; none where standard errors are undefined.
    pub(crate) fit: Vec<Vec<String>>,
    /// Of residuals: a head, and minimum, quartiles and maximum; none without what inference needs.
    pub(crate) quantiles: Vec<Vec<String>>,
    /// Tests of the residuals; none without them.
    pub(crate) tests: Vec<Vec<String>>,
    /// What does not exist, and why.
    pub(crate) remarks: Vec<String>,
}

impl Tables {
    pub(crate) fn new(model: &Model, fit: &FittedLinearRegression) -> Tables {
        let Some(s) = fit.summary(0, LEVEL) else {
            let nothing = || Vec::new();
            return Tables {
                coefficients: estimates(model),
                fit: nothing(),
                quantiles: nothing(),
                tests: nothing(),
                remarks: Vec::new(),
            };
        };
        let of = s.residuals.as_ref();
        Tables {
            coefficients: coefficients(model, s.perfect),
            fit: fit_lines(&s, fit),
            quantiles: of.map_or(Vec::new(), quantiles),
            tests: of.filter(|_| !s.perfect).map_or(Vec::new(), test_lines),
            remarks: print::remarks(&s),
        }
    }
}

/// The tables in aligned columns.
pub(crate) fn text(model: &Model, fit: &FittedLinearRegression) -> String {
    let tables = Tables::new(model, fit);
    let mut out = format!("\n{}", print::columns(&tables.coefficients));
    if !tables.fit.is_empty() {
        out += &format!("  {SIGNIFICANCE}\n");
    }
    tables.remarks.iter().for_each(|line| out += &format!("  {line}\n"));
    let aliased = print::aliased(model);
    if !aliased.is_empty() {
        out += &format!("\n{aliased}");
    }
    for table in [&tables.quantiles, &tables.fit, &tables.tests, &influence(fit)] {
        if !table.is_empty() {
            out += &format!("\n{}", print::columns(table));
        }
    }
    out
}

/// Where standard errors are undefined: estimates alone.
fn estimates(model: &Model) -> Vec<Vec<String>> {
    let head = ["term", "estimate"].map(str::to_owned).to_vec();
    let row = |c: CoefficientLine| vec![c.name, format!("{:.10e}", c.known.estimate)];
    std::iter::once(head).chain(lines(model).map(row)).collect()
}

/// The lines of the table; a least-squares model has one table.
fn lines(model: &Model) -> impl Iterator<Item = CoefficientLine> {
    model.coefficient_tables().into_iter().flat_map(|table| table.lines)
}

fn coefficients(model: &Model, perfect: bool) -> Vec<Vec<String>> {
    // Of rounding there is no test, which is said once.
    let undefined = || if perfect { String::new() } else { undefined() };
    let head = ["term", "estimate", "std. error", "t", "P>|t|", "[0.025", "0.975]", "VIF", ""];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for CoefficientLine { name, known: c } in lines(model) {
        if c.dropped {
            rows.push(vec![name, "dropped".to_owned()]);
            continue;
        }
        let [low, high] = c.interval.map_or([None, None], |ci| ci.map(Some));
        let mut row = vec![name, digits(c.estimate, 8)];
        row.extend([
            defined(c.std_error),
            c.statistic.map_or(undefined(), t_value),
            c.p.map_or(undefined(), p_value),
        ]);
        row.extend([
            defined(low),
            defined(high),
            c.vif.map_or(String::new(), |v| digits(v, 4)),
            stars(c.p).to_owned(),
        ]);
        rows.push(row);
    }
    rows
}

/// What R² is called: without an intercept it is about zero, not about the mean, as R's and statsmodels's.
fn r2_names(fit: &FittedLinearRegression) -> [&'static str; 2] {
    match fit.fit_intercept {
        true => ["R2", "adjusted R2"],
        false => ["R2 about zero", "adjusted R2 about zero"],
    }
}

fn fit_lines(s: &Summary, fit: &FittedLinearRegression) -> Vec<Vec<String>> {
    let [r2, adjusted_r2] = r2_names(fit);
    let of = s.residuals.as_ref();
    let mut lines = vec![
        line("rows", print::count(s.rows)),
        line("residual degrees of freedom", print::count(s.df_resid)),
        line("covariance", of.map_or_else(|| Covariance::Classical.name().to_owned(), covariance)),
        line("residual standard deviation", defined(s.residual_sd)),
        line(r2, digits(s.r2, 6)),
        line(adjusted_r2, s.adjusted_r2.map_or(undefined(), |x| digits(x, 6))),
    ];
    let freedom = of.filter(|of| of.covariance != Covariance::Classical).and_then(|of| of.df_test);
    if s.no_f != Some(Why::Perfect) {
        let freedom = freedom.unwrap_or(s.df_resid as f64);
        lines.push(test(&format!("F on {} and {freedom}", s.df_model), s.f));
    }
    if let Some(of) = of
        && !s.perfect
    {
        lines.push(line("log-likelihood", defined(of.log_likelihood)));
        lines.push(line("AIC", defined(of.aic)));
        lines.push(line("BIC", defined(of.bic)));
    }
    lines.push(line("condition number of the terms", digits(s.condition, 4)));
    if of.is_some() {
        let factored = match fit.factorization {
            Factorization::Cholesky => "cholesky, Gram matrix",
            Factorization::Products => "cholesky, products in double-double",
            Factorization::Householder => "householder, reflections",
        };
        lines.push(line("factored by", factored.to_owned()));
    }
    lines
}

/// A head, and minimum, quartiles and maximum.
fn quantiles(s: &ResidualSummary) -> Vec<Vec<String>> {
    let names = ["residuals", "min", "1Q", "median", "3Q", "max"].map(str::to_owned).to_vec();
    let part = if s.quantiles_sampled { "of a part of the rows" } else { "" };
    let values = std::iter::once(part.to_owned()).chain(s.residual_quantiles.iter().map(|x| number(*x)));
    vec![names, values.collect()]
}

fn test_lines(s: &ResidualSummary) -> Vec<Vec<String>> {
    vec![
        line("skewness", defined(s.skew)),
        line("kurtosis", defined(s.kurtosis)),
        test("Omnibus (normality)", s.omnibus),
        test("Jarque-Bera (normality)", s.jarque_bera),
        line("Durbin-Watson", defined(s.durbin_watson)),
        test("Breusch-Pagan (constant variance)", s.breusch_pagan),
        test("Breusch-Pagan F", s.breusch_pagan_f),
    ]
}

fn influence(fit: &FittedLinearRegression) -> Vec<Vec<String>> {
    let Some(inference) = &fit.inference else { return Vec::new() };
    let of = &inference.responses[0];
    let mut rows = vec![
        ["largest leverages: row", "leverage", "largest Cook's distances: row", "distance"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for i in 0..inference.leverages.len().max(of.cook.len()).min(5) {
        let cells = |r: Option<&InfluentialRow>| {
            r.map_or([String::new(), String::new()], |r| [print::count(r.row + 1), digits(r.value, 4)])
        };
        rows.push([cells(inference.leverages.get(i)), cells(of.cook.get(i))].concat());
    }
    rows
}

fn covariance(s: &ResidualSummary) -> String {
    if s.covariance == Covariance::Cluster {
        return format!("cluster ({} clusters)", print::count(s.clusters));
    }
    s.covariance.name().to_owned()
}

fn line(name: &str, value: String) -> Vec<String> {
    vec![name.to_owned(), value]
}

fn test(name: &str, t: Option<Test>) -> Vec<String> {
    match t {
        Some(t) => vec![name.to_owned(), digits(t.statistic, 6), format!("p {}", p_value(t.p))],
        None => line(name, undefined()),
    }
}

fn undefined() -> String {
    "undefined".to_owned()
}

pub(crate) fn defined(x: Option<f64>) -> String {
    x.map_or(undefined(), number)
}

pub(crate) fn number(x: f64) -> String {
    digits(x, 6)
}

/// A number to so many digits, with an exponent where it is long.
pub(crate) fn digits(x: f64, n: usize) -> String {
    let scientific = format!("{x:.*e}", n - 1);
    let exponent: i32 = scientific.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    if x != 0.0 && !(-5..=n as i32).contains(&exponent) {
        return scientific;
    }
    let places = if x == 0.0 { 0 } else { (n as i32 - 1 - exponent).max(0) as usize };
    format!("{x:.places$}")
}

fn t_value(t: f64) -> String {
    if t.abs() < 1e6 { format!("{t:.3}") } else { digits(t, 4) }
}

/// A probability; below the range of `f64` an upper bound.
pub(crate) fn p_value(p: f64) -> String {
    if p == 0.0 {
        return "<1e-307".to_owned();
    }
    if p < 1e-4 { format!("{p:.2e}") } else { format!("{p:.4}") }
}

fn stars(p: Option<f64>) -> &'static str {
    match p {
        Some(p) if p < 0.001 => "***",
        Some(p) if p < 0.01 => "**",
        Some(p) if p < 0.05 => "*",
        Some(p) if p < 0.1 => ".",
        _ => "",
    }
}

/// Adds the table under its keys; what is undefined is null.
pub(crate) fn add_json(model: &Model, fit: &FittedLinearRegression, out: &mut Value) {
    let r = &fit.responses[0];
    out["aliased"] = json!(model.aliased());
    out["aliased_equations"] = json!(model.aliased_equations());
    out["min_norm"] = json!(fit.min_norm);
    out["rows"] = json!(fit.rows);
    out["rank"] = json!(fit.rank());
    out["condition"] = json!(fit.condition);
    out["tier"] = json!(fit.factorization.name());
    out["r2"] = json!(r.r2);
    out["residual_sd"] = json!(r.residual_sd);
    let Some(summary) = fit.summary(0, LEVEL) else {
        let plain = |c: CoefficientLine| json!({ "term": c.name, "estimate": c.known.estimate, "dropped": c.known.dropped });
        out["coefficients"] = lines(model).map(plain).collect();
        return;
    };
    let line = |CoefficientLine { name, known: c }: CoefficientLine| {
        json!({
            "term": name, "estimate": c.estimate, "std_error": c.std_error, "t": c.statistic, "p": c.p,
            "ci": c.interval, "vif": c.vif, "dropped": c.dropped,
        })
    };
    let lines: Vec<Value> = lines(model).map(line).collect();
    if let Value::Object(all) = json!(summary) {
        all.into_iter().for_each(|(key, value)| out[key] = value);
    }
    out["coefficients"] = json!(lines);
    if let Some(inference) = &fit.inference {
        out["leverage"] = influential(&inference.leverages);
        out["cook"] = influential(&inference.responses[0].cook);
    }
}

/// Rows counted from 1, those without a target left out.
fn influential(rows: &[InfluentialRow]) -> Value {
    rows.iter().map(|r| json!({ "row": r.row + 1, "value": r.value })).collect()
}
