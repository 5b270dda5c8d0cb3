//! Vector math over 4,096 `f32` in L1, beside a loop over the standard library's function.
#![allow(clippy::disallowed_methods, reason = "the standard library is the peer here")]

use crate::sample::{Contender, race};
use planish_tensor::{Exec, Isa, math};
use serde_json::{Value, json};

type Slices = fn(Isa, &mut [f32]);
/// Name, ours, the standard library's.
type Function = (&'static str, Slices, fn(f32) -> f32);

const FUNCTIONS: [Function; 4] = [
    ("exp", math::exp, f32::exp),
    ("log", math::log, f32::ln),
    ("tanh", math::tanh, f32::tanh),
    ("sigmoid", math::sigmoid, |x| 1.0 / (1.0 + (-x).exp())),
];

pub fn run(exec: Exec) -> Value {
    const N: usize = 4096;
    println!("{:8} {:>10} {:>10} {:>7}", "", "ns a number", "std", "ratio");
    let x: Vec<f32> = (0..N).map(|i| i as f32 / 512.0 + 0.01).collect();
    let mut results = Vec::new();
    for (name, ours, std) in FUNCTIONS {
        let (mut a, mut b) = (x.clone(), x.clone());
        let seconds = race(
            &mut [
                Contender::new(|| {
                    fill(&mut a, &x);
                    ours(exec.isa, &mut a);
                    std::hint::black_box(&mut a);
                }),
                Contender::new(|| {
                    fill(&mut b, &x);
                    b.iter_mut().for_each(|v| *v = std(*v));
                    std::hint::black_box(&mut b);
                }),
            ],
            0.5,
        );
        let [ns, std_ns] = [seconds[0], seconds[1]].map(|s| s * 1e9 / N as f64);
        println!("{name:8} {ns:>10.3} {std_ns:>10.3} {:>7.1}", std_ns / ns);
        results.push(json!({ "function": name, "ns": ns, "std_ns": std_ns, "ratio": std_ns / ns }));
    }
    json!(results)
}

/// Copies in pieces of 1 KiB: one call for 16 KiB may take longer than the functions measured (`rep movsb`, which the C
/// library uses from some size on, is slow on some machines).
fn fill(to: &mut [f32], from: &[f32]) {
    for (to, from) in to.chunks_mut(256).zip(from.chunks(256)) {
        to.copy_from_slice(from);
    }
}
