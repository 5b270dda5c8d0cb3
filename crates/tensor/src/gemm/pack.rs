//! Packing: panels laid out in the order in which the tile reads them.

use crate::scalar::Scalar;
use crate::view::MatRef;

/// Packs B into panels of `width` columns, each panel k rows of `width` numbers; the last is padded with zeros.
///
/// # Shapes
/// B is `k × n`; the buffer holds k · n rounded up to `width`.
pub(super) fn columns<T: Scalar>(b: MatRef<'_, T>, width: usize, out: &mut [T]) {
    let (k, n) = (b.rows(), b.cols());
    for j in (0..n).step_by(width) {
        let w = width.min(n - j);
        let panel = &mut out[j * k..j * k + k * width];
        if b.cs == 1 {
            for (p, row) in panel.chunks_exact_mut(width).enumerate() {
                row[..w].copy_from_slice(&b.row(p)[j..j + w]);
                row[w..].fill(T::ZERO);
            }
        } else {
            transposed(b.block(0, k, j, j + w), width, panel);
        }
    }
}

/// One panel of a B whose columns are contiguous: read along them in pieces that stay in L1.
fn transposed<T: Scalar>(b: MatRef<'_, T>, width: usize, panel: &mut [T]) {
    const PIECE: usize = 16;
    let bt = b.t();
    let (n, k) = (bt.rows(), bt.cols());
    let contiguous = b.rs == 1;
    for p0 in (0..k).step_by(PIECE) {
        let p1 = (p0 + PIECE).min(k);
        for j in 0..width {
            let target = panel[p0 * width..p1 * width].iter_mut().skip(j).step_by(width);
            if j >= n {
                target.for_each(|x| *x = T::ZERO);
            } else if contiguous {
                target.zip(&bt.row(j)[p0..p1]).for_each(|(x, &v)| *x = v);
            } else {
                target.enumerate().for_each(|(p, x)| *x = bt.at(j, p0 + p));
            }
        }
    }
}

/// Packs A into panels of `height` rows, each panel k columns of `height` numbers. Rows that pad the last panel
/// are left as they are: the tile does not read them.
///
/// # Shapes
/// A is `m × k`; the buffer holds k · m rounded up to `height`.
pub(super) fn rows<T: Scalar>(a: MatRef<'_, T>, height: usize, out: &mut [T]) {
    let (m, k) = (a.rows(), a.cols());
    for i in (0..m).step_by(height) {
        let h = height.min(m - i);
        let panel = &mut out[i * k..i * k + k * height];
        if a.cs == 1 {
            for r in 0..h {
                panel.iter_mut().skip(r).step_by(height).zip(a.row(i + r)).for_each(|(x, &v)| *x = v);
            }
        } else if a.rs == 1 {
            let at = a.t();
            for (p, column) in panel.chunks_exact_mut(height).enumerate() {
                column[..h].copy_from_slice(&at.row(p)[i..i + h]);
            }
        } else {
            for (p, column) in panel.chunks_exact_mut(height).enumerate() {
                column[..h].iter_mut().enumerate().for_each(|(r, x)| *x = a.at(i + r, p));
            }
        }
    }
}
