//! A lasso path and a logistic regression on a table, beside scikit-learn where a Python is given: part of `cargo xtask bench linreg`.
//!
//! The table is coded as for linear models (an indicator for each level but the first), columns are standardised, and the same matrix goes to
//! the peers. What is asked of a solution is its optimality: the largest violation of the Karush–Kuhn–Tucker conditions by a
//! coefficient, divided by the rows, computed for ours from the rows in double-double and by the peers for theirs.

use crate::bars::Bar;
use crate::child::Peer;
use crate::optimum::{self, Work};
use planish_io::{TableOptions, open_table};
use planish_linreg::{Coefficients, ElasticNet, Fit, Glm, Lasso, MatrixSource};
use planish_tabular::{Column, DesignBuilder, Notes, RowSource, Rows, Table, TabularError};
use planish_tensor::dd::DdVec;
use planish_tensor::{Dd, Exec, Matrix, math};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Where the table lies.
pub struct Source {
    /// A CSV file.
    pub path: String,
    /// A column of two different values.
    pub response: String,
}

impl Default for Source {
    /// The sample of the Adult table in `data/`.
    fn default() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/adult_sample.csv");
        Source { path: path.to_owned(), response: "income".to_owned() }
    }
}

/// How many times as long as ours each peer must take.
const RATIO: f64 = 2.0;
/// The works, each with its peers.
const WORKS: [(&str, &[&str]); 2] =
    [("lasso path", &["lasso_path"]), ("logistic", &["lbfgs", "newton-cholesky"])];

/// The encoded table.
pub struct Data {
    /// The terms.
    pub x: Matrix<f64>,
    /// The response.
    pub y: Matrix<f64>,
}

/// Measures both works.
pub fn run(
    exec: Exec,
    seconds: f64,
    source: &Source,
    python: Option<&str>,
    bars: &mut Vec<Bar>,
) -> Result<Value, String> {
    let data = read(source)?;
    let (rows, columns) = (data.x.rows(), data.x.cols());
    println!("\n{}: {rows} rows, {columns} terms", source.path);
    println!("{:16} {:18} {:>9} {:>7} {:>12}", "work", "by", "ms", "ratio", "violation");
    let file = Matrices::write(&data)?;
    let mut results = Vec::new();
    for (work, names) in WORKS {
        let script = include_str!("../python/penalised_peer.py");
        let mut peers =
            optimum::peers(exec, python, script, names, (data.x.rows(), data.x.cols(), &file.path))?;
        results.push(measure(exec, seconds, work, &data, &mut peers, bars)?);
    }
    Ok(json!({ "table": source.path, "rows": rows, "columns": columns, "works": results }))
}

/// One work: ours, then the peers.
fn measure(
    exec: Exec,
    seconds: f64,
    work: &str,
    data: &Data,
    peers: &mut [Peer],
    bars: &mut Vec<Bar>,
) -> Result<Value, String> {
    let fit = || if work == "logistic" { logistic(exec, data) } else { lasso_path(exec, data) };
    let violation = fit()?.iter().map(|fit| fit.violation(data)).fold(0.0, f64::max);
    let work = Work { name: work.to_owned(), width: 16, violation, ratio: RATIO };
    optimum::measure(exec, seconds, &work, || drop(std::hint::black_box(fit())), peers, bars)
}

/// A solution, and the penalties on each |coefficient| and on ½ of each square, both of the sum over rows.
pub struct Solution {
    /// The coefficients.
    pub coefficients: Coefficients,
    /// The penalty on each |coefficient|.
    pub l1: f64,
    /// The penalty on ½ of each square.
    pub l2: f64,
    /// Whether η is a logit.
    pub logistic: bool,
}

/// scikit-learn's C = 1.
fn logistic(exec: Exec, data: &Data) -> Result<Vec<Solution>, String> {
    let fit = Glm { l2: 1.0, ..Glm::logistic() }
        .fit_matrix(exec, data.x.view(), data.y.view(), None)
        .map_err(|e| e.to_string())?;
    let coefficients = fit.coefficients.into_iter().next().ok_or("no coefficients")?;
    Ok(vec![Solution { coefficients, l1: 0.0, l2: fit.l2, logistic: true }])
}

/// A hundred penalties over three powers of ten.
fn lasso_path(exec: Exec, data: &Data) -> Result<Vec<Solution>, String> {
    let mut source = MatrixSource::new(data.x.view(), data.y.view(), None).map_err(|e| e.to_string())?;
    let path = ElasticNet::from(Lasso::default()).path(exec, &mut source, None).map_err(|e| e.to_string())?;
    let rows = data.x.rows() as f64;
    let solution = |fit: planish_linreg::penalised::FittedElasticNet| Solution {
        coefficients: fit.coefficients,
        l1: fit.alpha * rows,
        l2: 0.0,
        logistic: false,
    };
    Ok(path.into_iter().map(solution).collect())
}

impl Solution {
    /// The largest violation of the conditions of a minimum by a coefficient, divided by the rows.
    pub fn violation(&self, data: &Data) -> f64 {
        let Coefficients { intercept, coef } = &self.coefficients;
        let mut slopes = vec![Dd::ZERO; coef.len() + 1];
        for i in 0..data.x.rows() {
            let row = data.x.row(i);
            let eta = row.iter().zip(coef).fold(*intercept, |sum, (&x, &b)| sum + Dd::from(x) * Dd::from(b));
            let mut mean = [eta.to_f64()];
            if self.logistic {
                math::sigmoid(planish_tensor::Isa::best(), &mut mean);
            }
            let fitted = if self.logistic { Dd::from(mean[0]) } else { eta };
            let rest = Dd::from(data.y[(i, 0)]) - fitted;
            slopes[coef.len()] = slopes[coef.len()] + rest;
            row.iter().zip(&mut slopes).for_each(|(&x, s)| *s = *s + rest * Dd::from(x));
        }
        let own = |(b, s): (&f64, &Dd)| {
            let slope = s.to_f64() - self.l2 * b;
            if *b == 0.0 { (slope.abs() - self.l1).max(0.0) } else { (slope - self.l1 * b.signum()).abs() }
        };
        let free = slopes[coef.len()].to_f64().abs();
        coef.iter().zip(&slopes).map(own).fold(free, f64::max) / data.x.rows() as f64
    }
}

/// Reads and encodes the table; the response is one for the second of its two values.
fn read(from: &Source) -> Result<Data, String> {
    let mut source = open_table(&from.path, &TableOptions::default()).map_err(|e| e.to_string())?;
    let table = source.read_all().map_err(|e| e.to_string())?;
    let x = design(&table, &from.response).map_err(|e| e.to_string())?;
    let Column::Text(response) = table.column(&from.response).map_err(|e| e.to_string())? else {
        return Err(format!("{}: column {:?} is not of two texts", from.path, from.response));
    };
    if response.dictionary().len() != 2 {
        return Err(format!("{}: column {:?} has not two values", from.path, from.response));
    }
    let last = response.dictionary().iter().max();
    let y =
        Matrix::from_fn(x.rows(), 1, |i, _| f64::from(u8::from(response.at(i) == last.map(String::as_str))));
    Ok(Data { x, y })
}

/// The terms of a linear model, standardised.
fn design(table: &Table, response: &str) -> Result<Matrix<f64>, TabularError> {
    let mut builder = DesignBuilder::new(table.schema(), response, &[]);
    let all = Rows::Between(0, table.rows());
    builder.push_rows(table, all);
    let design = builder.finish()?;
    let mut terms = vec![DdVec::zeros(table.rows()); design.width()];
    let bound = design.bind(table)?;
    bound.write_rows(all, 0, &mut terms, &mut Notes::default());
    let rows = table.rows() as f64;
    for term in &mut terms {
        let values = &mut term.hi[..table.rows()];
        let mean = values.iter().sum::<f64>() / rows;
        let sd = (values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / rows).sqrt();
        values.iter_mut().for_each(|x| *x = (*x - mean) / sd);
    }
    Ok(Matrix::from_fn(table.rows(), terms.len(), |i, j| terms[j].hi[i]))
}

/// A file of the numbers of X, row by row, then those of y; removed when dropped.
pub struct Matrices {
    /// Where it lies.
    pub path: PathBuf,
}

impl Matrices {
    /// Writes it among temporary files.
    pub fn write(data: &Data) -> Result<Matrices, String> {
        let path = std::env::temp_dir().join(format!("planish-penalised-{}.f64", std::process::id()));
        let numbers = data.x.as_slice().iter().chain(data.y.as_slice());
        let bytes: Vec<u8> = numbers.flat_map(|x| x.to_le_bytes()).collect();
        std::fs::write(&path, bytes).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(Matrices { path })
    }
}

impl Drop for Matrices {
    fn drop(&mut self) {
        // What stays behind lies in the folder of temporary files.
        let _ = std::fs::remove_file(&self.path);
    }
}
