//! Mean, standard deviation and median of a column, for any magnitude of its numbers.

/// The median of at least one number, which are left in another order.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    let (middle, odd) = (values.len() / 2, values.len() % 2 == 1);
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    if odd { *upper } else { below.iter().fold(f64::MIN, |m, &x| m.max(x)) / 2.0 + *upper / 2.0 }
}

/// The mean and the standard deviation (divisor n) of at least one number. Numbers are scaled by a power of two, so that
/// sums and squares of huge or tiny ones stay in range.
pub(crate) fn mean_and_sd(values: &[f64]) -> (f64, f64) {
    let largest = values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let unit = f64::from_bits(largest.to_bits() & 0x7ff0_0000_0000_0000).max(f64::MIN_POSITIVE);
    let n = values.len() as f64;
    let mean = values.iter().map(|v| v / unit).sum::<f64>() / n;
    let variance = values.iter().map(|v| (v / unit - mean) * (v / unit - mean)).sum::<f64>() / n;
    (mean * unit, variance.sqrt() * unit)
}
