//! A solution beside those of scikit-learn: how long each takes, and how far each is from the optimum.

use crate::bars::{Bar, Limit};
use crate::child::Peer;
use crate::sample::{Contender, race};
use planish_tensor::Exec;
use serde_json::{Value, json};
use std::path::Path;

/// The largest violation allowed.
const OPTIMAL: f64 = 1e-8;

/// What is solved.
pub struct Work {
    /// What it is called.
    pub name: String,
    /// Letters of the column with that name.
    pub width: usize,
    /// The violation of our solution.
    pub violation: f64,
    /// How many times as long as ours each peer must take.
    pub ratio: f64,
}

/// A peer of each name, with the rows, columns and file of the data; none without a Python.
pub fn peers(
    exec: Exec,
    python: Option<&str>,
    script: &str,
    names: &[&'static str],
    (rows, columns, file): (usize, usize, &Path),
) -> Result<Vec<Peer>, String> {
    let Some(python) = python else { return Ok(Vec::new()) };
    let start = |&name: &&'static str| {
        let mut peer = Peer::start(python, script, name, exec.threads)?;
        peer.set(&format!("table {rows} {columns} {}", file.display()))?;
        Ok(peer)
    };
    names.iter().map(start).collect()
}

/// The bar of a violation.
pub fn violation_bar(work: &str, violation: f64) -> Bar {
    let what = "violation · 1e8".to_owned();
    Bar { work: work.to_owned(), what, limit: Limit::AtMost(OPTIMAL * 1e8), figure: violation * 1e8 }
}

/// Times ours, which is `fit`, and the peers in turn, prints a line each, and adds the bars.
pub fn measure(
    exec: Exec,
    seconds: f64,
    work: &Work,
    fit: impl Fn() + Send,
    peers: &mut [Peer],
    bars: &mut Vec<Bar>,
) -> Result<Value, String> {
    let Work { name, width, violation, ratio: least } = work;
    let mut contenders = vec![Contender::new(fit).inside(exec)];
    for peer in &mut *peers {
        contenders.push(Contender::timed(|warm_up, runs| {
            peer.run(warm_up, runs).unwrap_or_else(|e| panic!("{e}"))
        }));
    }
    let times = race(&mut contenders, seconds);
    drop(contenders);
    println!("{name:width$} {:18} {:>9.2} {:>7} {violation:>12.1e}", "planish", times[0] * 1e3, "");
    bars.push(violation_bar(name, *violation));
    let mut rows = Vec::new();
    for (peer, time) in peers.iter_mut().zip(&times[1..]) {
        let (theirs, ratio) = (peer.number("violation")?, time / times[0]);
        println!("{:width$} {:18} {:>9.2} {ratio:>7.2} {theirs:>12.1e}", "", peer.name, time * 1e3);
        let what = format!("ratio to {}", peer.name);
        bars.push(Bar { work: name.clone(), what, limit: Limit::AtLeast(*least), figure: ratio });
        rows.push(
            json!({ "name": peer.name, "version": peer.version, "seconds": time, "violation": theirs }),
        );
    }
    Ok(json!({ "work": name, "seconds": times[0], "violation": violation, "peers": rows }))
}
