//! Problems with many terms, part of `cargo xtask bench linreg`: a ridge path and a lasso path with ten times as many terms as rows, beside scikit-learn
//! where a Python is given; and multinomial regressions with thousands of parameters, which have a bar of their own.
//!
//! The data are random and the same at every run. What is asked of a solution is its optimality: the largest violation of the Karush–Kuhn–Tucker conditions
//! by a coefficient, divided by the rows.

use crate::bars::{Bar, Limit};
use crate::child::Peer;
use crate::optimum::{self, Work, violation_bar};
use crate::penalised_bench::{Data, Matrices, Solution};
use planish_linreg::penalised::{ElasticNetCv, FittedElasticNet, RidgeCriterion, RidgeCv};
use planish_linreg::{Coefficients, ElasticNet, Fit, Glm, Lasso, MatrixSource};
use planish_tensor::rng::{Purpose, Stream};
use planish_tensor::{Dd, Exec, Matrix};
use serde_json::{Value, json};
use std::time::Instant;

/// Most seconds for a multinomial regression, on two cores.
const SECONDS: f64 = 20.0;
/// The paths, and the peers of each: what they are called, and the least ratio of their time to ours.
const PATHS: [(&str, &[&str]); 2] =
    [("ridge path", &["RidgeCV"]), ("lasso path", &["LassoCV", "LassoCV 1e-6"])];

/// Measures the paths, then the multinomial regressions.
pub fn run(exec: Exec, seconds: f64, python: Option<&str>, bars: &mut Vec<Bar>) -> Result<Value, String> {
    let data = sparse_signal(200, 2000);
    println!("\n{:28} {:18} {:>9} {:>7} {:>12}", "work", "by", "ms", "ratio", "violation");
    let file = Matrices::write(&data)?;
    let mut results = Vec::new();
    for (work, names) in PATHS {
        let script = include_str!("../python/wide_peer.py");
        let mut peers =
            optimum::peers(exec, python, script, names, (data.x.rows(), data.x.cols(), &file.path))?;
        results.push(path(exec, seconds, work, &data, &mut peers, bars)?);
    }
    for (work, data, classes) in [levels(15_524, 831, 4), clusters(63, 2308, 4)] {
        results.push(multinomial(exec, work, &data, classes, bars)?);
    }
    Ok(json!({ "works": results }))
}

/// A path and the choice of its penalty: ours, then the peers.
fn path(
    exec: Exec,
    seconds: f64,
    work: &str,
    data: &Data,
    peers: &mut [Peer],
    bars: &mut Vec<Bar>,
) -> Result<Value, String> {
    let fit = || if work == "ridge path" { ridge(exec, data) } else { lasso(exec, data) };
    let violation = exec.install(fit)?.violation(data).max(exec.install(|| whole_path(exec, work, data))?);
    let name = format!("{work} {} x {}", data.x.rows(), data.x.cols());
    let work = Work { name, width: 28, violation, ratio: 1.0 };
    optimum::measure(exec, seconds, &work, || drop(std::hint::black_box(fit())), peers, bars)
}

/// 100 penalties, scored by leaving out each row, as scikit-learn's.
fn ridge(exec: Exec, data: &Data) -> Result<Solution, String> {
    let model = RidgeCv { criterion: RidgeCriterion::LeaveOneOut, ..RidgeCv::default() };
    let fit = model.fit(exec, &mut source(data)?).map_err(|e| e.to_string())?;
    Ok(Solution { coefficients: fit.coefficients, l1: 0.0, l2: fit.alpha, logistic: false })
}

/// 100 penalties on five folds.
fn lasso(exec: Exec, data: &Data) -> Result<Solution, String> {
    let base = ElasticNet::from(Lasso::default());
    let fit = ElasticNetCv { base, ..ElasticNetCv::default() }.fit(exec, &mut source(data)?);
    Ok(of_lasso(fit.map_err(|e| e.to_string())?, data))
}

/// The largest violation on the path to all rows; of a ridge there is one solution alone.
fn whole_path(exec: Exec, work: &str, data: &Data) -> Result<f64, String> {
    if work == "ridge path" {
        return Ok(0.0);
    }
    let path = ElasticNet::from(Lasso::default()).path(exec, &mut source(data)?, None);
    let path = path.map_err(|e| e.to_string())?;
    Ok(path.into_iter().map(|fit| of_lasso(fit, data).violation(data)).fold(0.0, f64::max))
}

fn of_lasso(fit: FittedElasticNet, data: &Data) -> Solution {
    let l1 = fit.alpha * data.x.rows() as f64;
    Solution { coefficients: fit.coefficients, l1, l2: 0.0, logistic: false }
}

fn source(data: &Data) -> Result<MatrixSource<'_>, String> {
    MatrixSource::new(data.x.view(), data.y.view(), None).map_err(|e| e.to_string())
}

/// A multinomial regression with a penalty of one.
fn multinomial(
    exec: Exec,
    work: String,
    data: &Data,
    classes: usize,
    bars: &mut Vec<Bar>,
) -> Result<Value, String> {
    let model = Glm { l2: 1.0, ..Glm::multinomial(classes) };
    let mut seconds = f64::INFINITY;
    let mut violation = 0.0;
    for _ in 0..3 {
        let start = Instant::now();
        let fit = exec.install(|| model.fit(exec, &mut source(data)?).map_err(|e| e.to_string()))?;
        seconds = seconds.min(start.elapsed().as_secs_f64());
        violation = slopes_left(&fit.coefficients, data);
    }
    println!("{work:28} {:18} {:>9.2} {:>7} {violation:>12.1e}", "planish", seconds * 1e3, "");
    bars.push(violation_bar(&work, violation));
    let what = "seconds".to_owned();
    bars.push(Bar { work: work.clone(), what, limit: Limit::AtMost(SECONDS), figure: seconds });
    Ok(json!({ "work": work, "seconds": seconds, "violation": violation }))
}

/// The largest slope of the penalised likelihood by a coefficient, divided by the rows; the penalty is on one vector a class.
fn slopes_left(coefficients: &[Coefficients], data: &Data) -> f64 {
    let (p, heads) = (data.x.cols(), coefficients.len());
    let mut slopes = vec![vec![Dd::ZERO; p + 1]; heads];
    for i in 0..data.x.rows() {
        let row = data.x.row(i);
        let eta = |c: &Coefficients| {
            let terms = row.iter().zip(&c.coef).filter(|(x, _)| **x != 0.0);
            terms.fold(c.intercept, |sum, (&x, &b)| sum + Dd::from(x) * Dd::from(b)).to_f64()
        };
        let mut means: Vec<f64> = std::iter::once(0.0).chain(coefficients.iter().map(eta)).collect();
        planish_tensor::math::rows::log_softmax(planish_tensor::Isa::best(), heads + 1, &mut means);
        planish_tensor::math::exp(planish_tensor::Isa::best(), &mut means);
        for (a, slopes) in slopes.iter_mut().enumerate() {
            let rest = Dd::from(f64::from(u8::from(data.y[(i, 0)] == (a + 1) as f64)) - means[a + 1]);
            slopes[p] = slopes[p] + rest;
            let some = row.iter().zip(slopes).filter(|(x, _)| **x != 0.0);
            some.for_each(|(&x, slope)| *slope = *slope + rest * Dd::from(x));
        }
    }
    let mut worst = 0.0_f64;
    for j in 0..p {
        let mean = coefficients.iter().map(|c| c.coef[j]).sum::<f64>() / (heads + 1) as f64;
        for (slopes, c) in slopes.iter().zip(coefficients) {
            worst = worst.max((slopes[j].to_f64() - (c.coef[j] - mean)).abs());
        }
    }
    slopes.iter().map(|s| s[p].to_f64().abs()).fold(worst, f64::max) / data.x.rows() as f64
}

/// Normal numbers, and a response of twenty of the terms.
fn sparse_signal(rows: usize, terms: usize) -> Data {
    let s = Stream::new(20, Purpose::Sample, 0);
    let x = Matrix::from_fn(rows, terms, |i, j| s.normal((i * terms + j) as u64));
    let effect: Vec<f64> = (0..20).map(|j| s.normal((rows * terms + j) as u64)).collect();
    let noise = |i: usize| s.normal((rows * terms + 20 + i) as u64);
    let signal = |i: usize| x.row(i).iter().zip(&effect).map(|(x, b)| x * b).sum::<f64>();
    let y = Matrix::from_fn(rows, 1, |i, _| signal(i) + noise(i));
    Data { x, y }
}

/// A feature with so many levels, common ones and rare ones, as indicators, two numbers, and a class.
fn levels(rows: usize, levels: usize, classes: usize) -> (String, Data, usize) {
    let s = Stream::new(21, Purpose::Sample, 0);
    let level = |i: usize| {
        let u = s.uniform(i as u64);
        if i < levels { i } else { (u * u * u * levels as f64) as usize }
    };
    let effect = |level: usize, k: usize| 0.7 * s.normal((rows + level * classes + k) as u64);
    let number = |i: usize, j: usize| s.normal((rows + levels * classes + 2 * i + j) as u64);
    let x = Matrix::from_fn(rows, levels + 1, |i, j| match j.checked_sub(levels - 1) {
        Some(j) => number(i, j),
        None => f64::from(u8::from(level(i) == j + 1)),
    });
    let from = rows * 3 + levels * classes;
    let y = Matrix::from_fn(rows, 1, |i, _| {
        let of = |k: usize| effect(level(i), k) + 1.3 * s.normal((from + i * classes + k) as u64);
        (1..classes).fold(0, |best, k| if of(k) > of(best) { k } else { best }) as f64
    });
    (format!("multinomial {rows} x {}", levels + 1), Data { x, y }, classes)
}

/// Few rows in clusters, a class each, that differ in some of very many terms.
fn clusters(rows: usize, terms: usize, classes: usize) -> (String, Data, usize) {
    let s = Stream::new(22, Purpose::Sample, 0);
    let class = |i: usize| i * classes / rows;
    let centre = |k: usize, j: usize| match s.below((rows * terms + k * terms + j) as u64, 20) {
        0 => s.normal(((rows + classes + k) * terms + j) as u64),
        _ => 0.0,
    };
    let x = Matrix::from_fn(rows, terms, |i, j| s.normal((i * terms + j) as u64) + centre(class(i), j));
    let y = Matrix::from_fn(rows, 1, |i, _| class(i) as f64);
    (format!("multinomial {rows} x {terms}"), Data { x, y }, classes)
}
