//! Statistics of the residuals of one response: moments, quantiles, serial correlation and influence, gathered block by block.
//!
//! e is a row's residual times the root of its weight. Skewness is m₃/m₂^1.5 and kurtosis m₄/m₂² of the central moments (not less three),
//! as in statsmodels; Durbin and Watson's statistic is Σ(eᵢ − eᵢ₋₁)²/Σeᵢ². Quantiles are R's type 7. They are exact up to a million
//! rows; beyond, they are those of every 2nd, 4th, … row, so that memory is bounded and nothing is random. The extremes are always exact.
//! Cook's distance is e²·h/((1 − h)²·k·s²), h being the leverage and k the parameters.

use crate::gather::largest::Largest;
use crate::linalg::leverage::{Leverage, cook_times_variance};
use planish_tensor::dd::{DdSlice, DdVec, lanes, two_prod};
use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{Dd, Isa, Number, Scalar, Thinned, add_columns};

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

/// What the residuals of a block add to the sums, apart from all other blocks.
pub(crate) struct BlockResiduals {
    e: Vec<f64>,
    /// e², e³ and e⁴
    powers: [DdVec; 3],
    /// (eᵢ − eᵢ₋₁)², from the second row on.
    steps: DdVec,
    extremes: Option<[f64; 2]>,
    /// By place among the block's rows.
    cook: Largest<u64>,
}

/// Σe², Σe³, Σe⁴ and the steps, element by element.
struct Powers<'a> {
    e: &'a [f64],
    powers: &'a mut [DdVec; 3],
    steps: &'a mut DdVec,
}

impl LaneKernel<f64> for Powers<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: LaneMath<f64>>(self, s: S) {
        let Powers { e, powers: [square, cube, fourth], steps } = self;
        let n = e.len();
        let put = |to: &mut DdVec, i: usize, x: lanes::V<S>| {
            s.store_at(&mut to.hi, i, x.0);
            s.store_at(&mut to.lo, i, x.1);
        };
        let squared = |x: S::V| {
            let p = s.mul(x, x);
            (p, s.fma(x, x, s.neg(p)))
        };
        for i in (0..n).step_by(f64::LANES) {
            let x = s.load_at(e, i);
            let two = squared(x);
            put(square, i, two);
            put(cube, i, lanes::mul(s, two, (x, s.splat(0.0))));
            put(fourth, i, lanes::mul(s, two, two));
            if i + 1 < n {
                put(steps, i, squared(s.sub(s.load_at(e, i + 1), x)));
            }
        }
    }
}

impl BlockResiduals {
    /// Of these rows: the place of each in its block, its residual and its leverage.
    pub(crate) fn new(isa: Isa, places: &[u64], e: Vec<f64>, leverages: &[Leverage]) -> BlockResiduals {
        let n = e.len();
        let mut powers = std::array::from_fn(|_| DdVec::zeros(n));
        let mut steps = DdVec::zeros(n.saturating_sub(1));
        f64::dispatch(isa, Powers { e: &e, powers: &mut powers, steps: &mut steps });
        let extremes = e
            .first()
            .map(|&first| e.iter().fold([first, first], |[low, high], &e| [low.min(e), high.max(e)]));
        let mut cook = Largest::default();
        for ((&place, &e), &leverage) in places.iter().zip(&e).zip(leverages) {
            if let Some(distance) = cook_times_variance(e, leverage) {
                cook.push(distance, place);
            }
        }
        BlockResiduals { e, powers, steps, extremes, cook }
    }
}

impl Residuals {
    /// Adds the rows of a block that begins with this row.
    pub(crate) fn add(&mut self, isa: Isa, start: u64, block: &BlockResiduals) {
        let Some((&first, &last)) = block.e.first().zip(block.e.last()) else { return };
        let n = block.e.len();
        if let Some(before) = self.last.replace(last) {
            let (p, r) = two_prod(first - before, first - before);
            self.succession = self.succession + Dd { hi: p, lo: r };
        }
        let [square, cube, fourth] = &block.powers;
        let zeros = vec![0.0; n];
        let columns = [
            DdSlice { hi: &block.e, lo: &zeros },
            square.first(n),
            cube.first(n),
            fourth.first(n),
            block.steps.first(n - 1),
        ];
        let [s1, s2, s3, s4] = self.powers;
        let mut sums = [s1, s2, s3, s4, self.succession];
        add_columns(isa, &mut sums, &columns);
        let [s1, s2, s3, s4, succession] = sums;
        (self.powers, self.succession) = ([s1, s2, s3, s4], succession);
        if let Some([low, high]) = block.extremes {
            let [least, greatest] = self.extremes.unwrap_or([low, high]);
            self.extremes = Some([least.min(low), greatest.max(high)]);
        }
        self.sample.extend(&block.e);
        block.cook.iter().for_each(|&(distance, place)| self.cook.push(distance, start + place));
        self.rows += n as u64;
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
        let mut values: Vec<f64> = self.sample.rows().map(|row| row[0]).collect();
        let [q1, median, q3] = [0.25, 0.5, 0.75].map(|share| quantile_of(&mut values, share));
        [low, q1, median, q3, high]
    }
}

/// As [`quantile`], of values in any order, which it changes: those about the quantile are brought to their places.
fn quantile_of(values: &mut [f64], share: f64) -> f64 {
    let place = (values.len() - 1) as f64 * share;
    let below = place.floor() as usize;
    let (_, &mut low, above) = values.select_nth_unstable_by(below, f64::total_cmp);
    let high = above.iter().copied().min_by(f64::total_cmp).filter(|_| place.ceil() > place.floor());
    between(low, high.unwrap_or(low), place)
}

/// Between the values about this place.
fn between(low: f64, high: f64, place: f64) -> f64 {
    low + (place - place.floor()) * (high - low)
}

/// The quantile of sorted values, R's type 7: linear between the order statistics at (n − 1)·share.
///
/// # Panics
/// Without values, or for a share outside 0 to 1.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = (sorted.len() - 1) as f64 * share;
    between(sorted[place.floor() as usize], sorted[place.ceil() as usize], place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pushed(e: impl Iterator<Item = f64>) -> Residuals {
        let mut r = Residuals::default();
        let e: Vec<f64> = e.collect();
        for (k, block) in e.chunks(4096).enumerate() {
            let places: Vec<u64> = (0..block.len() as u64).collect();
            let block = BlockResiduals::new(
                Isa::best(),
                &places,
                block.to_vec(),
                &vec![Leverage::new(0.5); block.len()],
            );
            r.add(Isa::best(), 4096 * k as u64, &block);
        }
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
