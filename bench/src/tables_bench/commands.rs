//! Whole commands on the table of numbers, from the start of the process to its end, beside whole Python processes that do the same: all in one race.

use super::{Reading, Tables, parse};
use crate::bars::{Bar, Limit};
use crate::sample::{Contender, race};
use planish_tensor::Exec;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// MB/s of the commands that read the table and write little.
const RATE: f64 = 300.0;
/// The largest part of training by the network's defaults, two epochs, that may be reading.
const SHARE: f64 = 0.15;
/// How many times as long as our whole fit the peers must take.
const PEERS: [(&str, f64); 2] = [("pandas", 3.0), ("polars", 1.0)];

/// A command line.
struct Work {
    name: &'static str,
    program: String,
    arguments: Vec<String>,
}

/// Races all commands and prints their seconds.
pub fn run(
    program: &Path,
    exec: Exec,
    wanted: &Reading,
    tables: &Tables,
    bars: &mut Vec<Bar>,
) -> Result<Value, String> {
    let table = &tables.numbers;
    let mut works = ours(program, exec.threads, tables);
    let own = works.len();
    if let Some(python) = &wanted.python {
        for (how, _) in PEERS {
            let script = include_str!("../../python/tables_fit.py");
            works.push(work(how, python, &["-c", script, how, &table.path.to_string_lossy()]));
        }
    }
    // The first model has to be there before it predicts; and whatever fails is told before the race.
    for work in &works {
        work.seconds(exec.threads)?;
    }
    let path = table.path.to_string_lossy();
    let mut contenders = vec![parse::ours(exec, &path).inside(exec)];
    contenders.extend(works.iter().map(|work| work.contender(exec.threads)));
    let times = race(&mut contenders, wanted.seconds);
    drop(contenders);
    let (reading, times) = (times[0], &times[1..]);
    println!("\n{:28} {:>9} {:>9}", "whole process", "seconds", "MB/s");
    for (work, seconds) in works.iter().zip(times) {
        println!("{:28} {seconds:>9.3} {:>9.0}", work.name, table.bytes / seconds / 1e6);
    }
    println!("{:28} {reading:>9.3} {:>9.0}", "reading alone", table.bytes / reading / 1e6);
    hold(&works[..own], times, reading, table.bytes, exec.threads, bars);
    let rows: Vec<Value> =
        works.iter().zip(times).map(|(w, t)| json!({ "name": w.name, "seconds": t })).collect();
    Ok(json!({ "bytes": table.bytes, "reading_seconds": reading, "works": rows }))
}

/// Our commands, in an order in which each finds what it needs.
fn ours(program: &Path, threads: usize, tables: &Tables) -> Vec<Work> {
    let program = program.to_string_lossy();
    let place = |name: &str| tables.path(name).to_string_lossy().into_owned();
    let (data, model, network) = (place("numbers.csv"), place("ols.safetensors"), place("mlp.safetensors"));
    let predictions = place("predictions.csv");
    let threads = threads.to_string();
    let own =
        |name, arguments: &[&str]| work(name, &program, &[arguments, &["--threads", &threads]].concat());
    vec![
        own("train --model ols", &["train", &data, "--target", "y", "--model", "ols", "-o", &model]),
        own("predict", &["predict", &model, &data, "-o", &predictions]),
        own("evaluate", &["evaluate", &model, &data]),
        own("check", &["check", &data]),
        own("train --epochs 2", &["train", &data, "--target", "y", "--epochs", "2", "-o", &network]),
    ]
}

fn work(name: &'static str, program: &str, arguments: &[&str]) -> Work {
    let arguments = arguments.iter().map(|&a| a.to_owned()).collect();
    Work { name, program: program.to_owned(), arguments }
}

impl Work {
    /// Seconds of one run.
    fn seconds(&self, threads: usize) -> Result<f64, String> {
        let threads = threads.to_string();
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        for variable in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"] {
            command.env(variable, &threads);
        }
        let start = Instant::now();
        let output = command.output().map_err(|e| format!("{}: {e}", self.program))?;
        let seconds = start.elapsed().as_secs_f64();
        if output.status.success() {
            return Ok(seconds);
        }
        Err(format!("{}: {}\n{}", self.name, output.status, String::from_utf8_lossy(&output.stderr)))
    }

    fn contender(&self, threads: usize) -> Contender<'_> {
        Contender::timed(move |warm_up, runs| {
            let time = || self.seconds(threads).unwrap_or_else(|e| panic!("{e}"));
            (0..warm_up).map(|_| time()).for_each(|_| ());
            (0..runs).map(|_| time()).sum()
        })
    }
}

/// Holds the race against the bars; `times` begins with those of our `works`.
fn hold(works: &[Work], times: &[f64], reading: f64, bytes: f64, threads: usize, bars: &mut Vec<Bar>) {
    let (own, peers) = times.split_at(works.len());
    let mut push = |work: &str, what: String, limit, figure| {
        bars.push(Bar { work: work.to_owned(), what, limit, figure })
    };
    for ((name, bar), seconds) in PEERS.iter().zip(peers) {
        push(works[0].name, format!("ratio to {name}"), Limit::AtLeast(*bar), seconds / own[0]);
    }
    for (work, seconds) in works.iter().zip(own) {
        match work.name {
            "train --epochs 2" => {
                push(work.name, "share of reading".to_owned(), Limit::AtMost(SHARE), reading / seconds);
            }
            "predict" | "evaluate" | "check" if threads >= 2 => {
                push(work.name, "MB/s".to_owned(), Limit::AtLeast(RATE), bytes / seconds / 1e6);
            }
            _ => {}
        }
    }
}
