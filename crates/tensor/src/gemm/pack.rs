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
    if b.cs == 1 {
        return contiguous_rows(s, b, width, out);
    }
    for j in (0..n).step_by(width) {
        let stride = panel_width::<T>(width, n - j);
        transposed(s, b.block(0, k, j, (j + width).min(n)), stride, &mut out[j * k..j * k + k * stride]);
    }
}

/// Panels of a B whose rows are contiguous: row by row through all panels, so that B is read in order.
#[inline(always)]
fn contiguous_rows<T: Scalar, S: Lanes<T>>(s: S, b: MatRef<'_, T>, width: usize, out: &mut [T]) {
    let (k, n) = (b.rows(), b.cols());
    let whole = n - n % T::LANES;
    assert!(out.len() >= k * n.next_multiple_of(T::LANES), "the buffer holds whole panels");
    for p in 0..k {
        let row = b.ptr.wrapping_add(p * b.rs);
        // SAFETY: vector j of row p lies inside B; it goes to row p of the panel of column j, inside the buffer.
        unsafe {
            let place = |out: &mut [T], j: usize| {
                let first = j - j % width;
                out.as_mut_ptr().add(first * k + p * panel_width::<T>(width, n - first) + (j - first))
            };
            for j in (0..whole).step_by(T::LANES) {
                let v = s.load_raw(row.add(j));
                s.store_raw(place(out, j), v);
            }
            if whole < n {
                let v = s.load_raw_part(row.add(whole), n - whole);
                s.store_raw(place(out, whole), v);
            }
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
