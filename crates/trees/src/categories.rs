//! From a category to a number: the mean of the target among the rows of its level, drawn towards the mean of all rows (target statistics,
//! as in CatBoost: Prokhorenkova and others, 2018).
//!
//! A training row must not see its own target, so its mean is that of the rows before it in a random order. New rows get the mean of all
//! training rows of their level. How far a mean is drawn is estimated: by the variance within levels over that between them.

use crate::data::{Data, Labels};
use planish_tensor::rng::{Purpose, Stream};

/// The least and the most rows that the mean of all rows counts for.
const PRIOR_ROWS: (f64, f64) = (0.1, 100.0);

/// The means of a column's levels, for one class or a number.
pub(crate) struct Means {
    /// The mean of each level.
    pub(crate) means: Vec<f64>,
    pub(crate) missing: f64,
    pub(crate) unknown: f64,
    /// The mean that each training row sees, in the order of the rows that were given.
    pub(crate) seen: Vec<f64>,
}

/// What is averaged: the target, or whether it is this class.
pub(crate) fn averaged(data: &Data<'_>, class: Option<u32>, row: usize) -> f64 {
    match (data.labels, class) {
        (Labels::Numbers(y), _) => y[row],
        (Labels::Classes { classes, .. }, Some(class)) => f64::from(u8::from(classes[row] == class)),
        (Labels::Classes { .. }, None) => 0.0,
    }
}

/// Weight, sum and sum of squares.
#[derive(Clone, Copy, Default)]
struct Sum {
    rows: f64,
    weight: f64,
    y: f64,
    yy: f64,
}

impl Sum {
    fn add(&mut self, y: f64, w: f64) {
        self.rows += 1.0;
        self.weight += w;
        self.y += w * y;
        self.yy += w * y * y;
    }
}

/// The means of a column of codes; a missing code is a level of its own.
pub(crate) fn means(
    data: &Data<'_>,
    codes: &[u32],
    levels: usize,
    class: Option<u32>,
    rows: &[u32],
    seed: u64,
) -> Means {
    // A level that has no code counts as missing here.
    let level = |row: u32| levels.min(codes[row as usize] as usize);
    let of = |row: u32| (averaged(data, class, row as usize), data.weight(row as usize));
    let mut sums = vec![Sum::default(); levels + 1];
    let mut all = Sum::default();
    for &row in rows {
        let (y, w) = of(row);
        sums[level(row)].add(y, w);
        all.add(y, w);
    }
    let prior = all.y / all.weight;
    let strength = prior_rows(&sums, &all);
    let mean = |s: &Sum| (s.y + strength * prior) / (s.weight + strength);
    let mut order: Vec<u32> = (0..rows.len() as u32).collect();
    Stream::new(seed, Purpose::Permutation, 0).shuffle(&mut order);
    let mut before = vec![Sum::default(); levels + 1];
    let mut seen = vec![0.0; rows.len()];
    for place in order {
        let row = rows[place as usize];
        let sum = &mut before[level(row)];
        seen[place as usize] = mean(sum);
        let (y, w) = of(row);
        sum.add(y, w);
    }
    let means: Vec<f64> = sums[..levels].iter().map(&mean).collect();
    Means { means, missing: mean(&sums[levels]), unknown: prior, seen }
}

/// How many rows the mean of all counts for: the variance within levels over that between them (one-way analysis of variance).
fn prior_rows(sums: &[Sum], all: &Sum) -> f64 {
    let used: Vec<&Sum> = sums.iter().filter(|s| s.weight > 0.0).collect();
    let levels = used.len() as f64;
    if used.len() < 2 || all.rows <= levels {
        return 1.0;
    }
    let mean = all.y / all.weight;
    let (mut within, mut between, mut squares) = (0.0, 0.0, 0.0);
    for s in &used {
        let m = s.y / s.weight;
        within += (s.yy - s.weight * m * m).max(0.0);
        between += s.weight * (m - mean) * (m - mean);
        squares += s.weight * s.weight;
    }
    let within = within / (all.rows - levels);
    let size = (all.weight - squares / all.weight) / (levels - 1.0);
    let between = (between / (levels - 1.0) - within) / size;
    let strength = if between > 0.0 { within / between } else { PRIOR_ROWS.1 };
    strength.clamp(PRIOR_ROWS.0, PRIOR_ROWS.1)
}
