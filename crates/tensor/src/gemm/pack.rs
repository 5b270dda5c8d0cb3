//! Packing: panels laid out in the order in which the tile reads them.

use super::thresholds::PACK_AHEAD;
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
                s.prefetch(row.wrapping_add(PACK_AHEAD * b.rs + j));
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

/// Packs A into panels of `height` rows, each panel k columns of `height` numbers. What pads the last panel is not read by the tile.
///
/// Columns are stored as whole vectors, in order: each covers what the one before it wrote past its `height` numbers.
///
/// # Shapes
/// A is `m × k`, with contiguous rows or columns; the buffer holds [`rows_len`] numbers, `height` is less than a vector.
#[inline(always)]
pub(super) fn rows<T: Scalar, S: Lanes<T>>(s: S, a: MatRef<'_, T>, height: usize, out: &mut [T]) {
    let (m, k) = (a.rows(), a.cols());
    assert!(height < T::LANES && out.len() >= rows_len::<T>(m, k, height), "the buffer holds whole panels");
    for i in (0..m).step_by(height) {
        let h = height.min(m - i);
        let panel = out[i * k..].as_mut_ptr();
        if a.rs == 1 {
            for p in 0..k {
                // SAFETY: rows i .. of column p lie inside A, and a vector at place p of the panel inside the buffer.
                unsafe {
                    let column = a.ptr.add(p * a.cs + i);
                    let full = m - i >= T::LANES;
                    let v = if full { s.load_raw(column) } else { s.load_raw_part(column, m - i) };
                    s.store_raw(panel.add(p * height), v);
                }
            }
        } else {
            let mut square = [T::ZERO; SQUARE];
            // Half a vector of rows transposes faster than fewer; what is too much is covered by the next store.
            let read = h.max(T::LANES / 2).min(m - i);
            for p in (0..k).step_by(T::LANES) {
                let depth = T::LANES.min(k - p);
                // SAFETY: rows i .. i + read and columns p .. p + depth lie inside A, whose rows are contiguous; the rest as above.
                unsafe {
                    let from = a.ptr.add(i * a.rs + p);
                    s.transpose_raw(from, a.rs, (read, depth), square.as_mut_ptr(), T::LANES);
                    for d in 0..depth {
                        let v = s.load_raw(square.as_ptr().add(d * T::LANES));
                        s.store_raw(panel.add((p + d) * height), v);
                    }
                }
            }
        }
    }
}

/// Numbers in the buffer of [`rows`].
pub(super) fn rows_len<T: Scalar>(m: usize, k: usize, height: usize) -> usize {
    m.next_multiple_of(height) * k + T::LANES
}

/// Most numbers in a square that is transposed: 16 × 16 `f32`.
const SQUARE: usize = 256;
