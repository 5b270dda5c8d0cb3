//! Counter-based randomness: a number depends only on (seed, purpose, step, element), never on what was drawn before.
//!
//! The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011):
//! ten rounds of multiplication and exclusive or turn a 128-bit counter and a 64-bit key into four random words.
//! A resumed run needs its counters only, and threads can draw without agreeing on an order.

use crate::math::log_one;

/// What a stream of random numbers is for; streams of different purposes are independent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Purpose {
    /// Initial weights; the step is the number of the parameter tensor.
    Init = 1,
    /// The order of rows; the step is the epoch.
    Shuffle = 2,
    /// Units dropped in training; the step is the training step, the element counts layers and their outputs.
    Dropout = 16,
    /// Splits of a table.
    Split = 3,
    /// Anything made up for tests and examples.
    Sample = 4,
    /// The rounding of a boosted tree's slopes; the step is the number of the tree.
    Rounding = 5,
    /// The rows that a round of boosting learns from; the step is the round.
    Subsample = 6,
    /// The columns that a boosted tree may use; the step is the number of the tree.
    Colsample = 7,
    /// The order of rows in which a category's mean of the target is formed.
    Permutation = 8,
    /// The rows that say where a column is cut into bins.
    Cuts = 9,
}

/// Random numbers for one (seed, purpose, step), indexed by element.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    key: [u32; 2],
    purpose: u32,
    step: u32,
}

impl Stream {
    /// The stream of this seed, purpose and step.
    pub fn new(seed: u64, purpose: Purpose, step: u32) -> Stream {
        Stream { key: [seed as u32, (seed >> 32) as u32], purpose: purpose as u32, step }
    }

    /// The four random words of element `i`.
    pub fn words(&self, i: u64) -> [u32; 4] {
        philox([i as u32, (i >> 32) as u32, self.step, self.purpose], self.key)
    }

    /// Sixty-four random bits of element `i`.
    pub fn bits(&self, i: u64) -> u64 {
        let w = self.words(i);
        u64::from(w[0]) | u64::from(w[1]) << 32
    }

    /// Uniform in [0, 1), a multiple of 2⁻⁵³.
    pub fn uniform(&self, i: u64) -> f64 {
        (self.bits(i) >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Standard normal, by Marsaglia's polar method (1964) with up to 64 attempts an element.
    pub fn normal(&self, i: u64) -> f64 {
        for attempt in 0..64 {
            let at = i * 128 + attempt * 2;
            let (u, v) = (2.0 * self.uniform(at) - 1.0, 2.0 * self.uniform(at + 1) - 1.0);
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                return u * (-2.0 * log_one(s) / s).sqrt();
            }
        }
        0.0 // 64 failures in a row happen once in 2¹⁴² draws
    }

    /// A whole number below `n`, all equally likely up to 2⁻⁶⁴·n.
    pub fn below(&self, i: u64, n: usize) -> usize {
        below(self.bits(i), n)
    }

    /// Puts the elements into random order (Fisher and Yates); each is equally likely at each place up to 2⁻⁶⁴ times their number.
    pub fn shuffle<T>(&self, items: &mut [T]) {
        // The four words of an element serve two places.
        let last = items.len().saturating_sub(1);
        let mut swap = |i: usize, low: u32, high: u32| {
            let bits = u64::from(low) | u64::from(high) << 32;
            items.swap(i, below(bits, i + 1));
        };
        for pair in (1..=last / 2).rev() {
            let w = self.words(pair as u64);
            if 2 * pair < last {
                swap(2 * pair + 1, w[2], w[3]);
            }
            swap(2 * pair, w[0], w[1]);
        }
        if last >= 1 {
            let w = self.words(0);
            swap(1, w[2], w[3]);
        }
    }
}

/// A whole number below `n` from 64 random bits.
fn below(bits: u64, n: usize) -> usize {
    ((u128::from(bits) * n as u128) >> 64) as usize
}

/// One block of Philox4x32-10 (Salmon et al., 2011): four random words of a counter and a key.
#[inline]
pub fn philox(mut c: [u32; 4], mut k: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let a = u64::from(c[0]) * 0xD251_1F53;
        let b = u64::from(c[2]) * 0xCD9E_8D57;
        c = [(b >> 32) as u32 ^ c[1] ^ k[0], b as u32, (a >> 32) as u32 ^ c[3] ^ k[1], a as u32];
        k = [k[0].wrapping_add(0x9E37_79B9), k[1].wrapping_add(0xBB67_AE85)];
    }
    c
}
