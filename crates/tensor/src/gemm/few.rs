//! Products of few rows or of one column, bound by reading one operand: which path they take.

use super::thresholds::{THIN_COLS, THIN_ROWS, TURNED_ROWS};
use super::{thin, turned};
use crate::scalar::Scalar;
use crate::simd::LaneMath;
use crate::simd::kernels::{Path, Start};
use crate::view::{MatMut, MatRef};

/// The path, if this is a product for one.
#[inline(always)]
pub(super) fn choose<T: Scalar>(m: usize, b: &MatRef<'_, T>, c: &MatMut<'_, T>) -> Option<Path> {
    let n = b.cols();
    if n == 1 && c.rs == 1 {
        Some(Path::Column)
    } else if m <= THIN_ROWS && n >= THIN_COLS && b.cs == 1 {
        Some(Path::Thin)
    } else if m <= TURNED_ROWS && b.rs == 1 && b.cs != 1 {
        Some(Path::Turned)
    } else {
        None
    }
}

/// C ← start + A·B.
///
/// # Safety
/// The shapes must match, and the path have been chosen for them; the buffer holds [`turned::SCRATCH`] numbers.
#[inline(always)]
pub(super) unsafe fn run<T: Scalar, S: LaneMath<T>>(
    s: S,
    path: Path,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    c: MatMut<'_, T>,
    start: Start<'_, T>,
    scratch: &mut [T],
) {
    let (a, b, c, start, along_rows) = match path {
        Path::Thin => (a, b, c, start, true),
        Path::Turned => (a, b, c, start, false),
        Path::Column => {
            let mut row = c.column_as_row();
            let start = match start {
                Start::Bias(bias) => {
                    row.row_mut(0).fill(bias[0]);
                    Start::Add
                }
                Start::Zero | Start::Add => start,
            };
            (b.t(), a.t(), row, start, a.rs == 1 && a.cs != 1)
        }
    };
    // SAFETY: the shapes match; rows of B are contiguous for the first path, columns for the second.
    unsafe { if along_rows { thin::run(s, a, b, c, start) } else { turned::run(s, a, b, c, start, scratch) } }
}
