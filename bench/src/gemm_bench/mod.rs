//! Matrix products beside the crates `gemm`, `matrixmultiply` and `faer`, and NumPy and PyTorch where a Python is given.
//!
//! The files: `grid` says what is measured; `peers` and `python` multiply; `product` races the contenders of one product,
//! with the peak of fused multiply-adds among them; `row` is what came out and its line of the table; `summary` holds the
//! figures against the bars.

pub mod grid;
mod peers;
mod product;
mod python;
mod row;
mod summary;

use crate::machine::Machine;
use grid::{Case, Element};
use planish_tensor::Exec;
use product::Bench;
use row::Row;
use serde_json::{Value, json};
use std::time::Instant;

/// What to multiply, and beside whom.
pub struct Products {
    /// The products, in order.
    pub cases: Vec<Case>,
    /// Seconds for each, at least.
    pub seconds: f64,
    /// The Python that has NumPy and PyTorch.
    pub python: Option<String>,
}

/// Measures all products and prints a line for each, then the summary.
pub fn run(exec: Exec, machine: &Machine, products: &Products) -> Result<Value, String> {
    // SAFETY: the process has one thread: the pool is made below, and measuring the peak of one thread starts none.
    unsafe { peers::set_matrixmultiply_threads(exec.threads) };
    let mut children = Vec::new();
    if let Some(python) = &products.python {
        for name in python::PEERS {
            children.push(python::start(python, name, exec.threads)?);
        }
    }
    let mut versions: Vec<(String, String)> =
        peers::CRATES.map(|name| (name.to_owned(), peers::version(name).to_owned())).to_vec();
    versions.extend(children.iter().map(|c| (c.name.to_owned(), c.version.clone())));
    let named: Vec<String> = versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    println!("peers: {}", named.join(", "));

    let start = Instant::now();
    let mut bench = Bench { exec, fma: machine.fma, seconds: products.seconds, children };
    let rows = exec.install(|| measure(&mut bench, &products.cases))?;
    drop(bench);
    let lines = summary::lines(&rows, exec.threads);
    summary::print(&lines, exec.threads);
    println!("took {:.0} s", start.elapsed().as_secs_f64());
    let peers: Vec<Value> = versions.iter().map(|(n, v)| json!({ "name": n, "version": v })).collect();
    Ok(json!({
        "peers": peers,
        "seconds": products.seconds,
        "products": rows.iter().map(Row::json).collect::<Vec<_>>(),
        "summary": lines.iter().map(summary::Line::json).collect::<Vec<_>>(),
    }))
}

fn measure(bench: &mut Bench, cases: &[Case]) -> Result<Vec<Row>, String> {
    let mut rows: Vec<Row> = Vec::new();
    for &case in cases {
        let row = match case.element {
            Element::F32 => bench.product::<f32>(case)?,
            Element::F64 => bench.product::<f64>(case)?,
        };
        if rows.last().is_none_or(|last| last.case.group != case.group) {
            row.print_header();
        }
        row.print();
        rows.push(row);
    }
    Ok(rows)
}
