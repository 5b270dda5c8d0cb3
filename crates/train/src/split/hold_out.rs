//! Which rows are held out: some at random, whole groups, or the latest. Every run that stops by held-out rows asks here.

use planish_tensor::rng::{Purpose, Stream};

/// What decides which rows are held out.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum HoldBy<'a> {
    /// Chance; every class in the same proportion.
    Chance,
    /// Chance, but rows of one group are never on both sides.
    Groups(&'a [u32]),
    /// Time: the latest rows; those of one time are never on both sides.
    Times(&'a [f64]),
    /// It is said of each row; the share does not count.
    Rows(&'a [bool]),
}

/// Rows of which a share is to be held out.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct HoldOut<'a> {
    /// How many rows there are.
    pub rows: usize,
    /// The class of each; none where the target is a number.
    pub classes: Option<&'a [u32]>,
    /// What decides.
    pub by: HoldBy<'a>,
    /// The share of the rows to hold out.
    pub share: f64,
    /// Decides what chance does.
    pub seed: u64,
}

impl HoldOut<'_> {
    /// The rows to train on and those held out, both in the order of the rows. At least one row stays for training, and, but by time or where
    /// it is said of each row, one of each class. None are held out where that leaves no choice: a single group, a single time.
    ///
    /// # Panics
    /// If classes, groups or times are not one a row, or a time is NaN.
    pub fn split(&self) -> (Vec<u32>, Vec<u32>) {
        let all = 0..self.rows as u32;
        let is_held: Vec<bool> = match self.by {
            HoldBy::Rows(said) => said.to_vec(),
            HoldBy::Chance | HoldBy::Groups(_) | HoldBy::Times(_) if self.share <= 0.0 => {
                vec![false; self.rows]
            }
            HoldBy::Chance => self.by_chance(),
            HoldBy::Groups(groups) => self.by_groups(groups),
            HoldBy::Times(times) => self.by_times(times),
        };
        all.partition(|&row| !is_held[row as usize])
    }

    /// The rows in random order.
    fn shuffled(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.rows as u32).collect();
        Stream::new(self.seed, Purpose::Split, 0).shuffle(&mut order);
        order
    }

    fn class(&self, row: u32) -> usize {
        self.classes.map_or(0, |c| c[row as usize] as usize)
    }

    /// The rows of each class.
    fn counts(&self) -> Vec<usize> {
        let rows = 0..self.rows as u32;
        let mut counts = vec![0; rows.clone().map(|r| self.class(r) + 1).max().unwrap_or(0)];
        rows.for_each(|r| counts[self.class(r)] += 1);
        counts
    }

    /// The rows to hold out in all.
    fn wanted(&self) -> usize {
        ((self.rows as f64 * self.share + 0.5).floor() as usize).min(self.rows.saturating_sub(1))
    }

    fn by_chance(&self) -> Vec<bool> {
        let order = self.shuffled();
        let mut quota = self.quotas(&order);
        let mut held = vec![false; self.rows];
        for row in order {
            let left = &mut quota[self.class(row)];
            if *left > 0 {
                *left -= 1;
                held[row as usize] = true;
            }
        }
        held
    }

    /// How many rows of each class are held out: its share rounded down, and one more of those to which most is missing, until there are as many as
    /// are wanted. One row of each class stays. Of classes to which as much is missing those come first whose first row is first in the random
    /// order.
    fn quotas(&self, order: &[u32]) -> Vec<usize> {
        let counts = self.counts();
        let share = |class: usize| counts[class] as f64 * self.share;
        let mut quota: Vec<usize> =
            (0..counts.len()).map(|c| (share(c).floor() as usize).min(counts[c].saturating_sub(1))).collect();
        let mut known = vec![false; counts.len()];
        let mut classes: Vec<usize> = order
            .iter()
            .map(|&row| self.class(row))
            .filter(|&c| !std::mem::replace(&mut known[c], true) && quota[c] + 1 < counts[c])
            .collect();
        classes.sort_by(|&a, &b| (share(b) - quota[b] as f64).total_cmp(&(share(a) - quota[a] as f64)));
        let more = self.wanted().saturating_sub(quota.iter().sum());
        classes.into_iter().take(more).for_each(|c| quota[c] += 1);
        quota
    }

    /// Groups in random order, each if the held-out rows come nearer to what is wanted by it; the smallest if none does.
    fn by_groups(&self, groups: &[u32]) -> Vec<bool> {
        let mut rows = self.shuffled();
        let mut place = vec![u32::MAX; groups.iter().max().map_or(0, |g| *g as usize + 1)];
        (0..).zip(&rows).for_each(|(at, &row)| {
            let first = &mut place[groups[row as usize] as usize];
            *first = (*first).min(at);
        });
        rows.sort_by_key(|&row| place[groups[row as usize] as usize]);
        let members: Vec<&[u32]> = rows.chunk_by(|&a, &b| groups[a as usize] == groups[b as usize]).collect();
        let (wanted, mut left, mut total) = (self.wanted(), self.counts(), 0);
        let mut held = vec![false; self.rows];
        let mut take = |group: &[u32]| {
            let mut rest = left.clone();
            group.iter().for_each(|&row| rest[self.class(row)] -= 1);
            let keeps_classes = rest.iter().zip(&left).all(|(rest, left)| *rest > 0 || *left == 0);
            if keeps_classes {
                left = rest;
                group.iter().for_each(|&row| held[row as usize] = true);
            }
            keeps_classes
        };
        for group in &members {
            // Half of the group would do, or more.
            if 2 * total + group.len() <= 2 * wanted && take(group) {
                total += group.len();
            }
        }
        if total == 0 {
            let mut smallest = members;
            smallest.sort_by_key(|group| group.len());
            smallest.into_iter().find(|group| take(group));
        }
        held
    }

    /// The latest rows, from the change of time on that is nearest to what is wanted.
    fn by_times(&self, times: &[f64]) -> Vec<bool> {
        let mut order: Vec<usize> = (0..self.rows).collect();
        order.sort_by(|&a, &b| times[a].partial_cmp(&times[b]).expect("no time is NaN"));
        let from = self.rows - self.wanted().max(1).min(self.rows);
        let changes = (1..self.rows).filter(|&i| times[order[i - 1]] < times[order[i]]);
        let first = changes.min_by_key(|&i| (i.abs_diff(from), std::cmp::Reverse(i))).unwrap_or(self.rows);
        let mut held = vec![false; self.rows];
        order[first..].iter().for_each(|&row| held[row] = true);
        held
    }
}

/// Some rows held out by chance, see [`HoldBy::Chance`]: those to train on, and those held out.
pub fn holdout(rows: usize, share: f64, classes: Option<&[u32]>, seed: u64) -> (Vec<u32>, Vec<u32>) {
    HoldOut { rows, classes, by: HoldBy::Chance, share, seed }.split()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(by: HoldBy<'_>, classes: Option<&[u32]>, share: f64) -> (Vec<u32>, Vec<u32>) {
        let rows = match by {
            HoldBy::Groups(g) => g.len(),
            HoldBy::Times(t) => t.len(),
            HoldBy::Rows(r) => r.len(),
            HoldBy::Chance => classes.unwrap().len(),
        };
        HoldOut { rows, classes, by, share, seed: 3 }.split()
    }

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
    fn small_classes_hold_out_the_share_in_all_and_keep_a_row_each() {
        let classes: Vec<u32> = (0..250).map(|i| i % 50).collect();
        let (_, held) = holdout(250, 0.1, Some(&classes), 3);
        assert_eq!(held.len(), 25);
        let mut of: Vec<u32> = held.iter().map(|&r| classes[r as usize]).collect();
        of.sort_unstable();
        assert!(of.windows(2).all(|w| w[0] < w[1]), "{of:?}");
        // Other classes come first with another seed.
        assert_ne!(held, holdout(250, 0.1, Some(&classes), 4).1);
        let single: Vec<u32> = (0..20).collect();
        assert_eq!(holdout(20, 0.9, Some(&single), 0).1, []);
    }

    #[test]
    fn a_row_is_always_left_for_training() {
        assert_eq!(holdout(1, 0.9, None, 0), (vec![0], vec![]));
        assert_eq!(holdout(3, 1.0, None, 0).0.len(), 1);
        assert_eq!(holdout(0, 0.5, None, 0), (vec![], vec![]));
    }

    #[test]
    fn no_group_is_on_both_sides_and_no_class_is_lost() {
        let groups: Vec<u32> = (0..300).map(|i| i * i % 37).collect();
        let classes: Vec<u32> = groups.iter().map(|g| u32::from(*g == 0)).collect();
        let (kept, held) = split(HoldBy::Groups(&groups), Some(&classes), 0.2);
        assert!((45..=75).contains(&held.len()), "{}", held.len());
        let of = |rows: &[u32]| rows.iter().map(|&r| groups[r as usize]).collect::<Vec<_>>();
        assert!(of(&held).iter().all(|g| !of(&kept).contains(g)));
        assert!(kept.iter().any(|&r| classes[r as usize] == 1));
        assert_eq!(split(HoldBy::Groups(&[7; 9]), None, 0.2).1, []);
        assert_eq!(split(HoldBy::Groups(&[0, 0, 0, 1, 1]), None, 0.1).1, [3, 4]);
    }

    #[test]
    fn the_latest_rows_are_held_out_and_no_time_is_torn() {
        let times: Vec<f64> = (0..10).rev().map(f64::from).collect();
        assert_eq!(split(HoldBy::Times(&times), None, 0.2), ((2..10).collect(), vec![0, 1]));
        let days = [1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 3.0, 3.0, 3.0, 3.0];
        assert_eq!(split(HoldBy::Times(&days), None, 0.2).1, [6, 7, 8, 9]);
        assert_eq!(split(HoldBy::Times(&[5.0; 10]), None, 0.2).1, []);
        assert_eq!(split(HoldBy::Times(&times), None, 0.0).1, []);
    }

    #[test]
    fn what_is_said_of_each_row_holds() {
        assert_eq!(split(HoldBy::Rows(&[false, true, true]), None, 0.0), (vec![0], vec![1, 2]));
    }
}
