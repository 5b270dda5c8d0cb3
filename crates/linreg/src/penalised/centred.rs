//! The problem that remains when the intercept is eliminated: min ‖z − R·β‖² + rest, with p rows in place of n.
//!
//! R is upper triangular, the factor of the columns about their weighted means; z is the response in the same basis, and `rest` what no
//! term explains. A column is scaled to the units of the data (but for one power of two that all columns share, so that
//! squares do not overflow), or to a standard deviation of one: penalties then mean what scikit-learn's mean.

use crate::error::LinregError;
use crate::factor::folds::FoldTriangles;
use crate::factor::rank::{DEFAULT_TOLERANCE, noise};
use crate::fitted::coefficients::Coefficients;
use crate::linalg::norm;
use crate::linalg::powers::{pow2, scale_by};
use crate::rows::scaling::{Exponent, Scaling};
use planish_tensor::{AlignedVec, Dd, Isa, reduce};

/// Least squares about the means.
pub(crate) struct Centred {
    pub(crate) isa: Isa,
    /// The columns of R, each of p elements.
    pub(crate) columns: Vec<AlignedVec<f64>>,
    /// The response.
    pub(crate) z: Vec<f64>,
    /// The part of ‖y‖² outside the columns.
    pub(crate) rest: f64,
    /// ‖y‖² about the mean.
    pub(crate) tss: f64,
    /// The sum of the weights.
    pub(crate) weight: f64,
    /// Rows with a weight above zero.
    pub(crate) used: u64,
    scaling: Scaling,
    /// What each column in scaled units is multiplied by.
    scale: Vec<f64>,
    /// The power of two that the columns share: they are those of the data times 2^−shared.
    shared: i32,
    /// The means of [X y] in scaled units.
    means: Vec<f64>,
    /// The response's standard deviation in scaled units, if the problem is standardised.
    response_sd: Option<f64>,
}

impl Centred {
    /// The problem of all rows but those of the fold `without`.
    ///
    /// # Errors
    /// Too few rows, no terms, or a response without variance.
    pub(crate) fn new(
        isa: Isa,
        triangles: &FoldTriangles,
        without: Option<usize>,
        standardize: bool,
    ) -> Result<Centred, LinregError> {
        let (folded, weight) = triangles.without(isa, without);
        let (scaling, triangle) = (&folded.scaling, &folded.triangle);
        let first = usize::from(scaling.intercept);
        let terms = triangle.order() - first - 1;
        if terms == 0 {
            return Err(LinregError::NoTerms);
        }
        if folded.used < 1 + first as u64 {
            return Err(LinregError::TooFewRows { rows: folded.used, parameters: 1 + first });
        }
        let column = |c: usize| &triangle.column(first + c)[first..];
        let mean =
            |c: usize| if first == 1 { triangle.column(1 + c)[0] / triangle.column(0)[0] } else { 0.0 };
        let means: Vec<f64> = (0..=terms).map(mean).collect();
        let shared = if standardize { 0 } else { (0..terms).map(|c| scaling.exponent(c)).max().unwrap_or(0) };
        let scale: Vec<f64> = (0..terms)
            .map(|c| match norm(isa, column(c)) {
                spread if spread <= noise(isa, &folded, c, DEFAULT_TOLERANCE) => 0.0,
                spread if standardize => weight.sqrt() / spread,
                _ => pow2(scaling.exponent(c) - shared),
            })
            .collect();
        let columns = (0..terms).map(|c| scaled(&column(c)[..terms], scale[c])).collect();
        let y = column(terms);
        let tss = reduce::dot(isa, y, y);
        if tss.sqrt() <= noise(isa, &folded, terms, f64::EPSILON) {
            let value = scaling.shift[terms] + scale_by(means[terms], scaling.exponent(terms));
            return Err(LinregError::ConstantResponse { value: value.to_string() });
        }
        Ok(Centred {
            isa,
            columns,
            z: y[..terms].to_vec(),
            rest: y[terms] * y[terms],
            tss,
            weight,
            used: folded.used,
            scaling: scaling.clone(),
            scale,
            shared,
            means,
            response_sd: standardize.then(|| (tss / weight).sqrt()),
        })
    }

    /// The number of terms.
    pub(crate) fn terms(&self) -> usize {
        self.columns.len()
    }

    /// The response's exponent.
    fn response(&self) -> i32 {
        self.scaling.exponent(self.terms())
    }

    /// A penalty on β² of the sum of squares, from the units of the data.
    pub(crate) fn square_penalty(&self, alpha: f64) -> f64 {
        scale_by(alpha, -2 * (self.shared + self.scaling.root.value()))
    }

    /// The inverse of [`Centred::square_penalty`].
    pub(crate) fn square_penalty_in_units(&self, penalty: f64) -> f64 {
        scale_by(penalty, 2 * (self.shared + self.scaling.root.value()))
    }

    /// A penalty on |β| of the mean of squares, from the units of the data; of a standardised problem from a response of
    /// standard deviation one.
    pub(crate) fn mean_penalty(&self, alpha: f64) -> f64 {
        match self.response_sd {
            Some(sd) => alpha * sd,
            None => scale_by(alpha, -self.response() - self.shared),
        }
    }

    /// The inverse of [`Centred::mean_penalty`].
    pub(crate) fn mean_penalty_in_units(&self, penalty: f64) -> f64 {
        match self.response_sd {
            Some(sd) => penalty / sd,
            None => scale_by(penalty, self.response() + self.shared),
        }
    }

    /// A penalty on β² of the mean of squares, from the units of the data.
    pub(crate) fn mean_square_penalty(&self, alpha: f64) -> f64 {
        scale_by(alpha, -2 * self.shared)
    }

    /// A sum of squares of the response, in the units of the data.
    pub(crate) fn squares_in_units(&self, sum: f64) -> f64 {
        scale_by(sum, 2 * (self.response() + self.scaling.root.value())).min(f64::MAX)
    }

    /// A weighted mean of squares of the response, in the units of the data.
    pub(crate) fn mean_square_in_units(&self, mean: f64) -> f64 {
        scale_by(mean, 2 * self.response()).min(f64::MAX)
    }

    /// z − R·β
    pub(crate) fn residual(&self, beta: &[f64]) -> Vec<f64> {
        let mut r = self.z.clone();
        for (j, (&b, c)) in beta.iter().zip(&self.columns).enumerate() {
            if b != 0.0 {
                reduce::axpy(self.isa, -b, &c[..=j], &mut r[..=j]);
            }
        }
        r
    }

    /// Rᵀ·r
    pub(crate) fn gradient(&self, r: &[f64]) -> Vec<f64> {
        self.columns.iter().enumerate().map(|(j, c)| reduce::dot(self.isa, &c[..=j], &r[..=j])).collect()
    }

    /// ‖z − R·β‖² + rest
    pub(crate) fn rss(&self, beta: &[f64]) -> f64 {
        let r = self.residual(beta);
        reduce::dot(self.isa, &r, &r) + self.rest
    }

    /// 1 − rss/tss
    pub(crate) fn r2(&self, rss: f64) -> f64 {
        (1.0 - rss / self.tss).clamp(0.0, 1.0)
    }

    /// The vector v with [1 X y]·v = y − b₀ − Xβ in scaled units.
    pub(crate) fn residual_vector(&self, beta: &[f64]) -> Vec<f64> {
        let mut v: Vec<f64> = beta.iter().zip(&self.scale).map(|(b, s)| -b * s).collect();
        let at_means: f64 = v.iter().zip(&self.means).map(|(v, m)| v * m).sum();
        v.push(1.0);
        if self.scaling.intercept {
            v.insert(0, -(self.means[self.terms()] + at_means));
        }
        v
    }

    /// What X in scaled units less `means`, times `scale`, is: the columns of this problem.
    pub(crate) fn column_of_rows(&self, c: usize) -> (f64, f64, f64) {
        (self.scaling.shift[c], self.scaling.exponents[c].scale(), self.means[c])
    }

    /// What a centred scaled column is multiplied by.
    pub(crate) fn scale(&self, c: usize) -> f64 {
        self.scale[c]
    }

    /// The factor that brings weights into scaled units.
    pub(crate) fn weight_scale(&self) -> f64 {
        let root = self.scaling.root.scale();
        root * root
    }

    /// Whether the rows have weights.
    pub(crate) fn is_weighted(&self) -> bool {
        self.scaling.root != Exponent::default()
    }

    /// Whether there is an intercept.
    pub(crate) fn intercept(&self) -> bool {
        self.scaling.intercept
    }

    /// The coefficients in the units of the data.
    ///
    /// # Errors
    /// If they exceed the range of `f64`.
    pub(crate) fn coefficients(&self, beta: &[f64]) -> Result<Coefficients, LinregError> {
        let (terms, unit) = (self.terms(), self.response());
        let coef: Vec<f64> =
            (0..terms).map(|c| scale_by(beta[c] * self.scale[c], unit - self.scaling.exponent(c))).collect();
        let mean = |c: usize| {
            Dd::from(self.scaling.shift[c]) + Dd::from(scale_by(self.means[c], self.scaling.exponent(c)))
        };
        let mut intercept = Dd::ZERO;
        if self.scaling.intercept {
            intercept = (0..terms).fold(mean(terms), |sum, c| sum - Dd::from(coef[c]) * mean(c));
        }
        let coefficients = Coefficients { intercept, coef };
        if coefficients.is_finite() { Ok(coefficients) } else { Err(LinregError::Overflow { response: 0 }) }
    }
}

fn scaled(column: &[f64], factor: f64) -> AlignedVec<f64> {
    let mut out = AlignedVec::from_slice(column);
    out.iter_mut().for_each(|x| *x *= factor);
    out
}
