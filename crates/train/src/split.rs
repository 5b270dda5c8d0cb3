//! Seeded splits of row numbers into a training part and a held-out part: once ([`holdout`]), or once for each of several folds
//! ([`Folds`]). Randomness is counter-based, so a split depends on the seed and the rows alone.

mod folds;

pub use folds::Folds;

use planish_tensor::rng::{Purpose, Stream};

/// Splits `0..rows` at random; both parts keep the order of the rows.
///
/// With `classes`, every class is split in the same proportion, rounded to whole rows. The held-out part is about
/// `fraction` of the rows; at least one row stays for training.
pub fn holdout(rows: usize, fraction: f64, classes: Option<&[u32]>, seed: u64) -> (Vec<u32>, Vec<u32>) {
    let mut order: Vec<u32> = (0..rows as u32).collect();
    Stream::new(seed, Purpose::Split, 0).shuffle(&mut order);
    let class = |row: u32| classes.map_or(0, |c| c[row as usize] as usize);
    let kinds = (0..rows as u32).map(class).max().map_or(0, |m| m + 1);
    let mut quota = vec![0_usize; kinds];
    order.iter().for_each(|&r| quota[class(r)] += 1);
    quota.iter_mut().for_each(|n| *n = ((*n as f64 * fraction + 0.5).floor() as usize).min(*n));
    if quota.iter().sum::<usize>() == rows {
        quota.iter_mut().rev().find(|n| **n > 0).into_iter().for_each(|n| *n -= 1);
    }
    let mut held = Vec::new();
    let mut kept = Vec::new();
    for r in order {
        let left = &mut quota[class(r)];
        if *left > 0 {
            *left -= 1;
            held.push(r);
        } else {
            kept.push(r);
        }
    }
    held.sort_unstable();
    kept.sort_unstable();
    (kept, held)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stratified_split_keeps_the_proportions() {
        let classes: Vec<u32> = (0..1000).map(|i| u32::from(i % 10 == 0)).collect();
        let (kept, held) = holdout(1000, 0.2, Some(&classes), 3);
        assert_eq!((kept.len(), held.len()), (800, 200));
        assert_eq!(held.iter().filter(|&&r| classes[r as usize] == 1).count(), 20);
        let mut all = [kept, held].concat();
        all.sort_unstable();
        assert_eq!(all, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn a_row_is_always_left_for_training() {
        assert_eq!(holdout(1, 0.9, None, 0), (vec![0], vec![]));
        assert_eq!(holdout(3, 1.0, None, 0).0.len(), 1);
        assert_eq!(holdout(0, 0.5, None, 0), (vec![], vec![]));
    }
}
