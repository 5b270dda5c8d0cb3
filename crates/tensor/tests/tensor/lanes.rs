//! Every lane operation has the same bits on every instruction set.

use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{Isa, Scalar};

/// Runs every lane operation on a pair of slices and returns all results as bits.
struct Everything<'a, T>(&'a [T], &'a [T]);

impl<T: Scalar> LaneKernel<T> for Everything<'_, T> {
    type Output = Vec<u64>;
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) -> Vec<u64> {
        let Everything(x, y) = self;
        let mut out = Vec::new();
        for i in (0..x.len()).step_by(T::LANES) {
            let (a, b) = (s.load_at(x, i), s.load_at_or(y, i, T::ONE));
            let results = [
                s.add(a, b),
                s.sub(a, b),
                s.mul(a, b),
                s.div(a, b),
                s.fma(a, b, a),
                s.sqrt(a),
                s.neg(a),
                s.abs(a),
                s.copysign(a, b),
                s.max(a, b),
                s.min(a, b),
                s.select(s.le(a, b), a, b),
                s.select(s.eq(a, b), a, s.splat(T::ONE)),
                s.shl_mantissa(a),
                s.shr_mantissa(a),
                s.or(a, b),
                s.add_bits(a, b),
            ];
            for r in results {
                let mut lanes = vec![T::ZERO; T::LANES];
                s.store_at(&mut lanes, 0, r);
                out.extend(lanes.iter().map(|v| canonical(*v)));
            }
            out.push(canonical(s.sum(a)));
            out.push(canonical(s.max_lane(b)));
            out.push(u64::from(s.all(s.le(a, b))) + 2 * u64::from(s.all(s.eq(a, a))));
        }
        out
    }
}

/// The bits, with every NaN the same.
fn canonical<T: Scalar>(v: T) -> u64 {
    if v.to_f64().is_nan() { u64::MAX } else { v.bits() }
}

fn check<T: Scalar>() {
    let special =
        [0.0, -0.0, 1.0, -1.5, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e-40, -3e-45, 3e38, 0.1];
    let x: Vec<T> = (0..121).map(|i| T::from_f64(special[i % 11])).collect();
    let y: Vec<T> = (0..121).map(|i| T::from_f64(special[i / 11])).collect();
    for len in [0, 1, 7, 8, 9, 15, 16, 17, 121] {
        let expected = T::dispatch(Isa::SCALAR, Everything(&x[..len], &y[..len]));
        for isa in Isa::all_exact() {
            assert_eq!(T::dispatch(isa, Everything(&x[..len], &y[..len])), expected, "{} {len}", isa.name());
        }
    }
}

/// Transposes a block of this many rows and columns, with strides larger than the lanes.
struct Transpose<'a, T>(&'a [T], (usize, usize), &'a mut [T]);

impl<T: Scalar> LaneKernel<T> for Transpose<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        // SAFETY: both slices hold 16 rows of 20, which is more than the block needs.
        unsafe { s.transpose_raw(self.0.as_ptr(), 19, self.1, self.2.as_mut_ptr(), 20) }
    }
}

fn check_transpose<T: Scalar>() {
    let from: Vec<T> = (0..320).map(|i| T::from_f64(f64::from(i) + 1.0)).collect();
    let untouched = T::from_f64(-1.0);
    for isa in Isa::all_exact() {
        for rows in 0..=T::LANES {
            for cols in 0..=T::LANES {
                let mut to = vec![untouched; 320];
                T::dispatch(isa, Transpose(&from, (rows, cols), &mut to));
                for i in 0..20 {
                    for j in 0..16 {
                        let want = match (i < rows, i < T::LANES, j < cols) {
                            (true, _, true) => from[i * 19 + j],
                            (false, true, true) => T::ZERO,
                            _ => untouched,
                        };
                        assert_eq!(to[j * 20 + i], want, "{} {rows}×{cols}: {i} {j}", isa.name());
                    }
                }
            }
        }
    }
}

#[test]
fn blocks_are_transposed_on_every_instruction_set() {
    check_transpose::<f32>();
    check_transpose::<f64>();
}

#[test]
fn every_operation_has_the_same_bits_on_every_instruction_set() {
    check::<f32>();
    check::<f64>();
}
