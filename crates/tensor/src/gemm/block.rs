//! The loop nest of one thread: k blocks, panels of columns, tiles of rows; and the choice of what is packed.
//!
//! With the accumulators of one tile in registers, the innermost loop reads a row of B's panel (up to 64 numbers) and
//! up to 6 numbers of A a step. B is read in place while its rows are contiguous and the product is small; it is packed
//! into panels where it is transposed, or where enough rows of A will use the panel again. A is read in place, but for
//! large transposed ones. The numbers are in `thresholds`.

use super::epilogue::Epilogue;
use super::packed::{Operand, Source};
use super::thresholds::{
    COL_ALIGN, CONSUMED_COLS, EPILOGUE_ROWS, KC, KEEP_ROWS, KEEP_WORK, MC, NC, PACK_A_DEPTH, PACK_A_ROWS,
    PACK_COLS, PAGE, ROW_ALIGN, pack_a_panels,
};
use super::{few, pack, turned};
use crate::buffer::AlignedVec;
use crate::isa::Isa;
use crate::scalar::Scalar;
use crate::simd::kernels::{From, Start, Strip};
use crate::simd::{LaneKernel, LaneMath};
use crate::view::{MatMut, MatRef};

/// One product, or one thread's part of it.
pub(super) struct Block<'a, T: Scalar, E> {
    pub(super) a: MatRef<'a, T>,
    pub(super) b: Operand<'a, T>,
    pub(super) c: MatMut<'a, T>,
    pub(super) start: Start<'a, T>,
    pub(super) epilogue: E,
}

/// Elements of packing buffer that a product of this shape can need.
pub(super) fn scratch_len<T: Scalar>(m: usize, n: usize, k: usize) -> usize {
    let kc = k.min(KC);
    let packed = kc * n.min(NC).next_multiple_of(COL_ALIGN) + pack::rows_len::<T>(m.min(MC), kc, ROW_ALIGN);
    packed.max(turned::SCRATCH) + TILE
}

/// Elements at the end of the packing buffer for a tile that an epilogue consumes.
const TILE: usize = EPILOGUE_ROWS * CONSUMED_COLS;

impl<'a, T: Scalar, E: Epilogue<T>> Block<'a, T, E> {
    pub(super) fn split_rows(self, at: usize) -> (Self, Self) {
        let (m, k) = (self.a.rows(), self.a.cols());
        let (top, low) = self.c.split_rows(at);
        let (first, second) = self.epilogue.split_rows(at);
        let part = |a, c, epilogue| Block { a, b: self.b, c, start: self.start, epilogue };
        (part(self.a.block(0, at, 0, k), top, first), part(self.a.block(at, m, 0, k), low, second))
    }

    pub(super) fn split_cols(self, at: usize) -> (Self, Self) {
        let (left, right) = self.c.split_cols(at);
        let (b0, b1) = self.b.split_cols(at);
        let (first, second) = self.epilogue.split_cols(at);
        let (start0, start1) = match self.start {
            Start::Bias(bias) => (Start::Bias(&bias[..at]), Start::Bias(&bias[at..])),
            start @ (Start::Zero | Start::Add) => (start, start),
        };
        let part = |b, c, start, epilogue| Block { a: self.a, b, c, start, epilogue };
        (part(b0, left, start0, first), part(b1, right, start1, second))
    }

    pub(super) fn compute(self, isa: Isa, scratch: &mut AlignedVec<T>) {
        T::dispatch(isa, Nest { block: self, scratch });
    }
}

/// The loop nest as a lane kernel.
struct Nest<'a, 's, T: Scalar, E> {
    block: Block<'a, T, E>,
    scratch: &'s mut AlignedVec<T>,
}

impl<T: Scalar, E: Epilogue<T>> LaneKernel<T> for Nest<'_, '_, T, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let Nest { block: Block { a, b, mut c, start, mut epilogue }, scratch } = self;
        let (m, k, n) = (a.rows(), a.cols(), b.cols());
        let panel = S::NV * T::LANES;
        assert!(b.suits(panel), "B was packed for tiles of another width");
        if k == 0 {
            start_only(&mut c, start);
            return epilogue.tile(s, 0, 0, c);
        }
        let pack_a =
            m >= PACK_A_ROWS && n.div_ceil(panel) >= pack_a_panels(S::NV, a.cs != 1) && k >= PACK_A_DEPTH;
        let (mut keep, mut far) = (false, false);
        let (scratch, tile) = {
            let at = scratch.len() - TILE;
            scratch.split_at_mut(at)
        };
        let consumed = E::CONSUMES && k <= KC && !matches!(start, Start::Add);
        if let Source::View(b) = b.0 {
            if let Some(path) = few::choose(m, &b, &c) {
                // SAFETY: the door has checked that the shapes match, and the path was chosen for them.
                unsafe { s.few(path, a, b, c.reborrow(), start, scratch) }
                return epilogue.tile(s, 0, 0, c);
            }
            keep = keeps::<T, S>(m, k, n);
            far = b.cs != 1 || (S::NV == 1 && keep && b.rs * size_of::<T>() >= PAGE);
            if !far && !pack_a && m <= MC && k <= KC && !consumed {
                let part = Part { rows: a, height: 0, panel, width: n, first: true, last: true, start };
                let panels =
                    if keep { Panels::Keep(b, scratch.as_mut_ptr(), true) } else { Panels::InPlace(b) };
                // SAFETY: the part is the whole of C.
                return unsafe { part.run(s, panels, (0, 0), (c.ptr, c.rs), &mut epilogue) };
            }
        }
        let (b_buffer, a_buffer) = scratch.split_at_mut(k.min(KC) * n.min(NC).next_multiple_of(COL_ALIGN));
        let one_block = m <= MC;
        for p0 in (0..k).step_by(KC) {
            let p1 = (p0 + KC).min(k);
            // With one block of rows a panel is used once: a few are packed just before.
            let nc = if one_block && far { PACK_COLS } else { NC };
            for j0 in (0..n).step_by(nc) {
                let j1 = (j0 + nc).min(n);
                let mut panels = match b.0 {
                    Source::Packed(packed, from, _) => Panels::Packed(packed.block(p0, from + j0).as_ptr()),
                    Source::View(b) if far => {
                        s.pack_columns(b.block(p0, p1, j0, j1), panel, b_buffer);
                        Panels::Packed(b_buffer.as_ptr())
                    }
                    Source::View(b) if keep => {
                        Panels::Keep(b.block(p0, p1, j0, j1), b_buffer.as_mut_ptr(), one_block && !consumed)
                    }
                    Source::View(b) => Panels::InPlace(b.block(p0, p1, j0, j1)),
                };
                for i0 in (0..m).step_by(MC) {
                    let i1 = (i0 + MC).min(m);
                    let mut rows = a.block(i0, i1, p0, p1);
                    let mut height = 0;
                    if pack_a {
                        height = S::MR[S::NV - 1];
                        if m > MC || j0 == 0 {
                            s.pack_rows(rows, height, a_buffer);
                        }
                        rows.ptr = a_buffer.as_ptr();
                        (rows.rs, rows.cs) = (1, height);
                    }
                    let part =
                        Part { rows, height, panel, width: j1 - j0, first: p0 == 0, last: p1 == k, start };
                    // SAFETY: rows i0..i1 and columns j0..j1 lie inside C, whose shape the door has checked.
                    unsafe {
                        if consumed {
                            part.consume(s, panels, (i0, j0), tile, &mut epilogue);
                        } else {
                            let corner = c.ptr.add(i0 * c.rs + j0);
                            part.run(s, panels, (i0, j0), (corner, c.rs), &mut epilogue);
                        }
                    }
                    if let Panels::Keep(_, packed, false) = panels {
                        panels = Panels::Packed(packed);
                    }
                }
            }
        }
    }
}

/// Whether a B with contiguous rows is packed by the first tile that reads it.
#[inline(always)]
fn keeps<T: Scalar, S: LaneMath<T>>(m: usize, k: usize, n: usize) -> bool {
    let dear_tail = !S::MASKS_ARE_FREE && !n.is_multiple_of(T::LANES);
    dear_tail || if S::NV == 1 { m * k * n >= KEEP_WORK } else { m >= KEEP_ROWS && n > S::NV * T::LANES }
}

/// Where the panels of a block of B are.
#[derive(Clone, Copy)]
enum Panels<'a, T> {
    /// In B.
    InPlace(MatRef<'a, T>),
    /// In B, to be packed to this place by the first tile of each panel; all panels to the same place if true.
    Keep(MatRef<'a, T>, *mut T, bool),
    /// Here, as [`pack::columns`] writes them.
    Packed(*const T),
}

/// One cache block: rows of A (packed or not) against every panel of columns.
struct Part<'a, T> {
    rows: MatRef<'a, T>,
    /// The height of A's packed panels; 0 where A is not packed.
    height: usize,
    panel: usize,
    width: usize,
    /// Whether the block is the first of k, and the last.
    first: bool,
    last: bool,
    start: Start<'a, T>,
}

impl<T: Scalar> Part<'_, T> {
    /// What the chains of the columns `from..to` of C start from; `any` is a valid pointer.
    #[inline(always)]
    fn start(&self, from: usize, to: usize, any: *const T) -> (From, *const T) {
        match self.start {
            _ if !self.first => (From::C, any),
            Start::Zero => (From::Zero, any),
            Start::Add => (From::C, any),
            Start::Bias(bias) => (From::Bias, bias[from..to].as_ptr()),
        }
    }

    /// The strip of `rows` rows from row i of the block on, for a panel of `width` columns at `b`.
    ///
    /// # Safety
    /// The rows must lie inside the block, which is whole panels of rows up to them if it is packed.
    #[inline(always)]
    unsafe fn strip(
        &self,
        (i, rows): (usize, usize),
        width: usize,
        (b, rsb, padded): (*const T, usize, bool),
        (from, bias): (From, *const T),
        (c, rsc): (*mut T, usize),
    ) -> Strip<T> {
        let k = self.rows.cols;
        // SAFETY: as the caller promises.
        let a = unsafe { self.rows.ptr.add(if self.height > 0 { i * k } else { i * self.rows.rs }) };
        Strip {
            m: rows,
            k,
            width,
            a,
            rsa: self.rows.rs,
            csa: self.rows.cs,
            a_panel: k * self.height,
            b,
            rsb,
            padded,
            c,
            rsc,
            from,
            bias,
        }
    }

    /// # Safety
    /// `c` must point to a `rows.rows() × width` block with row stride `rsc`, whose first element is element (i0, j0) of C, and the panels
    /// must have that width.
    #[inline(always)]
    unsafe fn run<S: LaneMath<T>, E: Epilogue<T>>(
        &self,
        s: S,
        panels: Panels<'_, T>,
        (i0, j0): (usize, usize),
        (c, rsc): (*mut T, usize),
        epilogue: &mut E,
    ) {
        let (m, k) = (self.rows.rows, self.rows.cols);
        let finishes = self.last && !E::IS_EMPTY;
        let group = if finishes { EPILOGUE_ROWS } else { m.max(1) };
        for j in (0..self.width).step_by(self.panel) {
            let width = self.panel.min(self.width - j);
            let stride = pack::panel_width::<T>(self.panel, self.width - j);
            // SAFETY: column j lies inside B; the panel of column j begins at element j·k of a packed block.
            let (mut b, mut rsb, mut padded, mut keep) = unsafe {
                match panels {
                    Panels::InPlace(b) => (b.ptr.add(j), b.rs, false, None),
                    Panels::Keep(b, to, true) => (b.ptr.add(j), b.rs, false, Some(to)),
                    Panels::Keep(b, to, false) => (b.ptr.add(j), b.rs, false, Some(to.add(j * k))),
                    Panels::Packed(from) => (from.add(j * k), stride, true, None),
                }
            };
            let start = self.start(j0 + j, j0 + j + width, b);
            for i in (0..m).step_by(group) {
                let rows = group.min(m - i);
                // SAFETY: the strip's rows, columns and depth lie inside A, B and C; packed buffers hold whole panels, and
                // a group of rows is whole panels of A.
                unsafe {
                    let c = c.add(i * rsc + j);
                    let strip = self.strip((i, rows), width, (b, rsb, padded), start, (c, rsc));
                    match keep {
                        Some(to) if strip.run_keeping(s, to) => {
                            (b, rsb, padded, keep) = (to, stride, true, None);
                        }
                        Some(_) => {}
                        None => strip.run(s),
                    }
                    if finishes {
                        epilogue.tile(s, i0 + i, j0 + j, MatMut::from_raw(c, rows, width, rsc));
                    }
                }
            }
        }
    }

    /// The block for an epilogue that consumes C: rows in groups against [`CONSUMED_COLS`] columns, in `tile`, and not written to C.
    ///
    /// # Safety
    /// The panels must have the block's width, and `tile` [`TILE`] numbers; the block is the whole depth of the product.
    #[inline(always)]
    unsafe fn consume<S: LaneMath<T>, E: Epilogue<T>>(
        &self,
        s: S,
        panels: Panels<'_, T>,
        (i0, j0): (usize, usize),
        tile: &mut [T],
        epilogue: &mut E,
    ) {
        let (m, k) = (self.rows.rows, self.rows.cols);
        let c = tile.as_mut_ptr();
        for left in (0..self.width).step_by(CONSUMED_COLS) {
            let cols = CONSUMED_COLS.min(self.width - left);
            for i in (0..m).step_by(EPILOGUE_ROWS) {
                let rows = EPILOGUE_ROWS.min(m - i);
                for j in (left..left + cols).step_by(self.panel) {
                    let width = self.panel.min(self.width - j);
                    epilogue.expect(s, i0 + i..i0 + i + rows, j0 + j..j0 + j + width);
                    let stride = pack::panel_width::<T>(self.panel, self.width - j);
                    let start = self.start(j0 + j, j0 + j + width, c);
                    // SAFETY: as in `run`; the tile has room for the group of rows of at most CONSUMED_COLS columns. The first group of a
                    // panel that is kept writes it, if there is a second to read it.
                    unsafe {
                        let (b, rsb, padded, keep) = match panels {
                            Panels::InPlace(b) => (b.ptr.add(j), b.rs, false, None),
                            Panels::Keep(b, to, _) if i == 0 => {
                                (b.ptr.add(j), b.rs, false, Some(to.add(j * k)))
                            }
                            Panels::Keep(_, to, _) => (to.add(j * k).cast_const(), stride, true, None),
                            Panels::Packed(from) => (from.add(j * k), stride, true, None),
                        };
                        let c = (c.add(j - left), CONSUMED_COLS);
                        let strip = self.strip((i, rows), width, (b, rsb, padded), start, c);
                        match keep {
                            Some(to) => {
                                strip.run_keeping(s, to);
                            }
                            None => strip.run(s),
                        }
                    }
                }
                // SAFETY: the group of rows of these columns is in the tile.
                let done = unsafe { MatMut::from_raw(c, rows, cols, CONSUMED_COLS) };
                epilogue.tile(s, i0 + i, j0 + left, done);
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
