//! Exact rank of rows of numbers, in the field of the integers modulo the prime 2⁶¹ − 1.
//!
//! A double-double number is an integer times a power of two, so it has an exact place in this field, where sums and products have no rounding:
//! whether rows depend on each other is decided, not judged by a tolerance. Rows that are independent modulo the prime are independent. The other
//! way, a minor that is not zero would have to be divisible by the prime; one in 2⁶¹ of numbers is.
//!
//! Source: Dixon, "Exact solution of linear equations using p-adic expansions", 1982, for the idea of deciding modulo a prime.

use planish_tensor::Dd;

/// A Mersenne prime: 2⁶¹ is 1, so a power of two is a rotation of bits.
const PRIME: u64 = (1 << 61) - 1;

/// A number of the field, below the prime.
type Residue = u64;

fn add(a: Residue, b: Residue) -> Residue {
    let sum = a + b;
    if sum >= PRIME { sum - PRIME } else { sum }
}

pub(super) fn minus(a: Residue) -> Residue {
    if a == 0 { 0 } else { PRIME - a }
}

fn mul(a: Residue, b: Residue) -> Residue {
    let product = u128::from(a) * u128::from(b);
    add((product as u64) & PRIME, (product >> 61) as u64)
}

/// 1/a for an a that is not zero: a to the power of the prime less two.
fn inverse(a: Residue) -> Residue {
    let (mut power, mut out, mut exponent) = (a, 1, PRIME - 2);
    while exponent > 0 {
        if exponent & 1 == 1 {
            out = mul(out, power);
        }
        power = mul(power, power);
        exponent >>= 1;
    }
    out
}

/// The residue of a finite number.
fn of_f64(x: f64) -> Residue {
    let bits = x.to_bits();
    let (biased, fraction) = ((bits >> 52 & 0x7ff) as i32, bits & ((1 << 52) - 1));
    let (mantissa, exponent) =
        if biased == 0 { (fraction, -1074) } else { (fraction | 1 << 52, biased - 1075) };
    let turn = exponent.rem_euclid(61) as u32;
    // Bits beyond the 61st begin again at the lowest.
    let turned = u128::from(mantissa) << turn;
    let value = add((turned as u64) & PRIME, (turned >> 61) as u64 % PRIME);
    if x < 0.0 { minus(value) } else { value }
}

/// The residue of a finite double-double number.
pub(super) fn of(x: Dd) -> Residue {
    add(of_f64(x.hi), of_f64(x.lo))
}

/// The span of the rows that were pushed, as a matrix in reduced echelon form.
pub(super) struct Span {
    width: usize,
    rows: Vec<Vec<Residue>>,
    /// The place of the leading one of each row.
    pivots: Vec<usize>,
    /// A combination of the vectors on which all rows vanish: a row that is not in the span gives something else than zero.
    probe: Vec<Residue>,
}

impl Span {
    /// The span of no rows, of this width.
    pub(super) fn new(width: usize) -> Span {
        let mut span = Span { width, rows: Vec::new(), pivots: Vec::new(), probe: Vec::new() };
        span.probe = span.fresh_probe();
        span
    }

    pub(super) fn is_whole(&self) -> bool {
        self.rows.len() == self.width
    }

    /// The columns of which each is independent of those before it, in order.
    pub(super) fn independent(&self) -> Vec<usize> {
        let mut places = self.pivots.clone();
        places.sort_unstable();
        places
    }

    /// Adds a row, by its elements that are not zero and their places.
    pub(super) fn push(&mut self, row: &[(usize, Residue)]) {
        if self.is_whole() || row.iter().fold(0, |sum, &(j, x)| add(sum, mul(x, self.probe[j]))) == 0 {
            return;
        }
        let mut new = vec![0; self.width];
        row.iter().for_each(|&(j, x)| new[j] = x);
        for (known, &pivot) in self.rows.iter().zip(&self.pivots) {
            subtract(&mut new, known, pivot);
        }
        let Some(pivot) = new.iter().position(|x| *x != 0) else { return };
        let scale = inverse(new[pivot]);
        new.iter_mut().for_each(|x| *x = mul(*x, scale));
        self.rows.iter_mut().for_each(|known| subtract(known, &new, pivot));
        self.rows.push(new);
        self.pivots.push(pivot);
        self.probe = self.fresh_probe();
    }

    fn fresh_probe(&self) -> Vec<Residue> {
        let mut probe = vec![0; self.width];
        let free = (0..self.width).filter(|j| !self.pivots.contains(j));
        let mut factor = 0x0123_4567_89ab_cdef;
        for j in free {
            // Any numbers without a pattern that rows might have.
            factor = add(mul(factor, 0x1bd1_1bda_a9fc_1a22), 0x09e3_779b_97f4_a7c1);
            probe[j] = factor;
            for (row, &pivot) in self.rows.iter().zip(&self.pivots) {
                probe[pivot] = add(probe[pivot], minus(mul(factor, row[j])));
            }
        }
        probe
    }
}

/// Takes as much of `by`, whose element at the pivot is one, from the row as makes its element there zero.
fn subtract(row: &mut [Residue], by: &[Residue], pivot: usize) {
    let factor = minus(row[pivot]);
    if factor != 0 {
        row.iter_mut().zip(by).for_each(|(x, b)| *x = add(*x, mul(factor, *b)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_products_of_numbers_have_the_places_of_the_exact_results() {
        for (a, b) in [(3.0, 4.0), (-0.375, 1e15), (1.5e-300, -2.5e-300), (1e300, 7e290), (5e-324, 1.0)] {
            let product = planish_tensor::dd::two_prod(a, b);
            if product.0.abs() > 1e-280 && product.0.is_finite() {
                assert_eq!(mul(of_f64(a), of_f64(b)), of(Dd { hi: product.0, lo: product.1 }), "{a} {b}");
            }
            let (hi, lo) = planish_tensor::dd::two_sum(a, b);
            assert_eq!(add(of_f64(a), of_f64(b)), of(Dd { hi, lo }), "{a} {b}");
        }
        assert_eq!(mul(of_f64(0.125), 8), 1);
        assert_eq!(mul(inverse(12345), 12345), 1);
    }

    #[test]
    fn rank_is_decided_where_rounding_would_blur_it() {
        let span = |rows: &[[f64; 3]]| {
            let mut span = Span::new(3);
            for row in rows {
                let row: Vec<_> = row.iter().map(|x| of_f64(*x)).enumerate().collect();
                span.push(&row);
            }
            span
        };
        let flat = span(&[[1.0, 2.0, 4.0], [1.0, 3.0, 6.0], [1.0, 1e15, 2e15], [2.0, 0.1, 0.2]]);
        assert_eq!((flat.independent(), flat.is_whole()), (vec![0, 1], false));
        let next = 2e15_f64.next_up();
        assert!(span(&[[1.0, 2.0, 4.0], [1.0, 3.0, 6.0], [1.0, 1e15, next]]).is_whole());
        assert_eq!(span(&[[0.0, 0.0, 5.0], [0.0, 0.0, -1.0]]).independent(), [2]);
    }
}
