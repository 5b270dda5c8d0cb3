//! Rows gathered from anywhere in a matrix. Rows in random order are cache misses that no hardware foresees, so they are asked for some
//! rows ahead.

use crate::isa::Isa;
use crate::scalar::Scalar;
use crate::simd::{LaneKernel, LaneMath};
use crate::view::{MatMut, MatRef};

/// Rows by which memory is asked ahead: a core has some two dozen misses under way.
const AHEAD: usize = 8;
/// Most numbers of a row that are asked for ahead; the hardware foresees the rest.
const ASKED: usize = 512;

/// toᵢ ← from's row `rows[i]`.
///
/// # Shapes
/// `from` is `[n, k]`, `rows` has m numbers below n, `to` is `[m, k]` or has more rows.
///
/// # Panics
/// If the shapes do not match, a number is not below n, or `from` is transposed.
pub fn gather_rows<T: Scalar>(from: MatRef<'_, T>, rows: &[u32], to: MatMut<'_, T>) {
    assert_eq!(from.cols(), to.cols(), "rows of {} numbers into rows of {}", from.cols(), to.cols());
    assert!(rows.len() <= to.rows(), "{} rows into {}", rows.len(), to.rows());
    if from.cols() == 1 && from.is_slice() && to.is_slice() {
        let (from, mut to) = (from.joined().row(0), to.joined());
        return to.row_mut(0).iter_mut().zip(rows).for_each(|(to, &r)| *to = from[r as usize]);
    }
    T::dispatch(Isa::best(), Gather { from, rows, to });
}

struct Gather<'a, T> {
    from: MatRef<'a, T>,
    rows: &'a [u32],
    to: MatMut<'a, T>,
}

impl<T: Scalar> LaneKernel<T> for Gather<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let Gather { from, rows, mut to } = self;
        let line = 64 / size_of::<T>();
        let ask = |i: usize| {
            if let Some(&r) = rows.get(i)
                && (r as usize) < from.rows()
            {
                let row = from.row(r as usize);
                (0..row.len().min(ASKED)).step_by(line).for_each(|j| s.prefetch(&raw const row[j]));
            }
        };
        (0..AHEAD).for_each(ask);
        for (i, &r) in rows.iter().enumerate() {
            ask(i + AHEAD);
            let (row, out) = (from.row(r as usize), to.row_mut(i));
            for j in (0..row.len()).step_by(T::LANES) {
                s.store_at(out, j, s.load_at(row, j));
            }
        }
    }
}
