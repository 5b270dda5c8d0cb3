//! The sums of a pass over the rows without the rows: from the products of their columns.

use crate::factor::products::Products;
use crate::factor::rank::Factor;
use crate::refine::problem::Sums;
use planish_tensor::Dd;

impl Products {
    /// What a pass over the rows would sum with these coefficients for the response of column y.
    pub(crate) fn sums(&self, factor: &Factor, y: usize, beta: &[Dd]) -> Sums {
        let columns: Vec<usize> =
            (0..factor.first).chain(factor.kept.iter().map(|t| factor.first + t)).collect();
        let product =
            |&k: &usize| columns.iter().zip(beta).fold(self.at(k, y), |s, (&j, b)| s - self.at(k, j) * *b);
        let s: Vec<Dd> = columns.iter().map(product).collect();
        let explained = |sum: Dd, ((&k, s), b): ((&usize, &Dd), &Dd)| sum - *b * (self.at(k, y) + *s);
        let rss = columns.iter().zip(&s).zip(beta).fold(self.at(y, y), explained);
        let about = |i: usize| if factor.first == 1 { self.at(0, i) } else { Dd::ZERO };
        Sums {
            s,
            rss: if rss.hi < 0.0 { Dd::ZERO } else { rss },
            moments: [about(y), self.at(y, y)],
            weight: about(0),
        }
    }
}
