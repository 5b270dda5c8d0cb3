//! The readers: ours, which finds the kinds and hands out all rows, beside those of Python into their own columns in memory. One race for each
//! table and number of threads.

use super::data::Table;
use super::{Reading, Tables};
use crate::bars::{Bar, Limit};
use crate::child::Peer;
use crate::sample::{Contender, race};
use planish_io::{IoError, TableOptions, open_table};
use planish_tabular::RowSource;
use planish_tensor::Exec;
use serde_json::{Value, json};

/// The peers, and how many times as long as ours each must take for numbers and for text; none where there is no bar.
const PEERS: [(&str, Option<f64>, Option<f64>); 4] = [
    ("polars", Some(1.0), Some(1.0)),
    ("pandas", Some(2.0), None),
    ("pandas-pyarrow", None, None),
    ("duckdb", None, None),
];

/// MB/s of numbers at these threads.
const RATES: [(usize, f64); 2] = [(1, 450.0), (2, 800.0)];

/// Races both tables at one thread and at as many as asked for.
pub fn run(exec: Exec, wanted: &Reading, tables: &Tables, bars: &mut Vec<Bar>) -> Result<Value, String> {
    let mut results = Vec::new();
    for threads in if exec.threads == 1 { vec![1] } else { vec![1, exec.threads] } {
        let exec = exec.with_threads(threads);
        let mut peers = Vec::new();
        if let Some(python) = &wanted.python {
            for (name, ..) in PEERS {
                peers.push(Peer::start(python, include_str!("../../python/tables_peer.py"), name, threads)?);
            }
        }
        print!("\nreading, {threads} thread(s)    planish MB/s");
        peers.iter().for_each(|p| print!(" {:>23}  ratio", format!("{} {}", p.name, p.version)));
        println!();
        for table in [&tables.numbers, &tables.adult] {
            let measured = measure(exec, wanted.seconds, table, &mut peers)?;
            hold(&measured, threads, table.name == tables.numbers.name, bars);
            results.push(measured);
        }
    }
    Ok(Value::from(results))
}

/// One table: ours, then the peers.
fn measure(exec: Exec, seconds: f64, table: &Table, peers: &mut [Peer]) -> Result<Value, String> {
    let path = table.path.to_string_lossy().into_owned();
    let rows = exec.install(|| read(exec, &path)).map_err(|e| e.to_string())?;
    let mut contenders = vec![ours(exec, &path).inside(exec)];
    for peer in &mut *peers {
        peer.set(&format!("file {path}"))?;
        contenders.push(Contender::timed(|warm_up, runs| {
            peer.run(warm_up, runs).unwrap_or_else(|e| panic!("{e}"))
        }));
    }
    let times = race(&mut contenders, seconds);
    drop(contenders);
    let rate = |seconds: f64| table.bytes / seconds / 1e6;
    print!("{:24} {:>12.0}", table.name, rate(times[0]));
    times[1..].iter().for_each(|t| print!(" {:>23.0} {:>6.2}", rate(*t), t / times[0]));
    println!();
    let peers: Vec<Value> = (peers.iter().zip(&times[1..]))
        .map(|(p, t)| json!({ "name": p.name, "version": p.version, "seconds": t }))
        .collect();
    Ok(json!({
        "table": table.name, "threads": exec.threads, "bytes": table.bytes, "rows": rows,
        "seconds": times[0], "megabytes_per_second": rate(times[0]), "peers": peers,
    }))
}

/// Our reader as a contender; it knows nothing of the table but its path.
pub fn ours(exec: Exec, path: &str) -> Contender<'_> {
    Contender::new(move || {
        std::hint::black_box(read(exec, path).unwrap_or_else(|e| panic!("{e}")));
    })
}

/// Reads all blocks and counts the rows.
fn read(exec: Exec, path: &str) -> Result<usize, IoError> {
    let mut rows = 0;
    open_table(path, &TableOptions { exec: Some(exec), ..TableOptions::default() })?.for_each_block(
        |e| e,
        |block| {
            rows += std::hint::black_box(block).rows();
            Ok(())
        },
    )?;
    Ok(rows)
}

/// Holds a race against the bars.
fn hold(measured: &Value, threads: usize, numbers: bool, bars: &mut Vec<Bar>) {
    let figure = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    let name = measured["table"].as_str().unwrap_or_default();
    let work = format!("read {name}, {threads} thr.");
    let mut push = |what: String, limit, figure| bars.push(Bar { work: work.clone(), what, limit, figure });
    if let Some((_, bar)) = RATES.iter().find(|(t, _)| numbers && *t == threads) {
        let rate = figure(&measured["megabytes_per_second"]);
        push("MB/s".to_owned(), Limit::AtLeast(*bar), rate);
    }
    for peer in measured["peers"].as_array().into_iter().flatten() {
        let Some((name, for_numbers, for_text)) = PEERS.iter().find(|(name, ..)| peer["name"] == *name)
        else {
            continue;
        };
        if let Some(bar) = if numbers { for_numbers } else { for_text } {
            let ratio = figure(&peer["seconds"]) / figure(&measured["seconds"]);
            push(format!("ratio to {name}"), Limit::AtLeast(*bar), ratio);
        }
    }
}
