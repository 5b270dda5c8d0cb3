//! From the sums of the last pass to what is stored for inference.
//!
//! Variances of coefficients are bᵀMb, with b a row of R⁻¹ in the units of the data (double-double) and M the middle part of the covariance
//! in the orthonormal columns: s² times the identity for the classical one. R itself is kept, 16 digits a number, for the leverage of new
//! rows.

use crate::factor::alias::MinNorm;
use crate::factor::rank::Factor;
use crate::fitted::stored::{Covariance, Inference, InfluentialRow, ResponseInference, RowFactor, finite};
use crate::gather::largest::Largest;
use crate::gather::last_pass::{LastPass, PerResponse};
use crate::gather::meat::quadratic;
use crate::linalg::powers::{excess, exponent_of, scale_by, scale_dd};
use crate::linalg::upper::{Upper, inner};
use crate::refine::problem::Solution;
use crate::rows::scaling::Scaling;
use planish_tensor::Dd;

/// What is needed to bring results from scaled units into the units of the data.
pub(crate) struct FitParts<'a> {
    pub(crate) scaling: &'a Scaling,
    pub(crate) factor: &'a Factor,
    pub(crate) solutions: &'a [Solution],
    /// Rows with a weight above zero.
    pub(crate) used: u64,
    pub(crate) min_norm: Option<&'a MinNorm>,
    pub(crate) covariance: Covariance,
    pub(crate) terms: usize,
}

impl Inference {
    pub(crate) fn new(fit: &FitParts<'_>, mut pass: LastPass) -> Inference {
        let factor = fit.factor;
        let inverse = pass.upper.inverse();
        let mut rows = fit.coefficient_rows(&inverse);
        let exponents = take_out(&mut rows);
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
            exponents,
            vif: fit.vif(&pass.upper, &inverse),
            leverages: influential(&pass.leverages, 1.0),
            full_leverage: pass.full_leverage.is_some(),
            full_leverage_row: pass.full_leverage,
            row_factor: fit.row_factor(&pass),
            responses,
        }
    }
}

/// Takes powers of two out of the rows whose squares would leave the range; none if there are no such rows.
fn take_out(rows: &mut [Vec<Dd>]) -> Vec<i32> {
    let largest = |b: &Vec<Dd>| b.iter().fold(0.0, |m: f64, x| m.max(x.hi.abs()));
    let of = |b: &Vec<Dd>| Some(largest(b)).filter(|x| *x > 0.0).map_or(0, |x| excess(exponent_of(x)));
    let exponents: Vec<i32> = rows.iter().map(of).collect();
    if exponents.iter().all(|e| *e == 0) {
        return Vec::new();
    }
    for (row, e) in rows.iter_mut().zip(&exponents) {
        row.iter_mut().for_each(|x| *x = scale_dd(*x, -e));
    }
    exponents
}

impl FitParts<'_> {
    /// The factor that is kept, with all its digits where a leverage is near one.
    fn row_factor(&self, pass: &LastPass) -> RowFactor {
        let (factor, scaling) = (self.factor, self.scaling);
        let elements = || (0..factor.rank()).flat_map(|j| pass.upper.column(j));
        RowFactor {
            kept: factor.kept.clone(),
            shift: factor.kept.iter().map(|&t| scaling.shift[t]).collect(),
            exponent: factor.kept.iter().map(|&t| scaling.exponent(t)).collect(),
            root: scaling.root.value(),
            r: elements().map(|x| finite(x.to_f64())).collect::<Vec<f64>>().into(),
            rests: if pass.near {
                elements().map(|x| finite((*x - Dd::from(x.to_f64())).to_f64())).collect()
            } else {
                Vec::new()
            },
        }
    }

    /// The rows of R⁻¹ in the units of the data, (XᵀWX)⁻¹ being the products of pairs of them: the intercept's, then the terms'.
    fn coefficient_rows(&self, inverse: &Upper) -> Vec<Vec<Dd>> {
        let (scaling, factor, rank) = (self.scaling, self.factor, self.factor.rank());
        let root = scaling.root.value();
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
            .map(|(k, &term)| row(factor.first + k, -root - scaling.exponent(term)))
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
                add(&mut intercept, Dd::from(-scaling.shift[term]), from);
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
        let units = self.scaling.exponent(self.terms + q) + self.scaling.root.value();
        let exponent = excess(units);
        let squared = 2 * (units - exponent);
        let solution = &self.solutions[q];
        let effects = pass.upper.apply(&solution.beta);
        let explained = inner(&effects[first..], &effects[first..]).to_f64();
        let plain: Vec<Vec<f64>> = rows.iter().map(|b| b.iter().map(|x| x.to_f64()).collect()).collect();
        let variances = |m: &[f64], factor: f64| -> Vec<f64> {
            plain.iter().map(|b| finite(scale_by(quadratic(m, b) * factor, squared))).collect()
        };
        let hc = |kind: usize| {
            if kind > 0 && pass.full_leverage.is_some() {
                return Vec::new();
            }
            let variance = |(x, precise): (&Vec<f64>, &Vec<Dd>)| of.meat.hc_quadratic(kind, x, precise);
            plain.iter().zip(rows).map(|b| finite(scale_by(variance(b), squared))).collect()
        };
        let freedom = n - rank as f64;
        let groups = pass.clusters as f64;
        let cluster_factor = groups / (groups - 1.0) * (n - 1.0) / freedom;
        let clustered = (pass.clusters > 1 && freedom > 0.0).then(|| of.meat.clustered());
        let meat: Option<Vec<f64>> = match self.covariance {
            Covariance::Classical => None,
            Covariance::Hc0 => Some(of.meat.hc(0)),
            Covariance::Hc1 => (freedom > 0.0).then(|| scaled(&of.meat.hc(0), n / freedom)),
            Covariance::Hc2 => pass.full_leverage.is_none().then(|| of.meat.hc(1)),
            Covariance::Hc3 => pass.full_leverage.is_none().then(|| of.meat.hc(2)),
            Covariance::Cluster => clustered.as_ref().map(|m| scaled(m, cluster_factor)),
        };
        let variance = solution.rss.to_f64() / freedom;
        let perfect = solution.is_perfect(freedom as u64, rank);
        let by_rank = 1.0 / (rank as f64 * variance);
        ResponseInference {
            residual_quantiles: of.residuals.quantiles().map(|e| finite(scale_by(e, units))),
            quantiles_sampled: of.residuals.is_sampled(),
            shape: of.residuals.shape(),
            durbin_watson: of.residuals.durbin_watson(),
            squares_r2,
            explained: finite(scale_by(explained, squared)),
            exponent,
            cook: if freedom > 0.0 && by_rank.is_finite() && !perfect {
                influential(&of.residuals.cook, by_rank)
            } else {
                Vec::new()
            },
            hc: [hc(0), hc(1), hc(2)],
            cluster: clustered.map_or(Vec::new(), |m| variances(&m, cluster_factor)),
            wald: meat.as_ref().and_then(|m| wald(m, &effects, first)),
            meat: scaled(&meat.unwrap_or_default(), scale_by(1.0, squared)).into(),
        }
    }
}

fn scaled(m: &[f64], factor: f64) -> Vec<f64> {
    m.iter().map(|x| finite(x * factor)).collect()
}

/// The part of a diagonal element below which what is left of it in a factorisation is the rounding of sums in `f64`.
const SINGULAR: f64 = 1e-13;

/// cᵀM⁻¹c over the terms, by their number: F of the hypothesis that all their coefficients are zero. `None` without terms, or
/// if M is singular.
fn wald(meat: &[f64], effects: &[Dd], first: usize) -> Option<f64> {
    let terms = effects.len() - first;
    let at = |i: usize, j: usize| {
        let (i, j) = (first + i, first + j);
        Dd::from(meat[j * (j + 1) / 2 + i])
    };
    let mut c = effects[first..].to_vec();
    let upper = Upper::cholesky(terms, at)?;
    let is_rounding = |j: usize| {
        let pivot = upper.column(j)[j].hi;
        pivot * pivot <= SINGULAR * at(j, j).hi
    };
    if (0..terms).any(is_rounding) {
        return None;
    }
    upper.solve_transposed(&mut c);
    let f = inner(&c, &c).to_f64() / terms as f64;
    (terms > 0 && f.is_finite()).then_some(f)
}

/// The rows with the largest values, these times `scale`.
fn influential(largest: &Largest<u64>, scale: f64) -> Vec<InfluentialRow> {
    largest.iter().map(|&(value, row)| InfluentialRow { row, value: finite(value * scale) }).collect()
}
