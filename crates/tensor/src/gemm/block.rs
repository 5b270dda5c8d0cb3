//! The loop nest of one thread: k blocks, panels of columns, tiles of rows; and the choice of what is packed.
//!
//! With the accumulators of one tile in registers, the innermost loop reads a row of B's panel (up to 64 numbers) and
//! up to 6 numbers of A a step. B is read in place while its rows are contiguous and the product is small; it is packed
//! into panels where it is transposed, or where enough rows of A will use the panel again. A is read in place, but for
//! large transposed ones. The thresholds were measured on Zen 4 (`cargo xtask bench gemm`), where 128×784×512 runs at 94 % of
//! peak in place and at 82 % packed.
//!
//! Block sizes (L1 32 KiB, L2 1 MiB): a panel of `KC` × 64 `f32` is 128 KiB and stays in L2 while `MC` rows of A pass by;
//! those, 192 · 512 · 4 = 384 KiB, fit beside it. `NC` bounds the packed B at 2 MiB.

use super::{Start, pack, thin, tile};
use crate::buffer::AlignedVec;
use crate::isa::Isa;
use crate::scalar::Scalar;
use crate::simd::{LaneKernel, LaneMath};
use crate::view::{MatMut, MatRef};

/// Depth of a cache block.
const KC: usize = 512;
/// Rows of a cache block.
const MC: usize = 192;
/// Columns of a cache block.
const NC: usize = 1024;
/// Rows of A from which a panel of B with contiguous rows is worth packing.
const PACK_B_ROWS: usize = 192;
/// Columns of C from which an A with contiguous columns is worth packing; one with contiguous rows never is.
const PACK_A_COLS: usize = 512;
/// Threads are cut at multiples of these.
pub(super) const ROW_ALIGN: usize = 6;
/// See [`ROW_ALIGN`].
pub(super) const COL_ALIGN: usize = 64;

/// One product, or one thread's part of it.
pub(super) struct Block<'a, T> {
    pub(super) a: MatRef<'a, T>,
    pub(super) b: MatRef<'a, T>,
    pub(super) c: MatMut<'a, T>,
    pub(super) start: Start<'a, T>,
}

/// Elements of packing buffer that a product of this shape can need.
pub(super) fn scratch_len(m: usize, n: usize, k: usize) -> usize {
    let kc = k.min(KC);
    kc * n.min(NC).next_multiple_of(COL_ALIGN) + kc * m.min(MC).next_multiple_of(ROW_ALIGN)
}

impl<'a, T: Scalar> Block<'a, T> {
    pub(super) fn split_rows(self, at: usize) -> (Self, Self) {
        let (m, k, n) = (self.a.rows(), self.a.cols(), self.b.cols());
        let at = at.min(m);
        let (top, low) = self.c.split_rows(at);
        let part = |a, c| Block { a, b: self.b.block(0, k, 0, n), c, start: self.start };
        (part(self.a.block(0, at, 0, k), top), part(self.a.block(at, m, 0, k), low))
    }

    pub(super) fn split_cols(self, at: usize) -> (Self, Self) {
        let (k, n) = (self.a.cols(), self.b.cols());
        let at = at.min(n);
        let (left, right) = self.c.split_cols(at);
        let part = |b, c, start| Block { a: self.a, b, c, start };
        let (first, second) = match self.start {
            Start::Bias(bias) => (Start::Bias(&bias[..at]), Start::Bias(&bias[at..])),
            other => (other, other),
        };
        (part(self.b.block(0, k, 0, at), left, first), part(self.b.block(0, k, at, n), right, second))
    }

    pub(super) fn compute(self, isa: Isa, scratch: &mut AlignedVec<T>) {
        T::dispatch(isa, Nest { block: self, scratch });
    }
}

/// The loop nest as a lane kernel.
struct Nest<'a, 's, T: Scalar> {
    block: Block<'a, T>,
    scratch: &'s mut AlignedVec<T>,
}

impl<T: Scalar> LaneKernel<T> for Nest<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let Nest { block: Block { a, b, mut c, start }, scratch } = self;
        let (m, k, n) = (a.rows(), a.cols(), b.cols());
        if k == 0 {
            return start_only(&mut c, start);
        }
        if thin::suits(m, n, &b) {
            // SAFETY: the door has checked that the shapes match.
            return unsafe { thin::run(s, a, b, c, start) };
        }
        let panel = S::NV * T::LANES;
        let pack_b = b.cs != 1 || (m >= PACK_B_ROWS && n > panel && k >= 64);
        let pack_a = a.rs == 1 && a.cs != 1 && n >= PACK_A_COLS && m >= PACK_B_ROWS && k >= 64;
        let (b_buffer, a_buffer) = scratch.split_at_mut(k.min(KC) * n.min(NC).next_multiple_of(COL_ALIGN));
        // With one block of rows a panel of B is used once: it is packed just before, and A once for all panels.
        let nc = if m <= MC { panel } else { NC };
        for p0 in (0..k).step_by(KC) {
            let p1 = (p0 + KC).min(k);
            for j0 in (0..n).step_by(nc) {
                let j1 = (j0 + nc).min(n);
                let bs = b.block(p0, p1, j0, j1);
                if pack_b {
                    pack::columns(s, bs, panel, b_buffer);
                }
                for i0 in (0..m).step_by(MC) {
                    let i1 = (i0 + MC).min(m);
                    let mut rows = a.block(i0, i1, p0, p1);
                    let mut a_panel = 0;
                    if pack_a {
                        let height = S::MR[S::NV - 1];
                        if m > MC || j0 == 0 {
                            pack::rows(s, rows, height, a_buffer);
                        }
                        rows.ptr = a_buffer.as_ptr();
                        a_panel = (p1 - p0) * height;
                        (rows.rs, rows.cs) = (1, height);
                    }
                    let panels = Panels { s, rows, a_panel, panel, first: p0 == 0, start };
                    let packed = pack_b.then_some(&*b_buffer);
                    // SAFETY: rows i0..i1 and columns j0..j1 lie inside C, whose shape the door has checked.
                    unsafe { panels.run(bs, packed, j0, c.ptr.add(i0 * c.rs + j0), c.rs) };
                }
            }
        }
    }
}

/// One cache block: rows of A (packed or not) against every panel of columns.
struct Panels<'a, T, S> {
    s: S,
    rows: MatRef<'a, T>,
    /// As [`tile::Strip::a_panel`].
    a_panel: usize,
    panel: usize,
    first: bool,
    start: Start<'a, T>,
}

impl<T: Scalar, S: LaneMath<T>> Panels<'_, T, S> {
    /// # Safety
    /// `c` must point to a `rows.rows() × b.cols()` block with row stride `rsc`.
    #[inline(always)]
    unsafe fn run(&self, b: MatRef<'_, T>, packed: Option<&[T]>, j0: usize, c: *mut T, rsc: usize) {
        let (k, n) = (b.rows(), b.cols());
        for j in (0..n).step_by(self.panel) {
            let width = self.panel.min(n - j);
            let (b_ptr, rsb) = match packed {
                Some(buffer) => (buffer[j * k..].as_ptr(), pack::panel_width::<T>(self.panel, n - j)),
                // SAFETY: column j lies inside B.
                None => (unsafe { b.ptr.add(j) }, b.rs),
            };
            let (from, bias) = match self.start {
                _ if !self.first => (tile::From::C, b_ptr),
                Start::Zero => (tile::From::Zero, b_ptr),
                Start::Add => (tile::From::C, b_ptr),
                Start::Bias(bias) => (tile::From::Bias, bias[j0 + j..j0 + j + width].as_ptr()),
            };
            let (m, k) = (self.rows.rows, self.rows.cols);
            // SAFETY: the strip's rows, columns and depth lie inside A, B and C; packed buffers hold whole panels.
            unsafe {
                let strip = tile::Strip {
                    m,
                    k,
                    width,
                    a: self.rows.ptr,
                    rsa: self.rows.rs,
                    csa: self.rows.cs,
                    a_panel: self.a_panel,
                    b: b_ptr,
                    rsb,
                    c: c.add(j),
                    rsc,
                    from,
                    bias,
                };
                strip.run(self.s);
            }
        }
    }
}

/// The product with k = 0.
fn start_only<T: Scalar>(c: &mut MatMut<'_, T>, start: Start<'_, T>) {
    for i in 0..c.rows() {
        match start {
            Start::Zero => c.row_mut(i).fill(T::ZERO),
            Start::Bias(bias) => c.row_mut(i).copy_from_slice(bias),
            Start::Add => {}
        }
    }
}
