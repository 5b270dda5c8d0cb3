//! Least squares beside scikit-learn and NumPy, where a Python is given: matrices in memory, with an intercept, standard errors and
//! refinement on our side.

use crate::bars::{self, Bar, Limit};
use crate::child::Peer;
use crate::machine::Reading;
use crate::penalised_bench;
use crate::sample::{Contender, race};
use crate::wide_bench;
use planish_linreg::{Fit, LinearRegression};
use planish_tensor::{Exec, Matrix};
use serde_json::{Value, json};

/// A part of the benchmark.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Least squares from matrices of random numbers.
    Fits,
    /// A lasso path and a logistic regression on a table.
    Table,
    /// Paths with more terms than rows, and multinomial regressions with thousands of parameters.
    Wide,
}

impl Work {
    /// All of them.
    pub const ALL: [Work; 3] = [Work::Fits, Work::Table, Work::Wide];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Work::Fits => "fits",
            Work::Table => "table",
            Work::Wide => "wide",
        }
    }
}

/// What to measure.
pub struct Fits {
    /// The parts.
    pub works: Vec<Work>,
    /// Seconds for each shape, at least.
    pub seconds: f64,
    /// The Python that has the peers.
    pub python: Option<String>,
    /// The table of the lasso and the logistic regression.
    pub table: penalised_bench::Source,
}

/// Rows and columns, and the bar against the time of reading the matrix once.
const SHAPES: [(usize, usize, Option<f64>); 4] =
    [(1_000_000, 10, Some(2.5)), (1_000_000, 50, None), (100_000, 50, None), (20_000, 200, None)];

/// The peers and the bars: how many times as long as ours they must take.
const PEERS: [(&str, f64); 3] = [("sklearn", 8.0), ("lstsq", 10.0), ("normal", 1.0)];

/// Measures the parts and prints them, then the bars.
pub fn run(exec: Exec, wanted: &Fits) -> Result<Value, String> {
    let (mut bars, mut results) = (Vec::new(), json!({ "threads": exec.threads }));
    if wanted.works.contains(&Work::Fits) {
        results["least_squares"] = fits(exec, wanted, &mut bars)?;
    }
    if wanted.works.contains(&Work::Table) {
        let python = wanted.python.as_deref();
        results["table"] = penalised_bench::run(exec, wanted.seconds, &wanted.table, python, &mut bars)?;
    }
    if wanted.works.contains(&Work::Wide) {
        let python = wanted.python.as_deref();
        results["wide"] = wide_bench::run(exec, wanted.seconds, python, &mut bars)?;
    }
    bars::print(&bars, exec.threads);
    results["bars"] = bars.iter().map(Bar::json).collect();
    Ok(results)
}

/// Least squares of all shapes.
fn fits(exec: Exec, wanted: &Fits, bars: &mut Vec<Bar>) -> Result<Value, String> {
    let mut peers = Vec::new();
    if let Some(python) = &wanted.python {
        for (name, _) in PEERS {
            let script = include_str!("../python/linreg_peer.py");
            peers.push(Peer::start(python, script, name, exec.threads)?);
        }
        let named: Vec<String> = peers.iter().map(|p| format!("{} {}", p.name, p.version)).collect();
        println!("peers: {}", named.join(", "));
    }
    print!("\n{:16} {:>11} {:>9} {:>9} {:>7}", "shape", "factored by", "ms", "reading", "ratio");
    peers.iter().for_each(|p| print!(" {:>10} {:>7}", p.name, "ratio"));
    println!();
    let mut results = Vec::new();
    for shape in SHAPES {
        results.push(measure(exec, wanted.seconds, shape, &mut peers, bars)?);
    }
    let versions: Vec<Value> =
        peers.iter().map(|p| json!({ "name": p.name, "version": p.version })).collect();
    Ok(json!({ "peers": versions, "fits": results }))
}

/// Columns of numbers in [0, 1) that look random, and a response.
fn data(rows: usize, columns: usize) -> (Matrix<f64>, Matrix<f64>) {
    let mut state = 88172645463325252_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / 9007199254740992.0
    };
    let x = Matrix::from_fn(rows, columns, |_, _| random());
    let y = Matrix::from_fn(rows, 1, |i, _| x.row(i).iter().sum::<f64>() + random());
    (x, y)
}

/// One shape: our fit, the reading of the matrix, the peers.
fn measure(
    exec: Exec,
    seconds: f64,
    (rows, columns, reading_bar): (usize, usize, Option<f64>),
    peers: &mut [Peer],
    bars: &mut Vec<Bar>,
) -> Result<Value, String> {
    let (x, y) = data(rows, columns);
    let model = LinearRegression::default();
    let fit = || model.fit_matrix(exec, x.view(), y.view(), None).map_err(|e| e.to_string());
    let fitted = fit()?;
    assert_eq!(fitted.responses[0].std_errors.len(), columns + 1, "standard errors come with the fit");
    let reading = Reading::<f64>::new(exec, rows * columns);
    let ours = Contender::new(|| drop(std::hint::black_box(fit()))).inside(exec);
    let mut contenders = vec![ours, reading.contender().inside(exec).limit()];
    for peer in &mut *peers {
        peer.set(&format!("fit {rows} {columns}"))?;
        contenders.push(Contender::timed(|warm_up, runs| {
            peer.run(warm_up, runs).unwrap_or_else(|e| panic!("{e}"))
        }));
    }
    let times = race(&mut contenders, seconds);
    drop(contenders);
    let bytes = (rows * columns * size_of::<f64>()) as f64;
    let once = times[1] * bytes / reading.bytes();
    let name = format!("{rows}x{columns}");
    let against_reading = times[0] / once;
    print!(
        "{name:16} {:>11} {:>9.2} {:>9.2} {against_reading:>7.2}",
        fitted.factorization.name(),
        times[0] * 1e3,
        once * 1e3
    );
    let ratios: Vec<f64> = times[2..].iter().map(|t| t / times[0]).collect();
    times[2..].iter().zip(&ratios).for_each(|(t, ratio)| print!(" {:>10.2} {ratio:>7.2}", t * 1e3));
    println!();
    let mut hold = |what: String, limit, figure| bars.push(Bar { work: name.clone(), what, limit, figure });
    reading_bar
        .iter()
        .for_each(|&bar| hold("times one reading".to_owned(), Limit::AtMost(bar), against_reading));
    for ((peer, bar), &ratio) in PEERS.iter().zip(&ratios) {
        hold(format!("ratio to {peer}"), Limit::AtLeast(*bar), ratio);
    }
    Ok(json!({
        "rows": rows, "columns": columns, "tier": fitted.factorization.name(), "refinements": fitted.refinements,
        "seconds": times[0], "reading_seconds": once,
        "peers": peers.iter().zip(&times[2..]).map(|(p, t)| json!({ "name": p.name, "seconds": t })).collect::<Vec<_>>(),
    }))
}
