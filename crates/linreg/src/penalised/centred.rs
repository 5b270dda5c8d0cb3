//! The problem that remains when the intercept is eliminated: min ‖z − R·β‖² + rest, with p rows in place of n.
//!
//! R is upper triangular, the factor of the columns about their weighted means; z is the response in the same basis, and `rest` what no
//! term explains. A column is scaled to the units of the data (but for one power of two that all columns share, so that
//! squares do not overflow), or to a standard deviation of one: penalties then mean what scikit-learn's mean.

use super::moments::{FewRows, Moments};
use crate::error::LinregError;
use crate::factor::fold::Folded;
use crate::factor::rank::{DEFAULT_TOLERANCE, noise};
use crate::fitted::coefficients::Coefficients;
use crate::linalg::norm;
use crate::linalg::powers::{pow2, scale_by};
use crate::rows::scaling::{Exponent, Scaling};
use planish_tensor::{AlignedVec, Dd, Isa, reduce};

/// Least squares about the means.
pub(crate) struct Centred {
    pub(crate) isa: Isa,
    /// The columns of R, each of p elements; or, where the rows are kept, those of the rows about their means, times the roots of the weights.
    pub(crate) columns: Vec<AlignedVec<f64>>,
    /// Whether they are those of rows: no triangle then.
    is_rows: bool,
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
    /// The weights of the rows that are kept, in scaled units.
    row_weights: Option<Vec<f64>>,
}

/// [X y] about the means in scaled units, as columns of a triangle or of rows.
struct Spread {
    scaling: Scaling,
    weight: f64,
    used: u64,
    columns: Vec<AlignedVec<f64>>,
    means: Vec<f64>,
    /// What norm of a column is put down to rounding: of a term, and of the response.
    noise: Vec<f64>,
    is_rows: bool,
    row_weights: Option<Vec<f64>>,
}

impl Centred {
    /// The problem of all rows but those of the fold `without`.
    ///
    /// # Errors
    /// Too few rows, no terms, or a response without variance.
    pub(crate) fn new(
        isa: Isa,
        moments: &Moments,
        without: Option<usize>,
        standardize: bool,
    ) -> Result<Centred, LinregError> {
        let spread = match moments {
            Moments::Triangles(triangles) => {
                let (folded, weight) = triangles.without(isa, without);
                Spread::of_triangle(isa, &folded, weight)?
            }
            Moments::Rows(few) => Spread::of_rows(isa, few, without)?,
        };
        spread.centred(isa, standardize)
    }

    /// The number of terms.
    pub(crate) fn terms(&self) -> usize {
        self.columns.len()
    }

    /// Whether the columns are those of rows.
    pub(crate) fn is_rows(&self) -> bool {
        self.is_rows
    }

    /// How many elements of a column can be other than zero.
    pub(crate) fn reach(&self, column: usize) -> usize {
        if self.is_rows { self.z.len() } else { column + 1 }
    }

    /// The weight of a row that is kept.
    pub(crate) fn row_weight(&self, row: usize) -> f64 {
        self.row_weights.as_ref().map_or(1.0, |w| w[row])
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
                let reach = self.reach(j);
                reduce::axpy(self.isa, -b, &c[..reach], &mut r[..reach]);
            }
        }
        r
    }

    /// Rᵀ·r
    pub(crate) fn gradient(&self, r: &[f64]) -> Vec<f64> {
        (0..self.terms()).map(|j| self.slope(j, r)).collect()
    }

    /// An element of Rᵀ·r
    pub(crate) fn slope(&self, j: usize, r: &[f64]) -> f64 {
        let reach = self.reach(j);
        reduce::dot(self.isa, &self.columns[j][..reach], &r[..reach])
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

impl Spread {
    fn of_triangle(isa: Isa, folded: &Folded, weight: f64) -> Result<Spread, LinregError> {
        let (scaling, triangle) = (&folded.scaling, &folded.triangle);
        let first = usize::from(scaling.intercept);
        let terms = triangle.order() - first - 1;
        let mean =
            |c: usize| if first == 1 { triangle.column(1 + c)[0] / triangle.column(0)[0] } else { 0.0 };
        let tolerance = |c: usize| if c < terms { DEFAULT_TOLERANCE } else { f64::EPSILON };
        let column = |c: usize| AlignedVec::from_slice(&triangle.column(first + c)[first..]);
        Ok(Spread {
            scaling: scaling.clone(),
            weight,
            used: folded.used,
            columns: (0..=terms).map(column).collect(),
            means: (0..=terms).map(mean).collect(),
            noise: (0..=terms).map(|c| noise(isa, folded, c, tolerance(c))).collect(),
            is_rows: false,
            row_weights: None,
        })
    }

    fn of_rows(isa: Isa, few: &FewRows, without: Option<usize>) -> Result<Spread, LinregError> {
        let (all, rows) = (&few.gathered, few.without(without));
        let terms = all.columns.len() - 1;
        let weights: Vec<f64> = rows.iter().map(|&row| all.weight(row)).collect();
        let roots: Vec<f64> = weights.iter().map(|w| w.sqrt()).collect();
        let weight = reduce::sum(isa, &weights);
        let (mut columns, mut means, mut blurs) = (Vec::new(), Vec::new(), Vec::new());
        for (c, whole) in all.columns.iter().enumerate() {
            let mut column = AlignedVec::zeros(rows.len());
            match without {
                None => column.copy_from_slice(whole),
                Some(_) => column.iter_mut().zip(&rows).for_each(|(to, &row)| *to = whole[row]),
            }
            let (mut mean, mut blur) = (0.0, 0.0);
            if all.scaling.intercept {
                mean = reduce::dot(isa, &weights, &column) / weight;
                let offset = all.scaling.shift[c].abs() * all.scaling.exponents[c].scale();
                let size = (column.iter().zip(&weights).map(|(x, w)| w * x * x).sum::<f64>()).sqrt();
                let tolerance = if c < terms { DEFAULT_TOLERANCE } else { f64::EPSILON };
                blur = (f64::EPSILON * offset * weight.sqrt()).max(tolerance * size);
            }
            column.iter_mut().zip(&roots).for_each(|(x, root)| *x = (*x - mean) * root);
            columns.push(column);
            means.push(mean);
            blurs.push(blur);
        }
        let used = weights.iter().filter(|w| **w > 0.0).count() as u64;
        let scaling = all.scaling.clone();
        let row_weights = all.weights.is_some().then_some(weights);
        Ok(Spread { scaling, weight, used, columns, means, noise: blurs, is_rows: true, row_weights })
    }

    fn centred(self, isa: Isa, standardize: bool) -> Result<Centred, LinregError> {
        let Spread { scaling, weight, used, mut columns, means, noise, is_rows, row_weights } = self;
        let (terms, first) = (columns.len() - 1, usize::from(scaling.intercept));
        if terms == 0 {
            return Err(LinregError::NoTerms);
        }
        if used < 1 + first as u64 {
            return Err(LinregError::TooFewRows { rows: used, parameters: 1 + first });
        }
        let shared = if standardize { 0 } else { (0..terms).map(|c| scaling.exponent(c)).max().unwrap_or(0) };
        let scale: Vec<f64> = (0..terms)
            .map(|c| match norm(isa, &columns[c]) {
                spread if spread <= noise[c] => 0.0,
                spread if standardize => weight.sqrt() / spread,
                _ => pow2(scaling.exponent(c) - shared),
            })
            .collect();
        let y = columns.pop().unwrap_or_default();
        let tss = reduce::dot(isa, &y, &y);
        if tss.sqrt() <= noise[terms] {
            let value = scaling.shift[terms] + scale_by(means[terms], scaling.exponent(terms));
            return Err(LinregError::ConstantResponse { value: value.to_string() });
        }
        let height = if is_rows { y.len() } else { terms };
        for (column, scale) in columns.iter_mut().zip(&scale) {
            if !is_rows {
                *column = AlignedVec::from_slice(&column[..terms]);
            }
            column.iter_mut().for_each(|x| *x *= scale);
        }
        Ok(Centred {
            isa,
            columns,
            is_rows,
            z: y[..height].to_vec(),
            rest: if is_rows { 0.0 } else { y[terms] * y[terms] },
            tss,
            weight,
            used,
            response_sd: standardize.then(|| (tss / weight).sqrt()),
            scaling,
            scale,
            shared,
            means,
            row_weights,
        })
    }
}
