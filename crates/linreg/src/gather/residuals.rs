//! Statistics of the residuals of one response: moments, quantiles, serial correlation and influence, gathered row by row.
//!
//! e is a row's residual times the root of its weight. Skewness is m₃/m₂^1.5 and kurtosis m₄/m₂² of the central moments (not less three),
//! as in statsmodels; Durbin and Watson's statistic is Σ(eᵢ − eᵢ₋₁)²/Σeᵢ². Quantiles are R's type 7. They are exact up to a million
//! rows; beyond, they are those of every 2nd, 4th, … row, so that memory is bounded and nothing is random. The extremes are always exact.
//! Cook's distance is e²·h/((1 − h)²·k·s²), h being the leverage and k the parameters.

use crate::gather::largest::Largest;
use crate::linalg::leverage::cook_times_variance;
use planish_tensor::dd::two_prod;
use planish_tensor::{Dd, Thinned};

/// Residuals kept for the quantiles.
const KEPT: usize = 1_000_000;

/// Sums over the residuals of one response, in scaled units.
#[derive(Clone, Debug)]
pub(crate) struct Residuals {
    rows: u64,
    /// Σe, Σe², Σe³, Σe⁴
    powers: [Dd; 4],
    /// Σ(eᵢ − eᵢ₋₁)²
    succession: Dd,
    last: Option<f64>,
    extremes: Option<[f64; 2]>,
    sample: Thinned,
    pub(crate) cook: Largest<u64>,
}

impl Default for Residuals {
    fn default() -> Self {
        Residuals {
            rows: 0,
            powers: Default::default(),
            succession: Dd::ZERO,
            last: None,
            extremes: None,
            sample: Thinned::new(1, KEPT),
            cook: Largest::default(),
        }
    }
}

impl Residuals {
    /// A row with its residual and leverage.
    pub(crate) fn push(&mut self, row: u64, e: f64, leverage: f64) {
        let (p, r) = two_prod(e, e);
        let square = Dd { hi: p, lo: r };
        for (sum, power) in
            self.powers.iter_mut().zip([Dd::from(e), square, square * Dd::from(e), square * square])
        {
            *sum = *sum + power;
        }
        if let Some(last) = self.last {
            let (p, r) = two_prod(e - last, e - last);
            self.succession = self.succession + Dd { hi: p, lo: r };
        }
        self.last = Some(e);
        let [low, high] = self.extremes.unwrap_or([e, e]);
        self.extremes = Some([low.min(e), high.max(e)]);
        self.sample.push(std::iter::once(e));
        if let Some(distance) = cook_times_variance(e, leverage) {
            self.cook.push(distance, row);
        }
        self.rows += 1;
    }

    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Σe² and Σe⁴
    pub(crate) fn square_sums(&self) -> [Dd; 2] {
        [self.powers[1], self.powers[3]]
    }

    /// Whether quantiles are of a part of the rows.
    pub(crate) fn is_sampled(&self) -> bool {
        self.sample.every() > 1
    }

    /// Skewness and kurtosis; `None` if all residuals are equal.
    pub(crate) fn shape(&self) -> Option<[f64; 2]> {
        let n = Dd::from(self.rows as f64);
        let [s1, s2, s3, s4] = self.powers.map(|s| s / n);
        let m2 = s2 - s1 * s1;
        let three = Dd::from(3.0);
        let m3 = s3 - three * s1 * s2 + Dd::from(2.0) * s1 * s1 * s1;
        let m4 = s4 - Dd::from(4.0) * s1 * s3 + Dd::from(6.0) * s1 * s1 * s2 - three * s1 * s1 * s1 * s1;
        let variance = m2.to_f64();
        let shape = [m3.to_f64() / (variance * variance.sqrt()), m4.to_f64() / (variance * variance)];
        (variance > 0.0 && shape.iter().all(|x| x.is_finite())).then_some(shape)
    }

    /// Durbin and Watson's statistic; `None` if all residuals are zero.
    pub(crate) fn durbin_watson(&self) -> Option<f64> {
        let dw = (self.succession / self.powers[1]).to_f64();
        (self.powers[1].hi > 0.0 && dw.is_finite()).then_some(dw)
    }

    /// Minimum, quartiles and maximum.
    pub(crate) fn quantiles(&self) -> [f64; 5] {
        let Some([low, high]) = self.extremes else { return [0.0; 5] };
        let mut sorted: Vec<f64> = self.sample.rows().map(|row| row[0]).collect();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| quantile(&sorted, share);
        [low, at(0.25), at(0.5), at(0.75), high]
    }
}

/// The quantile of sorted values, R's type 7: linear between the order statistics at (n − 1)·share.
///
/// # Panics
/// Without values, or for a share outside 0 to 1.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = (sorted.len() - 1) as f64 * share;
    let below = place.floor();
    let (low, high) = (sorted[below as usize], sorted[(place.ceil()) as usize]);
    low + (place - below) * (high - low)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pushed(e: impl Iterator<Item = f64>) -> Residuals {
        let mut r = Residuals::default();
        e.enumerate().for_each(|(i, e)| r.push(i as u64, e, 0.5));
        r
    }

    #[test]
    fn quantiles_are_those_of_type_7_and_moments_are_central() {
        let r = pushed([4.0, 1.0, 3.0, 10.0].into_iter());
        assert_eq!(r.quantiles(), [1.0, 2.5, 3.5, 5.5, 10.0]);
        // Mean 4.5; deviations −0.5, −3.5, −1.5, 5.5.
        let m2 = (0.25 + 12.25 + 2.25 + 30.25) / 4.0;
        let m4 = (0.0625 + 150.0625 + 5.0625 + 915.0625) / 4.0;
        let [skew, kurtosis] = r.shape().unwrap();
        assert!((skew - (-0.125 - 42.875 - 3.375 + 166.375) / 4.0 / (m2 * f64::sqrt(m2))).abs() < 1e-15);
        assert!((kurtosis - m4 / (m2 * m2)).abs() < 1e-15);
        assert_eq!(r.durbin_watson(), Some((9.0 + 4.0 + 49.0) / 126.0));
        assert_eq!(pushed([0.0, 0.0].into_iter()).durbin_watson(), None);
        assert_eq!(pushed([2.0, 2.0].into_iter()).shape(), None);
    }

    #[test]
    fn beyond_a_million_rows_every_second_one_is_kept() {
        let n = 2_500_001_u64;
        let r = pushed((0..n).map(|i| (i * 48271 % n) as f64));
        assert!(r.is_sampled() && r.sample.len() <= KEPT && r.sample.len() > KEPT / 2);
        let [low, q1, median, q3, high] = r.quantiles();
        assert_eq!((low, high), (0.0, (n - 1) as f64));
        for (found, share) in [(q1, 0.25), (median, 0.5), (q3, 0.75)] {
            assert!((found / n as f64 - share).abs() < 1e-3);
        }
    }
}
