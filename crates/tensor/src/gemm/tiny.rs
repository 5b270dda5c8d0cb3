//! Products whose sides are all small: a few hundred nanoseconds at most, so that the choosing, packing and cutting of larger ones
//! would take longer than the multiply-adds.
//!
//! B is read in place, or turned into the scratch buffer where its columns are contiguous; every panel is one strip of tiles.

use super::epilogue::Epilogue;
use super::thresholds::TINY_SIDE;
use super::{few, pack};
use crate::scalar::Scalar;
use crate::simd::kernels::{From, Start, Strip};
use crate::simd::{LaneKernel, LaneMath};
use crate::view::{MatMut, MatRef};

/// Whether a product is for this path.
#[inline(always)]
pub(super) fn is_tiny<T: Scalar>(a: &MatRef<'_, T>, b: &MatRef<'_, T>) -> bool {
    let (m, k, n) = (a.rows(), a.cols(), b.cols());
    m.max(n).max(k) <= TINY_SIDE && k > 0 && n > 0 && (b.cs == 1 || b.rs == 1)
}

/// A tiny product as a lane kernel. The door has checked the shapes; the scratch buffer holds what `block::scratch_len` says.
pub(super) struct Tiny<'p, 'a, T: Scalar, E> {
    pub(super) a: &'p MatRef<'a, T>,
    pub(super) b: &'p MatRef<'a, T>,
    pub(super) c: &'p mut MatMut<'a, T>,
    pub(super) start: Start<'a, T>,
    pub(super) epilogue: &'p mut E,
    pub(super) scratch: &'p mut [T],
}

impl<T: Scalar, E: Epilogue<T>> LaneKernel<T> for Tiny<'_, '_, T, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let Tiny { a, b, c, start, epilogue, scratch } = self;
        let (m, k, n) = (a.rows(), a.cols(), b.cols());
        let panel = S::NV * T::LANES;
        if n == 1
            && let Some(path) = few::choose(m, b, c)
        {
            // SAFETY: the door has checked that the shapes match, and the path was chosen for them.
            unsafe { s.few(path, *a, *b, c.reborrow(), start, scratch) }
        } else {
            let turned = b.cs != 1;
            if turned {
                s.pack_columns(*b, panel, scratch);
            }
            for j in (0..n).step_by(panel) {
                let width = panel.min(n - j);
                let (from, bias) = match start {
                    Start::Zero => (From::Zero, b.ptr),
                    Start::Add => (From::C, b.ptr),
                    Start::Bias(bias) => (From::Bias, bias[j..j + width].as_ptr()),
                };
                // SAFETY: columns j .. j + width lie inside B and C; the panel of column j begins at element j·k of a packed B.
                unsafe {
                    let (b, rsb) = if turned {
                        (scratch.as_ptr().add(j * k), pack::panel_width::<T>(panel, n - j))
                    } else {
                        (b.ptr.add(j), b.rs)
                    };
                    let strip = Strip {
                        m,
                        k,
                        width,
                        a: a.ptr,
                        rsa: a.rs,
                        csa: a.cs,
                        a_panel: 0,
                        b,
                        rsb,
                        padded: turned,
                        c: c.ptr.add(j),
                        rsc: c.rs,
                        from,
                        bias,
                    };
                    strip.run(s);
                }
            }
        }
        if !E::IS_EMPTY {
            epilogue.tile(s, 0, 0, c.reborrow());
        }
    }
}
