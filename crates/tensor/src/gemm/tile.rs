//! The micro-kernel: a tile of C in registers, written once over the lane layer.
//!
//! A strip is one panel of columns (1 to 4 virtual vectors) against all rows of a cache block. It is walked in tiles of
//! up to `MR` rows, more where the panel is narrow. Per step of k the tile loads one row of the panel and multiplies it with one
//! broadcast number a row. Columns that do not fill the last vector are masked.

use super::thresholds::KEEP_AHEAD;
use crate::scalar::Scalar;
use crate::simd::kernels::{From, Strip};
use crate::simd::{LaneKernel, LaneMath, Lanes};

impl<T: Scalar> Strip<T> {
    /// Computes the strip.
    ///
    /// # Safety
    /// The pointers and strides must describe readable A (`m × k`), B (`k × width`) and bias, and writable C (`m × width`).
    #[inline(always)]
    pub(super) unsafe fn run<S: LaneMath<T>>(self, s: S) {
        // SAFETY: as the caller promises.
        unsafe { s.strip(&self, std::ptr::null_mut()) }
    }

    /// Computes the strip, and writes the panel of B to `keep`, padded to whole vectors, while the first tile reads it: further tiles,
    /// and further strips, find its rows side by side. Returns false where there are too few rows for a second tile and
    /// nothing was written.
    ///
    /// # Safety
    /// As [`Strip::run`]; and `keep` must have room for k rows of whole vectors.
    #[inline(always)]
    pub(super) unsafe fn run_keeping<S: LaneMath<T>>(self, s: S, keep: *mut T) -> bool {
        let height = S::MR[S::NV - 1];
        // SAFETY: as the caller promises; the rest of the rows follow those of the first tile.
        unsafe {
            if self.m <= height {
                s.strip(&self, std::ptr::null_mut());
                return false;
            }
            s.strip(&Strip { m: height, ..self }, keep);
            let rest = Strip {
                m: self.m - height,
                a: self.a.add(if self.a_panel > 0 { self.a_panel } else { height * self.rsa }),
                b: keep,
                rsb: self.width.next_multiple_of(T::LANES),
                padded: true,
                c: self.c.add(height * self.rsc),
                ..self
            };
            s.strip(&rest, std::ptr::null_mut());
        }
        true
    }
}

/// The last vector of a strip is whole.
const NONE: u8 = 0;
/// It is part: loads and stores are masked.
const MASKED: u8 = 1;
/// It is part, but B is padded: only C's loads and stores are masked.
const PADDED: u8 = 2;

/// The strip as a lane kernel, which chooses the code for its width: with a null pointer [`Strip::run`], else its one tile with
/// B written there.
pub(super) struct StripKernel<'a, T>(pub(super) &'a Strip<T>, pub(super) *mut T);

impl<T: Scalar> LaneKernel<T> for StripKernel<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let (strip, keep) = (*self.0, self.1);
        let tail = match (strip.width.is_multiple_of(T::LANES), strip.padded && !S::MASKS_ARE_FREE) {
            (true, _) => NONE,
            (false, false) => MASKED,
            (false, true) => PADDED,
        };
        macro_rules! choose {
            ($($vectors:literal)*) => {
                match (strip.width.div_ceil(T::LANES), tail) {
                    $(($vectors, NONE) if S::NV >= $vectors => Sized::<T, $vectors, NONE>(strip, keep).run(s),
                    ($vectors, MASKED) if S::NV >= $vectors => Sized::<T, $vectors, MASKED>(strip, keep).run(s),
                    ($vectors, PADDED) if S::NV >= $vectors && !S::MASKS_ARE_FREE => {
                        Sized::<T, $vectors, PADDED>(strip, keep).run(s)
                    })*
                    (vectors, _) => unreachable!("a strip of {vectors} vectors"),
                }
            };
        }
        choose!(1 2 3 4)
    }
}

/// A strip of `NV` vectors; `TAIL` says what the last is. Only made by [`StripKernel`], whose caller vouches for the pointers.
struct Sized<T, const NV: usize, const TAIL: u8>(Strip<T>, *mut T);

impl<T: Scalar, const NV: usize, const TAIL: u8> LaneKernel<T> for Sized<T, NV, TAIL> {
    type Output = ();

    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let (t, keep) = (self.0, self.1);
        if !keep.is_null() {
            // SAFETY: as `Strip::run_keeping`'s caller promised.
            return unsafe {
                match S::MR[S::NV - 1] {
                    4 => tile::<T, S, 4, NV, TAIL>(s, &t, t.a, t.c, Some(keep)),
                    6 => tile::<T, S, 6, NV, TAIL>(s, &t, t.a, t.c, Some(keep)),
                    rows => unreachable!("no first tile of {rows} rows"),
                }
            };
        }
        // Packed rows come in panels of one height; others are shared out evenly.
        // Masks that take registers of their own leave fewer for accumulators.
        let most = S::MR[NV - 1] - usize::from(TAIL == MASKED && !S::MASKS_ARE_FREE);
        let packed = t.a_panel > 0;
        let height = S::MR[S::NV - 1];
        let tiles = t.m.div_ceil(most).max(1);
        let (low, mut taller) = (t.m / tiles, t.m % tiles);
        let mut i = 0;
        while i < t.m {
            let rows = if packed { height.min(t.m - i) } else { low + usize::from(taller > 0) };
            taller = taller.saturating_sub(1);
            if matches!(t.from, From::C) {
                // The next tile's chains start from C: it had better be there by then.
                for r in i + rows..(i + 2 * rows).min(t.m) {
                    for v in 0..=NV {
                        s.prefetch(t.c.wrapping_add(r * t.rsc + (v * T::LANES).min(t.width - 1)));
                    }
                }
            }
            // SAFETY: rows i.. lie inside A and C as `Strip::run`'s caller promised.
            unsafe {
                let a = t.a.add(if packed { i / height * t.a_panel } else { i * t.rsa });
                let c = t.c.add(i * t.rsc);
                macro_rules! rows {
                    ($($r:literal)*) => {
                        match rows {
                            $($r if $r <= S::MR[NV - 1] => tile::<T, S, $r, NV, TAIL>(s, &t, a, c, None),)*
                            _ => unreachable!("a tile has at most {most} rows"),
                        }
                    };
                }
                rows!(1 2 3 4 5 6 7 8 9 10 11 12);
            }
            i += rows;
        }
    }
}

/// One tile of `MR` rows.
///
/// # Safety
/// As [`Strip::run`], for the rows at `a` and `c`.
#[inline(always)]
unsafe fn tile<T: Scalar, S: Lanes<T>, const MR: usize, const NV: usize, const TAIL: u8>(
    s: S,
    t: &Strip<T>,
    a: *const T,
    c: *mut T,
    mut keep: Option<*mut T>,
) {
    let tail = t.width % T::LANES;
    // SAFETY: offsets stay inside the rows and columns that the caller promises.
    unsafe {
        let load = |p: *const T, v: usize, is_b: bool| {
            if v == NV - 1 && (TAIL == MASKED || TAIL == PADDED && !is_b) {
                s.load_raw_part(p.add(v * T::LANES), tail)
            } else {
                s.load_raw(p.add(v * T::LANES))
            }
        };
        let mut acc = [[s.splat(T::ZERO); NV]; MR];
        match t.from {
            From::Zero => {}
            From::C => {
                for r in 0..MR {
                    for v in 0..NV {
                        acc[r][v] = load(c.add(r * t.rsc), v, false);
                    }
                }
            }
            From::Bias => {
                for r in 0..MR {
                    for v in 0..NV {
                        acc[r][v] = load(t.bias, v, false);
                    }
                }
            }
        }
        let (mut a, mut b) = (a, t.b);
        for _ in 0..t.k {
            let mut row = [s.splat(T::ZERO); NV];
            for v in 0..NV {
                row[v] = load(b, v, true);
            }
            if let Some(to) = &mut keep {
                // Rows of B may lie in pages of their own, where nothing but this asks for them in time.
                s.prefetch(b.wrapping_add(KEEP_AHEAD * t.rsb));
                for v in 0..NV {
                    s.store_raw(to.add(v * T::LANES), row[v]);
                }
                *to = to.wrapping_add(NV * T::LANES);
            }
            for r in 0..MR {
                let x = s.splat(*a.add(r * t.rsa));
                for v in 0..NV {
                    acc[r][v] = s.fma(x, row[v], acc[r][v]);
                }
            }
            a = a.wrapping_add(t.csa);
            b = b.wrapping_add(t.rsb);
        }
        for r in 0..MR {
            for v in 0..NV {
                let p = c.add(r * t.rsc + v * T::LANES);
                if TAIL != NONE && v == NV - 1 {
                    s.store_raw_part(p, tail, acc[r][v]);
                } else {
                    s.store_raw(p, acc[r][v]);
                }
            }
        }
    }
}
