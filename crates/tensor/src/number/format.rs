//! How the element types are laid out in bits, and where the functions of vector math change their ways.

/// Bit-level facts of an element type.
pub trait Format: Sized {
    /// 1.5·2^(mantissa bits): adding it rounds to an integer.
    const ROUND: Self;
    /// `ROUND` + exponent bias: adding it leaves integer + bias in the low bits.
    const ROUND_BIASED: Self;
    /// 2^(mantissa bits): its bits, joined with a small integer's, are the sum.
    const TWO_MANTISSA: Self;
    /// 2^(mantissa bits) + exponent bias.
    const TWO_MANTISSA_BIASED: Self;
    /// The bits of one.
    const ONE_BITS: u64;
    /// The bits of √½.
    const SQRT_HALF_BITS: u64;
    /// The bits of the mantissa field.
    const MANTISSA_BITS: u64;
    /// For |x| up to this eˣ is normal and ⌊x/ln 2⌉ is an exponent of a normal number.
    const EXP_USUAL: Self;
    /// Below this exp is zero.
    const EXP_MIN: Self;
    /// Above this exp is infinite.
    const EXP_MAX: Self;
    /// The smallest normal number.
    const MIN_NORMAL: Self;
    /// A power of two that makes subnormals normal, and its exponent.
    const SUBNORMAL_SCALE: (Self, Self);
    /// The bits of the negative number nearest to zero.
    const NEAREST_BELOW_ZERO: u64;
    /// Whether log uses the series in s, with its division, or a polynomial in m − 1.
    const LOG_DIVIDES: bool;
    /// Up to this |x| sin and cos reduce with three terms of π/2: n·(π/2 rounded) is then subtracted exactly.
    const TRIG_USUAL: Self;
}

impl Format for f32 {
    const ROUND: Self = 12_582_912.0;
    const ROUND_BIASED: Self = 12_583_039.0;
    const TWO_MANTISSA: Self = 8_388_608.0;
    const TWO_MANTISSA_BIASED: Self = 8_388_735.0;
    const ONE_BITS: u64 = 0x3f80_0000;
    const SQRT_HALF_BITS: u64 = 0x3f35_04f3;
    const MANTISSA_BITS: u64 = 0x007f_ffff;
    const EXP_USUAL: Self = 87.0;
    const EXP_MIN: Self = -104.0;
    const EXP_MAX: Self = 89.0;
    const MIN_NORMAL: Self = f32::MIN_POSITIVE;
    const SUBNORMAL_SCALE: (Self, Self) = (33_554_432.0, 25.0);
    const NEAREST_BELOW_ZERO: u64 = 0x8000_0001;
    const LOG_DIVIDES: bool = false;
    const TRIG_USUAL: Self = 32_768.0;
}

impl Format for f64 {
    const ROUND: Self = 6_755_399_441_055_744.0;
    const ROUND_BIASED: Self = 6_755_399_441_056_767.0;
    const TWO_MANTISSA: Self = 4_503_599_627_370_496.0;
    const TWO_MANTISSA_BIASED: Self = 4_503_599_627_371_519.0;
    const ONE_BITS: u64 = 0x3ff0_0000_0000_0000;
    const SQRT_HALF_BITS: u64 = 0x3fe6_a09e_667f_3bcd;
    const MANTISSA_BITS: u64 = 0x000f_ffff_ffff_ffff;
    const EXP_USUAL: Self = 708.0;
    const EXP_MIN: Self = -746.0;
    const EXP_MAX: Self = 710.0;
    const MIN_NORMAL: Self = f64::MIN_POSITIVE;
    const SUBNORMAL_SCALE: (Self, Self) = (18_014_398_509_481_984.0, 54.0);
    const NEAREST_BELOW_ZERO: u64 = 0x8000_0000_0000_0001;
    const LOG_DIVIDES: bool = true;
    const TRIG_USUAL: Self = 1_048_576.0;
}
