//! What is stored for inference, so that tables, tests and intervals need no row of the training data.
//!
//! Variances of coefficients are bᵀMb, with b a row of R⁻¹ in the units of the data (double-double) and M the middle part of the covariance
//! in the orthonormal columns: s² times the identity for the classical one. R itself is kept, 16 digits a number, for the leverage of new
//! rows.

use crate::alias::MinNorm;
use crate::covariance::Covariance;
use crate::frame::{Frame, scale_by, scale_dd};
use crate::last_pass::{LastPass, PerResponse};
use crate::meat::quadratic;
use crate::packed_serde;
use crate::rank::Factor;
use crate::refine::Solution;
use crate::residuals::{InfluentialRow, finite, influential};
use crate::upper::{Upper, inner};
use planish_tensor::Dd;
use serde::{Deserialize, Serialize};

/// What inference needs of the training rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inference {
    /// The covariance that was asked for.
    pub covariance: Covariance,
    /// The number of clusters; 0 if rows have none.
    pub clusters: u64,
    /// Σ log w over the rows with a weight above zero; 0 without weights.
    pub log_weights: f64,
    /// The diagonal of (XᵀWX)⁻¹, the intercept first; 0 for dropped terms.
    pub unscaled_variances: Vec<f64>,
    /// The variance inflation factor of each term; 0 for aliased terms.
    pub vif: Vec<f64>,
    /// Rows with the largest leverages.
    pub leverages: Vec<InfluentialRow>,
    /// Whether some row has leverage one, so that HC2 and HC3 are undefined.
    pub full_leverage: bool,
    /// The factor of the columns.
    pub(crate) row_factor: RowFactor,
    /// What belongs to each response.
    pub responses: Vec<ResponseInference>,
}

/// The part of one response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResponseInference {
    /// Minimum, quartiles and maximum of the residuals, each times the root of its row's weight.
    pub residual_quantiles: [f64; 5],
    /// Whether the quartiles are of a part of the rows.
    pub quantiles_sampled: bool,
    /// Skewness and kurtosis of the residuals; none if all are equal.
    pub shape: Option<[f64; 2]>,
    /// Durbin and Watson's statistic; none if all residuals are zero.
    pub durbin_watson: Option<f64>,
    /// R² of the squared residuals on the columns; none without an intercept.
    pub squares_r2: Option<f64>,
    /// The sum of squares that the terms explain: about the mean with an intercept.
    pub explained: f64,
    /// Rows with the largest Cook's distances; empty if the residual variance is zero or undefined.
    pub cook: Vec<InfluentialRow>,
    /// The variances of the coefficients by HC0, HC2 and HC3.
    pub(crate) hc: [Vec<f64>; 3],
    /// By clusters; empty without.
    pub(crate) cluster: Vec<f64>,
    /// Wald's F of all terms with the robust covariance that was asked for.
    pub(crate) wald: Option<f64>,
    /// The middle part of that covariance; empty for the classical one.
    #[serde(with = "packed_serde")]
    pub(crate) meat: Vec<f64>,
}

/// The triangular factor of the columns √W·[1 X] in the frame, and the frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RowFactor {
    pub(crate) kept: Vec<usize>,
    pub(crate) shift: Vec<f64>,
    pub(crate) exponent: Vec<i32>,
    /// The exponent of the roots of the weights.
    pub(crate) root: i32,
    /// Column by column.
    #[serde(with = "packed_serde")]
    pub(crate) r: Vec<f64>,
}

/// What is needed to bring results from the frame into the units of the data.
pub(crate) struct Fit<'a> {
    pub(crate) frame: &'a Frame,
    pub(crate) factor: &'a Factor,
    pub(crate) solutions: &'a [Solution],
    /// Rows with a weight above zero.
    pub(crate) used: u64,
    pub(crate) min_norm: Option<&'a MinNorm>,
    pub(crate) covariance: Covariance,
    pub(crate) terms: usize,
}

impl Inference {
    pub(crate) fn new(fit: &Fit<'_>, mut pass: LastPass) -> Inference {
        let (factor, frame) = (fit.factor, fit.frame);
        let inverse = pass.upper.inverse();
        let rows = fit.coefficient_rows(&inverse);
        let unscaled = rows.iter().map(|b| finite(inner(b, b).to_f64())).collect();
        let r2 = |q| if factor.first == 1 { pass.squares_r2(q) } else { None };
        let squares_r2: Vec<_> = (0..pass.responses.len()).map(r2).collect();
        let responses = std::mem::take(&mut pass.responses).into_iter().zip(squares_r2).enumerate();
        let responses = responses.map(|(q, (r, r2))| fit.response(&pass, &rows, q, r, r2)).collect();
        Inference {
            covariance: fit.covariance,
            clusters: pass.clusters as u64,
            log_weights: pass.log_weights,
            unscaled_variances: unscaled,
            vif: fit.vif(&pass.upper, &inverse),
            leverages: influential(&pass.leverages, 1.0),
            full_leverage: pass.full_leverage,
            row_factor: RowFactor {
                kept: factor.kept.clone(),
                shift: factor.kept.iter().map(|&t| frame.shift[t]).collect(),
                exponent: factor.kept.iter().map(|&t| frame.exponent(t)).collect(),
                root: frame.root.exponent(),
                r: (0..factor.rank())
                    .flat_map(|j| pass.upper.column(j))
                    .map(|x| finite(x.to_f64()))
                    .collect(),
            },
            responses,
        }
    }
}

impl Inference {
    /// What is wrong with a record that was read from outside.
    pub(crate) fn flaw(&self, terms: usize, parameters: usize, rank: usize) -> Option<&'static str> {
        let each = |v: &[f64], len: usize| v.len() == len && v.iter().all(|x| x.is_finite() && *x >= 0.0);
        let or_none = |v: &[f64]| v.is_empty() || v.len() == parameters && v.iter().all(|x| x.is_finite());
        let triangle = rank * (rank + 1) / 2;
        let whole = |r: &ResponseInference| {
            r.hc[0].len() == parameters
                && r.hc.iter().all(|v| or_none(v))
                && or_none(&r.cluster)
                && (r.meat.is_empty() || r.meat.len() == triangle)
        };
        if !each(&self.unscaled_variances, parameters)
            || !each(&self.vif, terms)
            || !self.responses.iter().all(whole)
        {
            return Some("the variances do not fit the terms");
        }
        self.row_factor.flaw(terms, rank)
    }
}

impl Fit<'_> {
    /// The rows of R⁻¹ in the units of the data, (XᵀWX)⁻¹ being the products of pairs of them: the intercept's, then the terms'.
    fn coefficient_rows(&self, inverse: &Upper) -> Vec<Vec<Dd>> {
        let (frame, factor, rank) = (self.frame, self.factor, self.factor.rank());
        let root = frame.root.exponent();
        let row = |i: usize, e: i32| -> Vec<Dd> {
            let element = |j| if j < i { Dd::ZERO } else { scale_dd(inverse.column(j)[i], e) };
            (0..rank).map(element).collect()
        };
        let add = |to: &mut Vec<Dd>, factor: Dd, from: &[Dd]| {
            to.iter_mut().zip(from).for_each(|(to, from)| *to = *to + factor * *from)
        };
        let kept: Vec<_> = factor
            .kept
            .iter()
            .enumerate()
            .map(|(k, &term)| row(factor.first + k, -root - frame.exponent(term)))
            .collect();
        let combined = |weights: &[Dd]| {
            let mut out = vec![Dd::ZERO; rank];
            weights.iter().zip(&kept).for_each(|(w, from)| add(&mut out, *w, from));
            out
        };
        let mut rows = Vec::with_capacity(factor.first + self.terms);
        if factor.first == 1 {
            let mut intercept = row(0, -root);
            for (&term, from) in factor.kept.iter().zip(&kept) {
                add(&mut intercept, Dd::from(-frame.shift[term]), from);
            }
            if let Some(p) = self.min_norm {
                add(&mut intercept, Dd::ONE, &combined(&p.intercept()));
            }
            rows.push(intercept);
        }
        for term in 0..self.terms {
            rows.push(match (self.min_norm, factor.kept.binary_search(&term)) {
                (Some(p), _) => combined(p.row(term)),
                (None, Ok(k)) => kept[k].clone(),
                (None, Err(_)) => vec![Dd::ZERO; rank],
            });
        }
        rows
    }

    /// The variance inflation factors: the diagonal of (XᵀX)⁻¹ times the sums of squares of the columns, about the mean with an
    /// intercept.
    fn vif(&self, upper: &Upper, inverse: &Upper) -> Vec<f64> {
        let first = self.factor.first;
        let mut out = vec![0.0; self.terms];
        for (k, &term) in self.factor.kept.iter().enumerate() {
            let i = first + k;
            let row =
                (i..upper.order()).fold(Dd::ZERO, |s, j| s + inverse.column(j)[i] * inverse.column(j)[i]);
            let column = &upper.column(i)[first..];
            out[term] = finite((row * inner(column, column)).to_f64());
        }
        out
    }

    fn response(
        &self,
        pass: &LastPass,
        rows: &[Vec<Dd>],
        q: usize,
        of: PerResponse,
        squares_r2: Option<f64>,
    ) -> ResponseInference {
        let (first, rank, n) = (self.factor.first, self.factor.rank(), self.used as f64);
        let units = self.frame.exponent(self.terms + q) + self.frame.root.exponent();
        let solution = &self.solutions[q];
        let effects = pass.upper.apply(&solution.beta);
        let explained = inner(&effects[first..], &effects[first..]).to_f64();
        let rows: Vec<Vec<f64>> = rows.iter().map(|b| b.iter().map(|x| x.to_f64()).collect()).collect();
        let variances = |m: &[f64], factor: f64| -> Vec<f64> {
            rows.iter().map(|b| finite(scale_by(quadratic(m, b) * factor, 2 * units))).collect()
        };
        let hc = |kind: usize| {
            if kind > 0 && pass.full_leverage { Vec::new() } else { variances(of.meat.hc(kind), 1.0) }
        };
        let freedom = n - rank as f64;
        let groups = pass.clusters as f64;
        let cluster_factor = groups / (groups - 1.0) * (n - 1.0) / freedom;
        let clustered = (pass.clusters > 1 && freedom > 0.0).then(|| of.meat.clustered());
        let meat: Option<Vec<f64>> = match self.covariance {
            Covariance::Classical => None,
            Covariance::Hc0 => Some(of.meat.hc(0).to_vec()),
            Covariance::Hc1 => (freedom > 0.0).then(|| scaled(of.meat.hc(0), n / freedom)),
            Covariance::Hc2 => (!pass.full_leverage).then(|| of.meat.hc(1).to_vec()),
            Covariance::Hc3 => (!pass.full_leverage).then(|| of.meat.hc(2).to_vec()),
            Covariance::Cluster => clustered.as_ref().map(|m| scaled(m, cluster_factor)),
        };
        let variance = solution.rss.to_f64() / freedom;
        let by_rank = 1.0 / (rank as f64 * variance);
        ResponseInference {
            residual_quantiles: of.residuals.quantiles().map(|e| finite(scale_by(e, units))),
            quantiles_sampled: of.residuals.is_sampled(),
            shape: of.residuals.shape(),
            durbin_watson: of.residuals.durbin_watson(),
            squares_r2,
            explained: finite(scale_by(explained, 2 * units)),
            cook: if freedom > 0.0 && by_rank.is_finite() {
                influential(&of.residuals.cook, by_rank)
            } else {
                Vec::new()
            },
            hc: [hc(0), hc(1), hc(2)],
            cluster: clustered.map_or(Vec::new(), |m| variances(&m, cluster_factor)),
            wald: meat.as_ref().and_then(|m| wald(m, &effects, first)),
            meat: scaled(&meat.unwrap_or_default(), scale_by(1.0, 2 * units)),
        }
    }
}

fn scaled(m: &[f64], factor: f64) -> Vec<f64> {
    m.iter().map(|x| finite(x * factor)).collect()
}

/// cᵀM⁻¹c over the terms, by their number: F of the hypothesis that all their coefficients are zero. `None` without terms, or
/// if M is singular.
fn wald(meat: &[f64], effects: &[Dd], first: usize) -> Option<f64> {
    let terms = effects.len() - first;
    let at = |i: usize, j: usize| {
        let (i, j) = (first + i, first + j);
        Dd::from(meat[j * (j + 1) / 2 + i])
    };
    let mut c = effects[first..].to_vec();
    Upper::cholesky(terms, at)?.solve_transposed(&mut c);
    let f = inner(&c, &c).to_f64() / terms as f64;
    (terms > 0 && f.is_finite()).then_some(f)
}
