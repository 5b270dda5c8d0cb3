//! The splits of cross-validation: plain, with equal shares of each class, without tearing groups apart, and forward in time.
//!
//! Every row belongs to one part; a fold holds one part out and trains on the others. By time there is one part more than folds: the
//! oldest is never held out, and a fold trains on what is older than its part. The definitions are those of scikit-learn's `KFold`,
//! `StratifiedKFold`, `GroupKFold` and `TimeSeriesSplit`; the first three are always shuffled.

use crate::error::TrainError;
use planish_tensor::rng::{Purpose, Stream};

/// The parts of the rows for cross-validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folds {
    /// The part of each row.
    part: Vec<u32>,
    folds: usize,
    by_time: bool,
}

impl Folds {
    /// Parts drawn at random; their sizes differ by at most one row.
    ///
    /// # Errors
    /// Fewer than two folds, or fewer rows than folds.
    pub fn plain(rows: usize, folds: usize, seed: u64) -> Result<Folds, TrainError> {
        check(folds, rows, "rows")?;
        Ok(Folds::deal(&shuffled(rows, seed), folds))
    }

    /// Parts drawn at random in which the number of rows of each class differs by at most one, and so does the number of all rows.
    ///
    /// # Errors
    /// Fewer than two folds, or fewer rows than folds. A class may have fewer rows than there are folds: some parts lack it.
    pub fn stratified(classes: &[u32], folds: usize, seed: u64) -> Result<Folds, TrainError> {
        check(folds, classes.len(), "rows")?;
        let mut order = shuffled(classes.len(), seed);
        order.sort_by_key(|&row| classes[row as usize]);
        Ok(Folds::deal(&order, folds))
    }

    /// Parts in which the rows of a group stay together: the groups, largest first and those of equal size in random order, go each to
    /// the part with the fewest rows so far.
    ///
    /// # Errors
    /// Fewer than two folds, or fewer groups than folds.
    pub fn grouped(groups: &[u32], folds: usize, seed: u64) -> Result<Folds, TrainError> {
        let mut rows: Vec<u32> = (0..groups.len() as u32).collect();
        rows.sort_by_key(|&row| groups[row as usize]);
        let mut members: Vec<&[u32]> =
            rows.chunk_by(|&a, &b| groups[a as usize] == groups[b as usize]).collect();
        check(folds, members.len(), "groups")?;
        Stream::new(seed, Purpose::Split, 0).shuffle(&mut members);
        members.sort_by_key(|rows| std::cmp::Reverse(rows.len()));
        let mut part = vec![0; groups.len()];
        let mut sizes = vec![0; folds];
        for rows in members {
            let lightest = (0..folds).min_by_key(|&p| sizes[p]).expect("two folds or more");
            sizes[lightest] += rows.len();
            rows.iter().for_each(|&row| part[row as usize] = lightest as u32);
        }
        Ok(Folds { part, folds, by_time: false })
    }

    /// A window that grows: fold `i` trains on the rows before part `i` in time and holds that part out. The held-out parts have
    /// rows / (folds + 1) rows, rounded down; the oldest rows are only trained on. Rows of one time keep their order.
    ///
    /// # Errors
    /// Fewer than two folds, no more rows than folds, or a time that is NaN.
    pub fn by_time(times: &[f64], folds: usize) -> Result<Folds, TrainError> {
        check(folds, times.len().saturating_sub(1), "rows after the first")?;
        if let Some(row) = times.iter().position(|t| t.is_nan()) {
            return Err(TrainError::Data { what: format!("the time of row {row} is not a number") });
        }
        let mut order: Vec<u32> = (0..times.len() as u32).collect();
        order.sort_by(|&a, &b| times[a as usize].partial_cmp(&times[b as usize]).expect("no time is NaN"));
        let held = times.len() / (folds + 1);
        let oldest = times.len() - folds * held;
        let mut part = vec![0; times.len()];
        for (i, &row) in order.iter().enumerate().skip(oldest) {
            part[row as usize] = 1 + ((i - oldest) / held) as u32;
        }
        Ok(Folds { part, folds, by_time: true })
    }

    /// One row after the other to one part after the other.
    fn deal(order: &[u32], folds: usize) -> Folds {
        let mut part = vec![0; order.len()];
        order.iter().enumerate().for_each(|(i, &row)| part[row as usize] = (i % folds) as u32);
        Folds { part, folds, by_time: false }
    }

    /// The number of folds.
    #[allow(clippy::len_without_is_empty, reason = "there are always two or more")]
    pub fn len(&self) -> usize {
        self.folds
    }

    /// The number of rows that were split.
    pub fn rows(&self) -> usize {
        self.part.len()
    }

    /// The rows to train on and the rows to hold out in a fold, both in the order of their numbers.
    ///
    /// # Panics
    /// If there is no such fold; they count from 0.
    pub fn split(&self, fold: usize) -> (Vec<u32>, Vec<u32>) {
        assert!(fold < self.folds, "fold {fold} of {}", self.folds);
        let held = (fold + usize::from(self.by_time)) as u32;
        let rows = |keep: &dyn Fn(u32) -> bool| -> Vec<u32> {
            (0..self.part.len() as u32).filter(|&row| keep(self.part[row as usize])).collect()
        };
        (rows(&|part| if self.by_time { part < held } else { part != held }), rows(&|part| part == held))
    }
}

fn shuffled(rows: usize, seed: u64) -> Vec<u32> {
    let mut order: Vec<u32> = (0..rows as u32).collect();
    Stream::new(seed, Purpose::Split, 0).shuffle(&mut order);
    order
}

fn check(folds: usize, found: usize, of: &'static str) -> Result<(), TrainError> {
    let fail = |needs| Err(TrainError::Setting { setting: "folds", value: folds as f64, needs });
    match (folds, found) {
        (0 | 1, _) => fail("at least two are needed"),
        _ if found >= folds => Ok(()),
        _ => Err(TrainError::Data { what: format!("{found} {of} cannot be split into {folds} folds") }),
    }
}
