//! Microseconds a training step, everything in, beside the peers.

use super::Bench;
use super::network::{self, Kind, Training};
use crate::bars::{Bar, Limit};
use crate::child::Peer;
use crate::sample::{Contender, race};
use serde_json::{Map, Value, json};

/// A network to train.
struct Work {
    widths: &'static [usize],
    kind: Kind,
    batch: usize,
    rows: usize,
    /// Bars: microseconds, share of the peak, and ratios to peers (`best`: to the best of them).
    us: Option<f64>,
    share: Option<f64>,
    ratios: &'static [(&'static str, f64)],
}

/// An epoch has steps enough that what an epoch costs beside them does not count.
const WORKS: [Work; 4] = [
    Work {
        widths: &[10, 10, 10, 1],
        kind: Kind::Bce,
        batch: 32,
        rows: 9600,
        us: Some(1.5),
        share: None,
        ratios: &[("jax", 5.0), ("torch", 200.0), ("keras", 500.0)],
    },
    Work {
        widths: &[64, 128, 128, 1],
        kind: Kind::Mse,
        batch: 256,
        rows: 25_600,
        us: None,
        share: Some(0.70),
        ratios: &[("jax", 1.8)],
    },
    Work {
        widths: &[784, 512, 256, 10],
        kind: Kind::Ce,
        batch: 128,
        rows: 5120,
        us: None,
        share: Some(0.80),
        ratios: &[("best", 1.15)],
    },
    Work {
        widths: &[1024, 2048, 2048, 10],
        kind: Kind::Ce,
        batch: 256,
        rows: 2048,
        us: None,
        share: Some(0.82),
        ratios: &[("best", 1.08)],
    },
];

/// What came of one network.
struct Row {
    us: f64,
    rate: f64,
    peak: f64,
    peers: Vec<(&'static str, f64)>,
}

impl Row {
    fn share(&self) -> f64 {
        self.rate / self.peak
    }

    /// A peer's microseconds by ours; `best`: of the fastest peer. `None` if it was not measured.
    fn ratio(&self, peer: &str) -> Option<f64> {
        let of = self.peers.iter().filter(|p| peer == "best" || p.0 == peer);
        of.map(|p| p.1 / self.us).min_by(f64::total_cmp)
    }
}

/// Measures all networks.
pub fn run(bench: &Bench<'_>, peers: &mut [Peer], bars: &mut Vec<Bar>) -> Result<Value, String> {
    print!(
        "\n{:21} {:>4} {:>5} {:>10} {:>8} {:>8} {:>8}",
        "training, Adam", "loss", "batch", "us a step", "GFLOP/s", "peak", "of peak"
    );
    peers.iter().for_each(|p| print!(" {:>11} {:>7}", p.name, "ratio"));
    println!();
    let mut results = Vec::new();
    for work in &WORKS {
        let row = measure(bench, work, peers)?;
        let name = network::name(work.widths);
        print!(
            "{name:21} {:>4} {:>5} {:>10.2} {:>8.1} {:>8.1} {:>7.1}%",
            work.kind.name(),
            work.batch,
            row.us,
            row.rate,
            row.peak,
            100.0 * row.share()
        );
        row.peers.iter().for_each(|&(_, us)| print!(" {us:>11.1} {:>7.2}", us / row.us));
        println!();
        bars.extend(held_against(work, &row));
        let peers: Map<String, Value> = row.peers.iter().map(|p| (p.0.to_owned(), json!(p.1))).collect();
        results.push(json!({
            "network": name, "loss": work.kind.name(), "batch": work.batch, "microseconds": row.us, "gflops": row.rate,
            "peak": row.peak, "share_of_peak": row.share(), "peers_microseconds": peers,
        }));
    }
    Ok(json!(results))
}

fn held_against(work: &Work, row: &Row) -> Vec<Bar> {
    let bar = |what: String, limit, figure| Bar { work: network::name(work.widths), what, limit, figure };
    let us = work.us.map(|us| bar("microseconds a step".to_owned(), Limit::AtMost(us), row.us));
    let share = work.share.map(|s| bar("share of peak".to_owned(), Limit::AtLeast(s), row.share()));
    let ratios = work.ratios.iter().filter_map(|&(peer, limit)| {
        row.ratio(peer).map(|ratio| bar(format!("ratio to {peer}"), Limit::AtLeast(limit), ratio))
    });
    us.into_iter().chain(share).chain(ratios).collect()
}

fn measure(bench: &Bench<'_>, work: &Work, peers: &mut [Peer]) -> Result<Row, String> {
    let steps = (work.rows / work.batch) as f64;
    let request =
        format!("train {} {} {} {}", work.kind.name(), work.batch, work.rows, network::words(work.widths));
    let mut ours = Training::new(bench.exec, work.widths, work.kind, work.batch, work.rows);
    let exec = ours.exec();
    let mut contenders = vec![Contender::new(|| ours.epoch()).awake(exec), bench.peak()];
    let names: Vec<&'static str> = peers.iter().map(|p| p.name).collect();
    for peer in peers {
        peer.set(&request)?;
        contenders.push(Contender::timed(|warm_up, runs| {
            peer.run(warm_up, runs).unwrap_or_else(|e| panic!("{e}"))
        }));
    }
    let seconds = race(&mut contenders, bench.seconds);
    let us = |seconds: f64| seconds * 1e6 / steps;
    let flops = 2 * network::step_multiply_adds(work.widths) * work.batch;
    Ok(Row {
        us: us(seconds[0]),
        rate: flops as f64 / us(seconds[0]) / 1e3,
        peak: bench.peak_rate(seconds[1]),
        peers: names.into_iter().zip(seconds[2..].iter().map(|&s| us(s))).collect(),
    })
}
