//! Matrix products by the `matrixmultiply` crate, for targets without a kernel of ours. Correct to rounding, but
//! outside the promise of equal bits.

use super::epilogue::Epilogue;
use crate::isa::Isa;
use crate::scalar::Scalar;
use crate::simd::kernels::Start;
use crate::simd::{LaneKernel, LaneMath};
use crate::view::{MatMut, MatRef};

pub(super) fn matmul<T: Scalar, E: Epilogue<T>>(
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    mut c: MatMut<'_, T>,
    start: Start<'_, T>,
    epilogue: E,
) {
    let (m, k, n) = (a.rows(), a.cols(), b.cols());
    if let Start::Bias(bias) = start {
        (0..m).for_each(|i| c.row_mut(i).copy_from_slice(bias));
    }
    let beta = if matches!(start, Start::Zero) { T::ZERO } else { T::ONE };
    let (rsa, csa) = (a.rs as isize, a.cs as isize);
    let (rsb, csb, rsc) = (b.rs as isize, b.cs as isize, c.rs as isize);
    // SAFETY: the shapes were checked against each other and the views against their slices; T is f32 or f64 as named.
    unsafe {
        match T::NAME {
            "f32" => matrixmultiply::sgemm(
                m,
                k,
                n,
                1.0,
                a.ptr.cast(),
                rsa,
                csa,
                b.ptr.cast(),
                rsb,
                csb,
                beta.to_f64() as f32,
                c.ptr.cast(),
                rsc,
                1,
            ),
            _ => matrixmultiply::dgemm(
                m,
                k,
                n,
                1.0,
                a.ptr.cast(),
                rsa,
                csa,
                b.ptr.cast(),
                rsb,
                csb,
                beta.to_f64(),
                c.ptr.cast(),
                rsc,
                1,
            ),
        }
    }
    T::dispatch(Isa::SCALAR, Finish(c, epilogue));
}

/// The epilogue on the whole of C.
struct Finish<'a, T, E>(MatMut<'a, T>, E);

impl<T: Scalar, E: Epilogue<T>> LaneKernel<T> for Finish<'_, T, E> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(mut self, s: S) {
        self.1.tile(s, 0, 0, self.0);
    }
}
