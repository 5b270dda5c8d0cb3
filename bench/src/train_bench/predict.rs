//! Predictions beside ONNX Runtime, each with its model and its output kept ready: ours by a `Predictor`, theirs by bound tensors.

use super::Bench;
use super::network::{self, Kind};
use crate::bars::{Bar, Limit};
use crate::child::Peer;
use crate::sample::{Contender, race};
use planish_tensor::Exec;
use planish_tensor::gemm::is_worth_threads;
use serde_json::{Value, json};

/// Widths, batch, and the bars: microseconds, ratio to the peer, share of the peak.
type Work = (&'static [usize], usize, Option<f64>, Option<f64>, Option<f64>);

const WORKS: [Work; 3] = [
    (&[10, 10, 10, 1], 1, Some(0.3), None, None),
    (&[784, 512, 256, 10], 1, None, Some(1.3), None),
    (&[784, 512, 256, 10], 1024, None, None, Some(0.94)),
];

/// Measures all predictions.
pub fn run(bench: &Bench<'_>, peers: &mut [Peer], bars: &mut Vec<Bar>) -> Result<Value, String> {
    print!(
        "\n{:26} {:>5} {:>10} {:>8} {:>8} {:>8}",
        "prediction", "batch", "us", "GFLOP/s", "peak", "of peak"
    );
    peers.iter().for_each(|p| print!(" {:>11} {:>7}", p.name, "ratio"));
    println!();
    let mut results = Vec::new();
    for (widths, batch, most_us, least_ratio, least_share) in WORKS {
        let kind = if widths[widths.len() - 1] == 1 { Kind::Bce } else { Kind::Ce };
        let net = network::network(widths, kind);
        let x = network::rows(batch, widths[0]);
        let small = !is_worth_threads(net.plan().largest_product(batch));
        let exec = if small { Exec { threads: 1, ..bench.exec } } else { bench.exec };
        let mut predictor = net.predictor(batch);
        if batch > 1 {
            predictor = predictor.packed(exec.isa);
        }
        let call = || {
            std::hint::black_box(predictor.predict(exec, x.view()));
        };
        let ours = Contender::new(call).awake(exec);
        let mut contenders = vec![ours, bench.peak()];
        for peer in &mut *peers {
            peer.set(&format!("predict {batch} {}", network::words(widths)))?;
            contenders.push(Contender::timed(|warm_up, runs| {
                peer.run(warm_up, runs).unwrap_or_else(|e| panic!("{e}"))
            }));
        }
        let seconds = race(&mut contenders, bench.seconds);
        let us = seconds[0] * 1e6;
        let rate = (2 * network::forward_multiply_adds(widths) * batch) as f64 / us / 1e3;
        let peak = bench.peak_rate(seconds[1]);
        let share = rate / peak;
        let ratio = seconds.get(2).map(|peer| peer / seconds[0]);
        let name = network::name(widths);
        print!("{name:26} {batch:>5} {us:>10.3} {rate:>8.1} {peak:>8.1} {:>7.1}%", 100.0 * share);
        seconds[2..].iter().for_each(|s| print!(" {:>11.3} {:>7.2}", s * 1e6, s / seconds[0]));
        println!();
        let mut hold = |what: &str, limit, figure| {
            bars.push(Bar { work: format!("{name}, batch {batch}"), what: what.to_owned(), limit, figure });
        };
        most_us.iter().for_each(|&bar| hold("microseconds a prediction", Limit::AtMost(bar), us));
        least_share.iter().for_each(|&bar| hold("share of peak", Limit::AtLeast(bar), share));
        if let (Some(bar), Some(ratio)) = (least_ratio, ratio) {
            hold("ratio to onnxruntime", Limit::AtLeast(bar), ratio);
        }
        results.push(json!({
            "network": name, "batch": batch, "microseconds": us, "gflops": rate, "peak": peak, "share_of_peak": share,
            "onnxruntime_microseconds": seconds.get(2).map(|s| s * 1e6),
        }));
    }
    Ok(json!(results))
}
