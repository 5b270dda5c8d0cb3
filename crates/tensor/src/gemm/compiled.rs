//! The kernels that do not depend on an epilogue, compiled once.
//!
//! A product with an epilogue is generic, so it is compiled in the crate that calls it, for each of its epilogues and each
//! instruction set. What it calls in its loops need not be: behind this trait, whose functions are not generic, tiles, packing and
//! the paths for few rows are compiled here alone.

use super::few;
use super::pack;
use super::tile::StripKernel;
use crate::scalar::Scalar;
use crate::simd::kernels::{Kernels, Path, Start, Strip};
#[cfg(target_arch = "x86_64")]
use crate::simd::{Avx2, Avx512};
use crate::simd::{LaneKernel, LaneMath, Outline, ScalarLanes};
use crate::view::{MatMut, MatRef};

struct Few<'a, T>(Path, MatRef<'a, T>, MatRef<'a, T>, MatMut<'a, T>, Start<'a, T>, &'a mut [T]);

impl<T: Scalar> LaneKernel<T> for Few<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let Few(path, a, b, c, start, scratch) = self;
        // SAFETY: as the caller of `Kernels::few` promised.
        unsafe { few::run(s, path, a, b, c, start, scratch) }
    }
}

struct PackColumns<'a, T>(MatRef<'a, T>, usize, &'a mut [T]);

impl<T: Scalar> LaneKernel<T> for PackColumns<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        pack::columns(s, self.0, self.1, self.2);
    }
}

struct PackRows<'a, T>(MatRef<'a, T>, usize, &'a mut [T]);

impl<T: Scalar> LaneKernel<T> for PackRows<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        pack::rows(s, self.0, self.1, self.2);
    }
}

macro_rules! impl_kernels {
    ($token:ident, $($t:ident)*) => {$(
        impl Kernels<$t> for $token {
            #[inline(never)]
            unsafe fn strip(self, strip: &Strip<$t>, keep: *mut $t) {
                self.outline(StripKernel(strip, keep));
            }
            #[inline(never)]
            unsafe fn few(
                self,
                path: Path,
                a: MatRef<'_, $t>,
                b: MatRef<'_, $t>,
                c: MatMut<'_, $t>,
                start: Start<'_, $t>,
                scratch: &mut [$t],
            ) {
                self.outline(Few(path, a, b, c, start, scratch));
            }
            #[inline(never)]
            fn pack_columns(self, b: MatRef<'_, $t>, width: usize, out: &mut [$t]) {
                self.outline(PackColumns(b, width, out));
            }
            #[inline(never)]
            fn pack_rows(self, a: MatRef<'_, $t>, height: usize, out: &mut [$t]) {
                self.outline(PackRows(a, height, out));
            }
        }
    )*};
}

impl_kernels!(ScalarLanes, f32 f64);
#[cfg(target_arch = "x86_64")]
impl_kernels!(Avx2, f32 f64);
#[cfg(target_arch = "x86_64")]
impl_kernels!(Avx512, f32 f64);
