//! Inner products of many columns in `f64`, each with the bits of [`reduce::dot`](planish_tensor::reduce::dot): row i goes to lane i mod 8, and each
//! lane is one chain of fused multiply-adds. Some chains go on side by side, since a chain waits for itself, and rows are taken a tile at a time that
//! fits the first cache.

use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{Isa, Number, Scalar};

/// Chains that go on side by side.
const ABREAST: usize = 4;
/// Rows of a tile, whole vectors of them.
pub(crate) const TILE: usize = 256;

/// The sums of a chain, a number a lane.
type Chain = [f64; 8];

/// The products of columns with each other, of rows that come in tiles: the lower triangle, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Triangle(Vec<Chain>);

impl Triangle {
    /// Zeros, of so many columns.
    pub(crate) fn new(columns: usize) -> Triangle {
        Triangle(vec![[0.0; 8]; columns * (columns + 1) / 2])
    }

    /// Adds rows of the columns; all tiles but the last are whole vectors.
    pub(crate) fn add(&mut self, isa: Isa, columns: &[&[f64]]) {
        f64::dispatch(isa, AddTriangle { columns, sums: &mut self.0 });
    }

    /// The products.
    pub(crate) fn finish(self, isa: Isa) -> Vec<f64> {
        f64::dispatch(isa, Join(&self.0))
    }
}

/// The products of columns with each other: the lower triangle, row by row.
pub(crate) fn triangle(isa: Isa, columns: &[&[f64]]) -> Vec<f64> {
    let n = columns.first().map_or(0, |c| c.len());
    let mut sums = Triangle::new(columns.len());
    for start in (0..n).step_by(TILE) {
        let end = (start + TILE).min(n);
        sums.add(isa, &columns.iter().map(|c| &c[start..end]).collect::<Vec<_>>());
    }
    sums.finish(isa)
}

/// The products of x with each of the columns.
pub(crate) fn with_each(isa: Isa, x: &[f64], columns: &[&[f64]]) -> Vec<f64> {
    let mut sums = vec![[0.0; 8]; columns.len()];
    f64::dispatch(isa, AddRow { x, columns, sums: &mut sums });
    f64::dispatch(isa, Join(&sums))
}

struct AddTriangle<'a> {
    columns: &'a [&'a [f64]],
    sums: &'a mut [Chain],
}

impl LaneKernel<f64> for AddTriangle<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: LaneMath<f64>>(self, s: S) {
        let mut rest = self.sums;
        for (a, x) in self.columns.iter().enumerate() {
            let (row, below) = rest.split_at_mut(a + 1);
            add_row(s, x, &self.columns[..=a], row);
            rest = below;
        }
    }
}

struct AddRow<'a> {
    x: &'a [f64],
    columns: &'a [&'a [f64]],
    sums: &'a mut [Chain],
}

impl LaneKernel<f64> for AddRow<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: LaneMath<f64>>(self, s: S) {
        add_row(s, self.x, self.columns, self.sums);
    }
}

/// The sum of each chain.
struct Join<'a>(&'a [Chain]);

impl LaneKernel<f64> for Join<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn run<S: LaneMath<f64>>(self, s: S) -> Vec<f64> {
        let mut sums = Vec::with_capacity(self.0.len());
        for chain in self.0 {
            sums.push(s.sum(s.load_at(chain, 0)));
        }
        sums
    }
}

#[inline(always)]
fn add_row<S: LaneMath<f64>>(s: S, x: &[f64], columns: &[&[f64]], sums: &mut [Chain]) {
    let mut some = columns.chunks_exact(ABREAST);
    let mut chains = sums.chunks_exact_mut(ABREAST);
    for (columns, sums) in some.by_ref().zip(chains.by_ref()) {
        add_dots::<S, ABREAST>(s, x, [columns[0], columns[1], columns[2], columns[3]], sums);
    }
    for (column, sum) in some.remainder().iter().zip(chains.into_remainder().chunks_exact_mut(1)) {
        add_dots::<S, 1>(s, x, [*column], sum);
    }
}

#[inline(always)]
fn add_dots<S: LaneMath<f64>, const N: usize>(s: S, x: &[f64], y: [&[f64]; N], sums: &mut [Chain]) {
    let mut acc = [s.splat(0.0); N];
    acc.iter_mut().zip(&*sums).for_each(|(acc, sum)| *acc = s.load_at(sum, 0));
    for i in (0..x.len()).step_by(f64::LANES) {
        let v = s.load_at(x, i);
        acc.iter_mut().zip(y).for_each(|(acc, y)| *acc = s.fma(v, s.load_at(y, i), *acc));
    }
    sums.iter_mut().zip(acc).for_each(|(sum, acc)| s.store_at(sum, 0, acc));
}

#[cfg(test)]
mod tests {
    use super::*;
    use planish_tensor::reduce;

    #[test]
    fn products_of_many_columns_have_the_bits_of_single_ones() {
        for (rows, columns) in [(0, 3), (5, 1), (1003, 6), (4096, 9)] {
            let number = |i: usize, j: usize| ((i * 7919 + j * 104_729) % 10_007) as f64 / 3.0 - 1500.0;
            let x: Vec<Vec<f64>> = (0..columns).map(|j| (0..rows).map(|i| number(i, j)).collect()).collect();
            let slices: Vec<&[f64]> = x.iter().map(|c| &c[..]).collect();
            for isa in Isa::all_exact() {
                let dot = |a: &[f64], b: &[f64]| reduce::dot(isa, a, b);
                let expected: Vec<f64> = (0..columns)
                    .flat_map(|a| (0..=a).map(move |b| (a, b)))
                    .map(|(a, b)| dot(&x[a], &x[b]))
                    .collect();
                assert_eq!(triangle(isa, &slices), expected);
                let first: Vec<f64> = x.iter().map(|c| dot(&x[0], c)).collect();
                assert_eq!(with_each(isa, &x[0], &slices), first);
            }
        }
    }
}
