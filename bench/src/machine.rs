//! The machine: its line at the head of every run, its measured peak of fused multiply-adds, its measured rate of reading.
//!
//! Both limits are contenders like any other, so that they are measured in the same seconds as what is judged by them.

use crate::sample::{Contender, race};
use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{Exec, Isa, Matrix, Scalar};

/// What the first line of a run says.
pub struct Machine {
    /// The line.
    pub line: String,
    /// How the peak is measured here.
    pub fma: FmaPeak,
}

impl Machine {
    /// Looks at the processor and measures its peak.
    pub fn find(exec: Exec) -> Machine {
        let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = info
            .lines()
            .find(|l| l.starts_with("model name"))
            .and_then(|l| l.split(": ").nth(1))
            .unwrap_or("unknown processor");
        let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
        let (fma, peak) = FmaPeak::find(exec);
        let line = format!(
            "{model}, {cores} cores, {}, {} thread(s); peak {peak:.1} GFLOP/s a thread (f32, measured)",
            exec.isa.name(),
            exec.threads
        );
        Machine { line, fma }
    }
}

/// Runs the job once on every thread of the current pool, with the thread's number.
fn on_every_thread(threads: usize, job: impl Fn(usize) + Sync) {
    if threads == 1 {
        job(0);
    } else {
        rayon::broadcast(|context| job(context.index()));
    }
}

/// Independent chains of fused multiply-adds in registers.
struct Chains<const N: usize>;

impl<T: Scalar, const N: usize> LaneKernel<T> for Chains<N> {
    type Output = T;
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) -> T {
        let (x, y) = (s.constant(0.999), s.constant(0.001));
        let mut acc = [s.constant(0.5); N];
        for _ in 0..LINKS / N {
            for a in &mut acc {
                *a = s.fma(*a, x, y);
            }
        }
        let total = acc.into_iter().fold(s.splat(T::ZERO), |t, a| s.add(t, a));
        s.sum(total)
    }
}

/// Virtual vectors multiplied and added in one run of the peak loop; a multiple of every number of chains.
const LINKS: usize = 2_400_000;

/// The loop that measures the peak: enough chains to hide the latency of an operation, few enough to stay in registers.
#[derive(Clone, Copy)]
pub struct FmaPeak {
    isa: Isa,
    threads: usize,
    chains: usize,
}

impl FmaPeak {
    /// The best number of chains here, and the GFLOP/s of one thread with it, `f32`.
    fn find(exec: Exec) -> (FmaPeak, f64) {
        let candidates = [4, 6, 12].map(|chains| FmaPeak { isa: exec.isa, threads: 1, chains });
        let seconds = race(&mut candidates.map(FmaPeak::contender::<f32>), 0.3);
        let best = (0..candidates.len()).min_by(|&i, &j| seconds[i].total_cmp(&seconds[j])).unwrap_or(0);
        let peak = candidates[best].flops::<f32>() / seconds[best] / 1e9;
        (FmaPeak { threads: exec.threads, ..candidates[best] }, peak)
    }

    /// The peak loop on every thread of the current pool.
    pub fn contender<T: Scalar>(self) -> Contender<'static> {
        Contender::new(move || {
            on_every_thread(self.threads, |_| {
                std::hint::black_box(match self.chains {
                    4 => T::dispatch(self.isa, Chains::<4>),
                    6 => T::dispatch(self.isa, Chains::<6>),
                    _ => T::dispatch(self.isa, Chains::<12>),
                });
            });
        })
    }

    /// Floating-point operations of one run of the contender.
    pub fn flops<T: Scalar>(self) -> f64 {
        (2 * LINKS * T::LANES * self.threads) as f64
    }
}

/// The sum of a slice, whose length is a multiple of four vectors: one load and one addition a vector.
struct ReadSum<'a, T>(&'a [T]);

impl<T: Scalar> LaneKernel<T> for ReadSum<'_, T> {
    type Output = T;
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) -> T {
        let mut acc = [s.splat(T::ZERO); 4];
        for block in self.0.chunks_exact(4 * T::LANES) {
            for (j, a) in acc.iter_mut().enumerate() {
                *a = s.add(*a, s.load_at(block, j * T::LANES));
            }
        }
        let total = acc.into_iter().fold(s.splat(T::ZERO), |t, a| s.add(t, a));
        s.sum(total)
    }
}

/// A buffer to read again and again, to measure the rate of reading for its size.
pub struct Reading<T: Scalar> {
    exec: Exec,
    parts: Vec<Matrix<T>>,
    times: usize,
}

impl<T: Scalar> Reading<T> {
    /// A buffer of about this many elements, one part a thread, read so often in one run that waking threads does not count.
    pub fn new(exec: Exec, len: usize) -> Self {
        const BYTES_A_RUN: usize = 64 << 20;
        let part = (len / exec.threads).next_multiple_of(4 * T::LANES);
        let parts = (0..exec.threads).map(|_| Matrix::from_fn(1, part, |_, _| T::ONE)).collect();
        Reading { exec, parts, times: (BYTES_A_RUN / (len * size_of::<T>())).max(1) }
    }

    /// The reading loop on every thread of the current pool.
    pub fn contender(&self) -> Contender<'_> {
        Contender::new(|| {
            on_every_thread(self.exec.threads, |thread| {
                for _ in 0..self.times {
                    std::hint::black_box(T::dispatch(self.exec.isa, ReadSum(self.parts[thread].as_slice())));
                }
            });
        })
    }

    /// Bytes read by one run of the contender.
    pub fn bytes(&self) -> f64 {
        (self.parts.iter().map(|p| p.as_slice().len()).sum::<usize>() * self.times * size_of::<T>()) as f64
    }
}
