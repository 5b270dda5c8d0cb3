//! The lane layer: code written once over a *token* and compiled for each instruction set.
//!
//! A token (`ScalarLanes`, `Avx2`, `Avx512`) is a value that proves the CPU has its instructions, so the
//! operations behind it are safe to call. Every token shows the same virtual vector, 16 lanes of `f32` or
//! 8 of `f64`, and every operation is one correctly rounded IEEE operation a lane: so a loop over lanes gives
//! the same bits with every token.
//!
//! To write such a loop, implement [`LaneKernel`] for a struct that holds the operands, mark `run` and all that it
//! calls `#[inline(always)]`, and call [`Scalar::dispatch`](crate::Scalar::dispatch):
//!
//! ```
//! use planish_tensor::{Isa, Scalar, simd::{LaneKernel, LaneMath}};
//!
//! /// y ← a·x + y
//! struct Axpy<'a, T>(T, &'a [T], &'a mut [T]);
//!
//! impl<T: Scalar> LaneKernel<T> for Axpy<'_, T> {
//!     type Output = ();
//!     #[inline(always)]
//!     fn run<S: LaneMath<T>>(self, s: S) {
//!         let Axpy(a, x, y) = self;
//!         let a = s.splat(a);
//!         for i in (0..y.len()).step_by(T::LANES) {
//!             let v = s.fma(a, s.load_at(x, i), s.load_at(y, i));
//!             s.store_at(y, i, v);
//!         }
//!     }
//! }
//!
//! let mut y = [1.0_f64; 11];
//! f64::dispatch(Isa::best(), Axpy(2.0, &[3.0; 11], &mut y));
//! assert_eq!(y, [7.0; 11]);
//! ```

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod dispatch;
pub(crate) mod kernels;
mod lane_math;
mod lanes;
mod prefetch;
mod scalar;

#[cfg(target_arch = "x86_64")]
pub use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub use avx512::Avx512;
pub(crate) use dispatch::dispatch;
pub use lane_math::{LaneKernel, LaneMath};
#[doc(hidden)]
pub use lane_math::{Outline, Unusual};
pub use lanes::Lanes;
pub use prefetch::prefetch;
pub use scalar::ScalarLanes;
