//! Training and prediction beside PyTorch, JAX, Keras, scikit-learn and ONNX Runtime, where a Python is given.
//!
//! The files: `network` has our own epochs and predictions; `steps` is the table of training steps with everything in (shuffling, gathering,
//! forward, backward, update), `widths` looks for cliffs as layers grow, `predict` times predictions.

mod network;
mod predict;
mod steps;
mod widths;

use crate::bars;
use crate::child::Peer;
use crate::machine::Machine;
use crate::sample::Contender;
use planish_tensor::Exec;
use serde_json::{Value, json};

/// A part of the benchmark.
#[derive(Clone, Copy, PartialEq)]
pub enum Part {
    Steps,
    Widths,
    Predict,
}

impl Part {
    pub const ALL: [Part; 3] = [Part::Steps, Part::Widths, Part::Predict];

    pub fn name(self) -> &'static str {
        match self {
            Part::Steps => "steps",
            Part::Widths => "widths",
            Part::Predict => "predict",
        }
    }
}

/// What to measure, and beside whom.
pub struct Training {
    /// The parts.
    pub parts: Vec<Part>,
    /// Seconds for each network, at least.
    pub seconds: f64,
    /// The Python that has the peers.
    pub python: Option<String>,
    /// The peers, of [`PEERS`].
    pub peers: Vec<&'static str>,
}

/// The peers in the order of the table's columns; the last one predicts, the others train.
pub const PEERS: [&str; 5] = ["jax", "torch", "keras", "sklearn", "onnxruntime"];

/// What all parts share.
struct Bench<'a> {
    exec: Exec,
    machine: &'a Machine,
    seconds: f64,
}

impl Bench<'_> {
    /// The peak of fused multiply-adds as a contender.
    fn peak(&self) -> Contender<'static> {
        self.machine.fma.contender::<f32>().inside(self.exec).limit()
    }

    /// GFLOP/s of all threads, from the seconds of that contender.
    fn peak_rate(&self, seconds: f64) -> f64 {
        self.machine.fma.flops::<f32>() / seconds / 1e9
    }
}

/// Measures the parts and prints them, then the bars.
pub fn run(exec: Exec, machine: &Machine, wanted: &Training) -> Result<Value, String> {
    let mut peers = Vec::new();
    if let Some(python) = &wanted.python {
        for name in PEERS.into_iter().filter(|name| wanted.peers.contains(name)) {
            peers.push(Peer::start(python, include_str!("../../python/train_peer.py"), name, exec.threads)?);
        }
        let named: Vec<String> = peers.iter().map(|p| format!("{} {}", p.name, p.version)).collect();
        println!("peers: {}", named.join(", "));
    }
    let versions: Vec<Value> =
        peers.iter().map(|p| json!({ "name": p.name, "version": p.version })).collect();
    let (mut predictors, mut trainers): (Vec<Peer>, Vec<Peer>) =
        peers.into_iter().partition(|p| p.name == "onnxruntime");
    let bench = Bench { exec, machine, seconds: wanted.seconds };
    let mut bars = Vec::new();
    let mut results = json!({ "threads": exec.threads, "peers": versions });
    for part in &wanted.parts {
        results[part.name()] = match part {
            Part::Steps => steps::run(&bench, &mut trainers, &mut bars)?,
            Part::Widths => widths::run(&bench, &mut bars),
            Part::Predict => predict::run(&bench, &mut predictors, &mut bars)?,
        };
    }
    bars::print(&bars, exec.threads);
    results["bars"] = bars.iter().map(bars::Bar::json).collect();
    Ok(results)
}
