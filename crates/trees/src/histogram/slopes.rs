//! The slopes of the loss as integers of at most 15 bits, rounded up or down by chance so that their sums are right on average.

use super::COUNT_BITS;
use planish_tensor::Exec;
use planish_tensor::rng::{Purpose, Stream};
use rayon::prelude::*;

/// A row's first and second derivative.
pub(crate) type Slopes = [i16; 2];

/// What the integers are multiplied by.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Scales {
    /// Of first derivatives.
    pub(crate) g: f64,
    /// Of second derivatives.
    pub(crate) h: f64,
}

/// Rows that one thread rounds at a time.
const PIECE: usize = 8192;

/// Rounds both derivatives of every row; `step` numbers the tree.
pub(crate) fn quantise(exec: Exec, slopes: &[[f32; 2]], seed: u64, step: u32) -> (Vec<Slopes>, Scales) {
    let (mut largest, mut smallest_h) = ([0.0_f32; 2], f32::INFINITY);
    for [g, h] in slopes {
        largest = [largest[0].max(g.abs()), largest[1].max(*h)];
        smallest_h = smallest_h.min(*h);
    }
    // Sums of so many rows must fit above the count.
    let room = (1_i64 << (62 - COUNT_BITS)) / slopes.len().max(1) as i64;
    let limit = room.min(16_383) as f64;
    // Second derivatives that are all alike are exact.
    let limit_h = if smallest_h == largest[1] { 1.0 } else { 2.0 * limit };
    let unit = |largest: f32, limit: f64| if largest > 0.0 { f64::from(largest) / limit } else { 1.0 };
    let scales = Scales { g: unit(largest[0], limit), h: unit(largest[1], limit_h) };
    let inverse = [1.0 / scales.g, 1.0 / scales.h];
    let stream = Stream::new(seed, Purpose::Rounding, step);
    let mut out = vec![[0, 0]; slopes.len()];
    let piece = |(p, out): (usize, &mut [Slopes])| {
        for (quad, (out, slopes)) in out.chunks_mut(4).zip(slopes[p * PIECE..].chunks(4)).enumerate() {
            let words = stream.words((p * PIECE / 4 + quad) as u64);
            for ((out, slopes), word) in out.iter_mut().zip(slopes).zip(words) {
                let round = |x: f32, inverse: f64, bits: u32| {
                    let chance = (f64::from(bits) + 0.5) * (1.0 / 65536.0);
                    floor(f64::from(x) * inverse + chance)
                };
                *out =
                    [round(slopes[0], inverse[0], word & 0xFFFF), round(slopes[1], inverse[1], word >> 16)];
            }
        }
    };
    if exec.threads > 1 && slopes.len() > PIECE {
        out.par_chunks_mut(PIECE).enumerate().for_each(piece);
    } else {
        out.chunks_mut(PIECE).enumerate().for_each(piece);
    }
    (out, scales)
}

/// The largest integer that is not above x, |x| < 32768.
#[inline(always)]
fn floor(x: f64) -> i16 {
    (((x + 65536.0) as i32) - 65536) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_right_on_average_and_exact_at_the_ends() {
        let n = 20_000;
        let exact: Vec<[f32; 2]> = (0..n).map(|i| [if i == 0 { -1.0 } else { 1.0e-5 }, 0.25]).collect();
        let (slopes, scales) = quantise(Exec::best(), &exact, 7, 0);
        assert_eq!(slopes[0], [-16_383, 1]);
        assert_eq!(scales.h, 0.25);
        let sum: i64 = slopes[1..].iter().map(|s| i64::from(s[0])).sum();
        let want = 1.0e-5 * (n - 1) as f64;
        assert!((sum as f64 * scales.g / want - 1.0).abs() < 0.05, "{sum}");
    }

    #[test]
    fn floors_are_floors() {
        for (x, want) in [(-0.5, -1), (0.5, 0), (-1.0, -1), (16_383.99, 16_383), (-16_382.01, -16_383)] {
            assert_eq!(floor(x), want);
        }
    }
}
