//! Powers of two: multiplying by them is exact.

use planish_tensor::Dd;

/// 2^e; zero below the normal range.
pub(crate) const fn pow2(e: i32) -> f64 {
    if e < -1022 { 0.0 } else { f64::from_bits(((if e > 1023 { 1023 } else { e } + 1023) as u64) << 52) }
}

/// x·2^e, for |e| up to 4000.
pub(crate) fn scale_by(x: f64, e: i32) -> f64 {
    let quarter = e / 4;
    let q = pow2(quarter);
    x * q * q * q * pow2(e - 3 * quarter)
}

/// x·2^e in double-double.
pub(crate) fn scale_dd(x: Dd, e: i32) -> Dd {
    Dd { hi: scale_by(x.hi, e), lo: scale_by(x.lo, e) }
}

/// Magnitudes of which squares and their products with each other stay in range: between 2⁻²⁰⁰ and 2²⁰⁰.
const SQUARED: i32 = 200;

/// The power of two that is best taken out of a number of this exponent before it is squared: none where squares stay in range.
pub(crate) fn excess(exponent: i32) -> i32 {
    if exponent.abs() <= SQUARED { 0 } else { exponent }
}

/// ⌊log₂ x⌋ of a positive number, at least −1000 and at most 1000.
pub(crate) fn exponent_of(x: f64) -> i32 {
    ((x.to_bits() >> 52) as i32 - 1023).clamp(-1000, 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_two_are_exact() {
        assert_eq!(pow2(0), 1.0);
        assert_eq!(pow2(-3), 0.125);
        assert_eq!(scale_by(3.0, 2000), f64::INFINITY);
        assert_eq!(scale_by(scale_by(3.0, 900), -1000), scale_by(3.0, -100));
        assert_eq!(scale_by(5.0, -7), 5.0 / 128.0);
    }
}
