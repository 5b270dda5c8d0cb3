//! From an instruction set to its token.

#[cfg(target_arch = "x86_64")]
use super::avx2::{self, Avx2};
#[cfg(target_arch = "x86_64")]
use super::avx512::{self, Avx512};
use super::lane_math::{LaneKernel, LaneMath};
use super::scalar::ScalarLanes;
use crate::isa::{Isa, Kind};
use crate::number::Number;

/// Runs the kernel with the token of this instruction set.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn dispatch<T, K>(isa: Isa, kernel: K) -> K::Output
where
    T: Number,
    K: LaneKernel<T>,
    ScalarLanes: LaneMath<T>,
    Avx2: LaneMath<T>,
    Avx512: LaneMath<T>,
{
    match isa.kind() {
        Kind::Scalar | Kind::Portable => kernel.run(ScalarLanes),
        // SAFETY: an `Isa` of this kind is only made after detecting the instructions.
        Kind::Avx2 => unsafe { avx2::call::<T, K>(kernel) },
        // SAFETY: as above.
        Kind::Avx512 => unsafe { avx512::call::<T, K>(kernel) },
    }
}

/// Runs the kernel with the scalar token, the only one here.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
pub(crate) fn dispatch<T, K>(isa: Isa, kernel: K) -> K::Output
where
    T: Number,
    K: LaneKernel<T>,
    ScalarLanes: LaneMath<T>,
{
    match isa.kind() {
        Kind::Scalar | Kind::Portable => kernel.run(ScalarLanes),
    }
}
