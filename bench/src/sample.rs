//! Samples of several contenders, interleaved.
//!
//! A machine that others use too is fast in one second and slow in the next. So every round times each contender once,
//! and a figure is the mean of the best third of its samples.

use planish_tensor::Exec;
use std::time::Instant;

/// Seconds that one sample should take at least.
const SAMPLE: f64 = 2e-3;
/// A run shorter than this is preceded in each sample by a run that does not count: the contender before has taken the caches.
const SHORT: f64 = 20e-3;

/// Something to time.
pub struct Contender<'a> {
    time: Box<dyn FnMut(usize, usize) -> f64 + Send + 'a>,
    is_limit: bool,
}

impl<'a> Contender<'a> {
    /// A contender of this process, timed here.
    pub fn new(mut run: impl FnMut() + Send + 'a) -> Self {
        Contender::timed(move |warm_up, runs| {
            (0..warm_up).for_each(|_| run());
            let start = Instant::now();
            (0..runs).for_each(|_| run());
            start.elapsed().as_secs_f64()
        })
    }

    /// A contender that reports its own seconds: given the runs that do not count and the runs that do, it makes them and
    /// returns how long the latter took together.
    pub fn timed(time: impl FnMut(usize, usize) -> f64 + Send + 'a) -> Self {
        Contender { time: Box::new(time), is_limit: false }
    }

    /// The same as a limit that the first contender is judged by: its samples take as long as the first's, so that a busy
    /// machine disturbs both alike.
    pub fn limit(self) -> Self {
        Contender { is_limit: true, ..self }
    }
}

impl<'a> Contender<'a> {
    /// The same with each sample taken inside a pool of this many threads.
    pub fn inside(self, exec: Exec) -> Self {
        let Contender { mut time, is_limit } = self;
        let time = Box::new(move |warm_up, runs| exec.install(|| time(warm_up, runs)));
        Contender { time, is_limit }
    }

    /// As [`Contender::inside`], the pool's threads being kept awake for the sample, as they are while a network is fitted.
    pub fn awake(self, exec: Exec) -> Self {
        let Contender { mut time, is_limit } = self;
        let time = Box::new(move |warm_up, runs| exec.install_awake(|| time(warm_up, runs)));
        Contender { time, is_limit }
    }
}

/// How one sample of a contender is taken.
struct Plan {
    warm_up: usize,
    runs: usize,
    seconds: f64,
}

/// Seconds a run of each contender: rounds in which each is timed once, for about `seconds` in all and nine rounds at least,
/// but no more than three where those take four times as long; each figure is the mean of the best third of its samples.
pub fn race(contenders: &mut [Contender<'_>], seconds: f64) -> Vec<f64> {
    let mut plans: Vec<Plan> = Vec::new();
    for c in &mut *contenders {
        let wanted = plans.first().filter(|_| c.is_limit).map_or(SAMPLE, |first| first.seconds);
        plans.push(calibrate(c, wanted));
    }
    let mut samples = vec![Vec::new(); contenders.len()];
    let start = Instant::now();
    for round in 0.. {
        let elapsed = start.elapsed().as_secs_f64();
        if elapsed >= seconds && (round >= 9 || (round >= 3 && elapsed >= 4.0 * seconds)) {
            break;
        }
        for ((c, plan), samples) in contenders.iter_mut().zip(&plans).zip(&mut samples) {
            samples.push((c.time)(plan.warm_up, plan.runs) / plan.runs as f64);
        }
    }
    samples.iter_mut().map(|s| best_third(s)).collect()
}

/// Finds out how many runs a sample of these seconds needs. The first run of all does not count, unless it is long.
fn calibrate(c: &mut Contender<'_>, wanted: f64) -> Plan {
    let first = (c.time)(0, 1);
    if first >= SHORT {
        return Plan { warm_up: 0, runs: 1, seconds: first };
    }
    let mut runs = 1;
    loop {
        let each = (c.time)(1, runs) / runs as f64;
        if each * runs as f64 >= SAMPLE / 2.0 {
            let runs = ((wanted / each).ceil() as usize).max(1);
            return Plan { warm_up: 1, runs, seconds: each * runs as f64 };
        }
        runs *= 4;
    }
}

fn best_third(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    let n = samples.len().div_ceil(3);
    samples[..n].iter().sum::<f64>() / n as f64
}
