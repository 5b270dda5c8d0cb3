//! The machine line: processor, instruction set, threads, and the measured peak of fused multiply-adds.

use crate::sample::{Contender, race};
use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{Exec, Scalar};

/// Twelve independent chains of fused multiply-adds in registers.
struct Peak(usize);

impl<T: Scalar> LaneKernel<T> for Peak {
    type Output = T;
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) -> T {
        let (x, y) = (s.constant(0.999), s.constant(0.001));
        let mut acc = [s.constant(0.5); 12];
        for _ in 0..self.0 {
            for a in &mut acc {
                *a = s.fma(*a, x, y);
            }
        }
        let total = acc.into_iter().fold(s.splat(T::ZERO), |t, a| s.add(t, a));
        s.sum(total)
    }
}

/// Peak GFLOP/s of one thread for this element type.
pub fn peak<T: Scalar>(exec: Exec) -> f64 {
    const N: usize = 20_000;
    let seconds = race(
        &mut [Contender::new(|| {
            std::hint::black_box(T::dispatch(exec.isa, Peak(N)));
        })],
        0.3,
    )[0];
    (2 * 12 * N * T::LANES) as f64 / seconds / 1e9
}

/// Prints the machine line and returns the peak of one thread, f32.
pub fn print(exec: Exec) -> f64 {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find(|l| l.starts_with("model name"))
        .and_then(|l| l.split(": ").nth(1))
        .unwrap_or("unknown processor");
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    let peak = peak::<f32>(exec);
    println!(
        "{model}, {cores} cores, {}, {} thread(s); peak {peak:.1} GFLOP/s a thread (f32, measured)",
        exec.isa.name(),
        exec.threads
    );
    peak
}
