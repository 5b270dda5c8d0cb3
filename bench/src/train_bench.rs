//! Training: microseconds a step, everything in (shuffling, gathering, forward, backward, update).

use crate::sample::{Contender, race};
use planish_nn::{Activation, Loss, Sequential, Targets};
use planish_optim::Optimizer;
use planish_tensor::rng::{Purpose, Stream};
use planish_tensor::{Exec, Matrix};
use planish_train::{Data, FitOptions, Network};
use serde_json::{Value, json};

/// Name, widths, loss, batch size, rows of an epoch.
type Work = (&'static str, &'static [usize], Loss, usize, usize);

const WORKS: [Work; 4] = [
    ("10-10-10-1 BCE", &[10, 10, 10, 1], Loss::BinaryCrossentropy, 32, 9600),
    ("64-128-128-1 MSE", &[64, 128, 128, 1], Loss::Mse, 256, 25_600),
    ("784-512-256-10 CE", &[784, 512, 256, 10], Loss::CategoricalCrossentropy, 128, 5120),
    ("1024-2048-2048-10 CE", &[1024, 2048, 2048, 10], Loss::CategoricalCrossentropy, 256, 1024),
];

pub fn run(exec: Exec, peak: f64) -> Value {
    println!("{:24} {:>6} {:>12} {:>10} {:>8}", "network, Adam", "batch", "us a step", "GFLOP/s", "of peak");
    let mut results = Vec::new();
    for (name, widths, loss, batch, rows) in WORKS {
        let us = microseconds(exec, widths, loss, batch, rows);
        // Forward, gradient by the kernel, gradient by the input (not for the first layer).
        let flops = widths.windows(2).map(|w| 6 * w[0] * w[1]).sum::<usize>() - 2 * widths[0] * widths[1];
        let rate = (flops * batch) as f64 / us / 1e3;
        let share = rate / peak / exec.threads as f64;
        println!("{name:24} {batch:>6} {us:>12.2} {rate:>10.1} {:>7.1}%", 100.0 * share);
        results.push(json!({ "network": name, "batch": batch, "threads": exec.threads, "microseconds": us, "gflops": rate, "share_of_peak": share }));
    }
    json!(results)
}

fn microseconds(exec: Exec, widths: &[usize], loss: Loss, batch: usize, rows: usize) -> f64 {
    let last = match loss {
        Loss::BinaryCrossentropy => Activation::Sigmoid,
        Loss::CategoricalCrossentropy => Activation::Softmax,
        _ => Activation::Linear,
    };
    let hidden = widths[1..widths.len() - 1]
        .iter()
        .fold(Sequential::new(widths[0]), |n, &w| n.dense(w, Activation::Relu));
    let outputs = widths[widths.len() - 1];
    let random = Stream::new(0, Purpose::Sample, 0);
    let x = Matrix::from_fn(rows, widths[0], |i, j| random.uniform((i * widths[0] + j) as u64) as f32 - 0.5);
    let values = Matrix::from_fn(rows, 1, |i, _| (i % 2) as f32);
    let classes: Vec<u32> = (0..rows).map(|i| (i % outputs) as u32).collect();
    let targets = if loss == Loss::CategoricalCrossentropy {
        Targets::Classes(&classes)
    } else {
        Targets::Values(values.view())
    };
    let mut net = Network::compile(&hidden.dense(outputs, last), Optimizer::adam(1e-3), loss, &[], 0)
        .expect("the network is valid");
    let data = Data::new(x.view(), targets);
    // Enough epochs that entering the pool does not count, but no more than a fifth of a second or so.
    let multiply_adds: usize = widths.windows(2).map(|w| 3 * w[0] * w[1] * rows).sum();
    let epochs = (10_000_000_000 / multiply_adds).clamp(1, 20);
    let options = FitOptions { epochs, batch_size: batch, ..FitOptions::default() };
    let mut fit =
        || drop(std::hint::black_box(net.fit(exec, &data, &options, &mut ()).expect("training works")));
    race(&mut [Contender::new(&mut fit)], 3.0)[0] * 1e6 / (epochs * rows.div_ceil(batch)) as f64
}
