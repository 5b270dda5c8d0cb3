//! Packing: panels laid out in the order in which the tile reads them.

use crate::scalar::Scalar;
use crate::simd::Lanes;
use crate::view::MatRef;

/// Packs B into panels of `width` columns, each panel k rows; the last panel is as narrow as whole vectors allow, and
/// padded with zeros. See [`panel_width`].
///
/// # Shapes
/// B is `k × n`; the buffer holds k · n rounded up to whole vectors.
#[inline(always)]
pub(super) fn columns<T: Scalar, S: Lanes<T>>(s: S, b: MatRef<'_, T>, width: usize, out: &mut [T]) {
    let (k, n) = (b.rows(), b.cols());
    for j in (0..n).step_by(width) {
        let w = width.min(n - j);
        let stride = panel_width::<T>(width, n - j);
        let panel = &mut out[j * k..j * k + k * stride];
        if b.cs == 1 {
            for (p, row) in panel.chunks_exact_mut(stride).enumerate() {
                row[..w].copy_from_slice(&b.row(p)[j..j + w]);
                row[w..].fill(T::ZERO);
            }
        } else {
            transposed(s, b.block(0, k, j, j + w), stride, panel);
        }
    }
}

/// The width of a packed panel when `left` columns are left: whole vectors.
pub(super) fn panel_width<T: Scalar>(width: usize, left: usize) -> usize {
    width.min(left.next_multiple_of(T::LANES))
}

/// One panel of a B whose rows are not contiguous: blocks of at most one vector squared, transposed in registers, where its
/// columns are; one number after the other where nothing is contiguous.
#[inline(always)]
fn transposed<T: Scalar, S: Lanes<T>>(s: S, b: MatRef<'_, T>, stride: usize, panel: &mut [T]) {
    let (k, n) = (b.rows(), b.cols());
    if b.rs != 1 {
        for (p, row) in panel.chunks_exact_mut(stride).enumerate().take(k) {
            row.iter_mut().enumerate().for_each(|(j, x)| *x = if j < n { b.at(p, j) } else { T::ZERO });
        }
        return;
    }
    for j in (0..stride).step_by(T::LANES) {
        for p in (0..k).step_by(T::LANES) {
            let block = (n.saturating_sub(j).min(T::LANES), (k - p).min(T::LANES));
            // SAFETY: the block lies inside B, whose columns are contiguous, and inside the panel of k · stride elements.
            unsafe {
                s.transpose_raw(
                    b.ptr.wrapping_add(j * b.cs + p),
                    b.cs,
                    block,
                    panel.as_mut_ptr().add(p * stride + j),
                    stride,
                )
            }
        }
    }
}

/// Packs A, whose columns are contiguous (`rs` is 1), into panels of `height` rows, each panel k columns of `height`
/// numbers. Rows that pad the last panel are left as they are: the tile does not read them.
///
/// # Shapes
/// A is `m × k`; the buffer holds k · m rounded up to `height`, which is less than a vector.
#[inline(always)]
pub(super) fn rows<T: Scalar, S: Lanes<T>>(s: S, a: MatRef<'_, T>, height: usize, out: &mut [T]) {
    let (m, k) = (a.rows(), a.cols());
    assert!(
        a.rs == 1 && height < T::LANES,
        "only contiguous columns are packed, in panels lower than a vector"
    );
    for i in (0..m).step_by(height) {
        let h = height.min(m - i);
        let panel = &mut out[i * k..i * k + k * height];
        for p in 0..k {
            // SAFETY: rows i .. i + h of column p lie inside A, and place p of the panel inside the buffer.
            unsafe {
                let column = s.load_raw_part(a.ptr.add(p * a.cs + i), h);
                s.store_raw_part(panel.as_mut_ptr().add(p * height), h, column);
            }
        }
    }
}
