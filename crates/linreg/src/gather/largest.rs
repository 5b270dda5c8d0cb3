//! The largest values of a stream of rows.

/// How many are kept.
const LISTED: usize = 10;

/// The ten rows with the largest values, in descending order; of equal ones the earlier first.
#[derive(Clone, Debug)]
pub struct Largest<T>(Vec<(f64, T)>);

impl<T> Default for Largest<T> {
    fn default() -> Self {
        Largest(Vec::new())
    }
}

impl<T> Largest<T> {
    /// Takes a row, if its value is among the largest.
    pub fn push(&mut self, value: f64, row: T) {
        if self.0.len() == LISTED && value <= self.0[LISTED - 1].0 {
            return; // as nearly all are
        }
        let at = self.0.partition_point(|(v, _)| *v >= value);
        if at < LISTED && !value.is_nan() {
            self.0.insert(at, (value, row));
            self.0.truncate(LISTED);
        }
    }

    /// The values and their rows.
    pub fn iter(&self) -> impl Iterator<Item = &(f64, T)> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_are_kept_in_order_and_ties_go_to_the_earlier_row() {
        let mut l = Largest::default();
        (0..30).for_each(|i| l.push(f64::from(i % 5), i));
        l.push(f64::NAN, 99);
        let rows: Vec<i32> = l.iter().map(|r| r.1).collect();
        assert_eq!(rows, [4, 9, 14, 19, 24, 29, 3, 8, 13, 18]);
    }
}
