//! The population stability index: how far the shares of some rows lie from those that were expected.
//!
//! PSI = Σ (q − p)·ln(q/p) over the parts of a column, with p a part's expected share and q its share of the rows at hand. By a rule of thumb
//! little has changed below 0.1, and much from 0.25 on.

use planish_tensor::math::log_one;

/// The least share that a part is taken to be expected with.
const LEAST: f64 = 1e-4;

/// The index of rows of which so many fall into each part; half a row more in each part keeps it finite.
pub fn stability_index(expected: &[f64], counts: impl Fn(usize) -> u64, rows: u64) -> f64 {
    let whole = rows as f64 + 0.5 * expected.len() as f64;
    let part = |(i, p): (usize, &f64)| {
        let (p, q) = (p.max(LEAST), (counts(i) as f64 + 0.5) / whole);
        (q - p) * log_one(q / p)
    };
    expected.iter().enumerate().map(part).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_that_by_hand() {
        // A hundred and a half of 201 in each part: q = ½, so ¼·ln 2 + ¼·ln 1.5 = ¼·ln 3.
        let psi = stability_index(&[0.25, 0.75], |_| 100, 200);
        assert!((psi - 0.274_653_072_167_027_4).abs() < 1e-15, "{psi}");
        assert!(stability_index(&[0.5, 0.5], |_| 100, 200).abs() < 1e-15);
        assert!(stability_index(&[0.0, 1.0], |_| 0, 0).is_finite());
    }
}
