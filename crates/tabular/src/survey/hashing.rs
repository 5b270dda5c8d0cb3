//! Hashes by which a survey tells texts, numbers and rows apart without keeping them. They are the same in every run and with any number of
//! threads; two different texts of a million share one of 64 bits with a chance below 10⁻⁷, two rows of 128 bits never.

use std::hash::{DefaultHasher, Hasher};

/// Odd constants of many mixed bits: those of wyhash.
pub(crate) const FACTORS: [u64; 2] = [0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db];

/// What stands for a cell without a value.
pub(super) const MISSING: u64 = u64::MAX;

/// Both halves of a product of 128 bits, folded together: each bit of `x` moves all bits of the result.
pub(crate) fn fold(x: u64, factor: u64) -> u64 {
    let product = u128::from(x) * u128::from(factor);
    product as u64 ^ (product >> 64) as u64
}

/// The hash of a text; never that of a missing one.
pub(super) fn of_text(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    hasher.finish().min(MISSING - 1)
}

/// The bits of a number, the same for 0 and −0, and [`MISSING`] (bits of a NaN) for none.
pub(crate) fn of_number(x: f64) -> u64 {
    if x.is_nan() { MISSING } else { (x + 0.0).to_bits() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_one_number_and_missing_is_none() {
        assert_eq!(of_number(-0.0), of_number(0.0));
        assert_eq!((of_number(f64::NAN), of_number(-f64::NAN)), (MISSING, MISSING));
        assert!(f64::from_bits(MISSING).is_nan() && of_number(1.0) != of_number(2.0));
        assert_eq!(of_text("a"), of_text("a"));
        assert_ne!(of_text("a"), of_text("b"));
    }
}
