//! The element types of everything here, `f32` and `f64`: numbers for which there is code for every instruction set.

use crate::isa::Isa;
use crate::number::Number;
use crate::simd::{LaneKernel, dispatch};

/// An element of a matrix: `f32` or `f64`.
pub trait Scalar: Number {
    /// Runs a lane kernel with the code of one instruction set. [`Isa::PORTABLE`] and [`Isa::SCALAR`] run the same code.
    fn dispatch<K: LaneKernel<Self>>(isa: Isa, kernel: K) -> K::Output;
}

impl Scalar for f32 {
    #[inline]
    fn dispatch<K: LaneKernel<f32>>(isa: Isa, kernel: K) -> K::Output {
        dispatch::<f32, K>(isa, kernel)
    }
}

impl Scalar for f64 {
    #[inline]
    fn dispatch<K: LaneKernel<f64>>(isa: Isa, kernel: K) -> K::Output {
        dispatch::<f64, K>(isa, kernel)
    }
}
