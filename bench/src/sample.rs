//! Samples of several contenders, interleaved.

use std::time::Instant;

/// Something to time.
pub struct Contender<'a> {
    /// One run.
    pub run: Box<dyn FnMut() + Send + 'a>,
}

impl<'a> Contender<'a> {
    /// A contender.
    pub fn new(run: impl FnMut() + Send + 'a) -> Self {
        Contender { run: Box::new(run) }
    }
}

/// Seconds a run of each contender: rounds in which each is timed once, for about `seconds` in all; each figure is the mean of
/// the best third of its samples.
pub fn race(contenders: &mut [Contender<'_>], seconds: f64) -> Vec<f64> {
    let inner: Vec<usize> = contenders.iter_mut().map(|c| calibrate(c)).collect();
    let mut samples = vec![Vec::new(); contenders.len()];
    let start = Instant::now();
    while start.elapsed().as_secs_f64() < seconds || samples[0].len() < 9 {
        for (i, c) in contenders.iter_mut().enumerate() {
            let t = Instant::now();
            for _ in 0..inner[i] {
                (c.run)();
            }
            samples[i].push(t.elapsed().as_secs_f64() / inner[i] as f64);
        }
    }
    samples.iter_mut().map(|s| best_third(s)).collect()
}

/// Runs that take about two milliseconds together, after a warm-up.
fn calibrate(c: &mut Contender<'_>) -> usize {
    (c.run)();
    let t = Instant::now();
    let mut n = 0;
    while t.elapsed().as_secs_f64() < 2e-3 {
        (c.run)();
        n += 1;
    }
    n
}

fn best_third(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    let n = samples.len().div_ceil(3);
    samples[..n].iter().sum::<f64>() / n as f64
}
