//! The width sweep 10 → w → w → 10: whether the time of a multiply-add ever rises as layers grow.

use super::Bench;
use super::network::{self, Kind, Training};
use crate::bars::{Bar, Limit};
use crate::sample::{Contender, race};
use serde_json::{Value, json};

const WIDTHS: [usize; 17] = [8, 10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 160, 192, 224, 256];
const BATCH: usize = 128;
/// A larger rise than this over any narrower network is marked.
const RISE: f64 = 1.15;

/// Measures all widths, interleaved.
pub fn run(bench: &Bench<'_>, bars: &mut Vec<Bar>) -> Value {
    let shape = |w: usize| [10, w, w, 10];
    let multiply_adds = |w: usize| (network::step_multiply_adds(&shape(w)) * BATCH) as f64;
    let mut runs: Vec<Training> = WIDTHS
        .map(|w| Training::new(bench.exec, &shape(w), Kind::Ce, BATCH, 4 * BATCH))
        .into_iter()
        .collect();
    let steps = 4.0;
    let mut contenders: Vec<Contender<'_>> = runs
        .iter_mut()
        .map(|run| {
            let exec = run.exec();
            Contender::new(|| run.epoch()).awake(exec)
        })
        .collect();
    let seconds = race(&mut contenders, 3.0 * bench.seconds);
    println!(
        "\n{:21} {:>5} {:>10} {:>20} {:>8}",
        "widths, CE, Adam", "batch", "us a step", "ps a multiply-add", "rise"
    );
    let (mut least, mut worst, mut results) = (f64::INFINITY, 0.0_f64, Vec::new());
    for (w, seconds) in WIDTHS.into_iter().zip(seconds) {
        let picoseconds = seconds / steps / multiply_adds(w) * 1e12;
        let rise = if least.is_finite() { picoseconds / least } else { 1.0 };
        let mark = if rise > RISE { "  << more than 15 %" } else { "" };
        let us = seconds / steps * 1e6;
        println!(
            "{:21} {BATCH:>5} {us:>10.2} {picoseconds:>20.2} {rise:>8.2}{mark}",
            network::name(&shape(w))
        );
        results.push(json!({ "width": w, "microseconds": us, "picoseconds_a_multiply_add": picoseconds, "rise": rise }));
        least = least.min(picoseconds);
        worst = worst.max(rise);
    }
    bars.push(Bar {
        work: "10-w-w-10, w = 8…256".to_owned(),
        what: "largest rise".to_owned(),
        limit: Limit::AtMost(RISE),
        figure: worst,
    });
    json!(results)
}
