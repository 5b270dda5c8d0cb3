//! Lasso and elastic net: min 1/(2W)·Σᵢ wᵢ(yᵢ − b₀ − xᵢb)² + α·(ρ‖b‖₁ + ½(1 − ρ)‖b‖²) with W = Σ wᵢ and ρ the `l1_ratio`,
//! scikit-learn's `Lasso` (ρ = 1) and `ElasticNet`.
//!
//! Solved by coordinate descent ([`super::descent`]). The penalty may be chosen by k-fold cross-validation over a path of penalties from
//! the least that makes every coefficient zero down; each starts from the solution before it. One pass over the rows serves
//! all folds and penalties.

use super::alphas::{check_alphas, geometric, largest_first};
use super::centred::Centred;
use super::moments::Moments;
use super::point::{Ended, Penalties, Point};
use super::search::Search;
use crate::error::{FitError, LinregError};
use crate::factor::folds::KFold;
use crate::fit::Fit;
use crate::fitted::coefficients::Coefficients;
use crate::linalg::norm;
use crate::rows::block::BlockSource;
use crate::rows::watch::{Steps, Watch};
use planish_tensor::{Exec, Isa};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What steps of a path are called.
const PENALTIES: &str = "penalties";
/// Penalties on the path to one that is not solved at the first try.
const WARM_STEPS: usize = 50;
/// After this many penalties in a row that a fold fails at, it does not try the smaller ones.
const MAX_FAILURES: usize = 3;

/// The elastic net for one penalty.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ElasticNet {
    /// The penalty α, above zero.
    pub alpha: f64,
    /// The share ρ of the penalty on |b|, above 0 and at most 1. (For 0 use [`Ridge`](crate::Ridge).)
    pub l1_ratio: f64,
    /// Whether the model has an intercept, which is not penalised.
    pub fit_intercept: bool,
    /// Whether the problem is solved with the columns and the response scaled to a standard deviation of one (divisor n): α then
    /// has no unit. (Without that ρ‖b‖₁ and ‖b‖² weigh differently in other units.)
    pub standardize: bool,
    /// The duality gap that ends the descent, as a part of ‖y‖²/W.
    pub tol: f64,
    /// The most sweeps over all coordinates.
    pub max_iter: usize,
}

impl Default for ElasticNet {
    /// α = 1, ρ = ½, with an intercept, in the units of the data.
    fn default() -> Self {
        ElasticNet {
            alpha: 1.0,
            l1_ratio: 0.5,
            fit_intercept: true,
            standardize: false,
            tol: 1e-12,
            max_iter: 10_000,
        }
    }
}

/// The lasso for one penalty: an [`ElasticNet`] with `l1_ratio` 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lasso {
    /// The penalty α, above zero.
    pub alpha: f64,
    /// As [`ElasticNet::fit_intercept`].
    pub fit_intercept: bool,
    /// As [`ElasticNet::standardize`].
    pub standardize: bool,
}

impl Default for Lasso {
    /// α = 1 with an intercept, in the units of the data.
    fn default() -> Self {
        Lasso { alpha: 1.0, fit_intercept: true, standardize: false }
    }
}

impl From<Lasso> for ElasticNet {
    fn from(l: Lasso) -> ElasticNet {
        let Lasso { alpha, fit_intercept, standardize } = l;
        ElasticNet { alpha, l1_ratio: 1.0, fit_intercept, standardize, ..ElasticNet::default() }
    }
}

/// An elastic net that chooses its penalty by cross-validation; with `l1_ratio` 1 a lasso.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ElasticNetCv {
    /// All but `alpha`, which is not used.
    pub base: ElasticNet,
    /// The penalties to choose from; none for a path that the data give.
    pub alphas: Option<Vec<f64>>,
    /// The path's last penalty as a part of its first.
    pub eps: f64,
    /// The number of penalties on the path.
    pub n_alphas: usize,
    /// The folds.
    pub folds: KFold,
    /// The choice.
    pub rule: AlphaRule,
}

impl Default for ElasticNetCv {
    /// 100 penalties over three powers of ten, five folds, the least error.
    fn default() -> Self {
        ElasticNetCv {
            base: ElasticNet::default(),
            alphas: None,
            eps: 1e-3,
            n_alphas: 100,
            folds: KFold::default(),
            rule: AlphaRule::Min,
        }
    }
}

/// Which penalty is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlphaRule {
    /// The one with the least mean error.
    Min,
    /// The largest whose mean error is at most one standard error above the least (Breiman et al., 1984).
    OneStandardError,
}

impl AlphaRule {
    /// Each with its name and a line about it.
    pub const CHOICES: &'static [(&'static str, AlphaRule, &'static str)] = &[
        ("min", AlphaRule::Min, "The penalty with the least mean error"),
        (
            "1se",
            AlphaRule::OneStandardError,
            "The largest penalty whose mean error is within one standard error of the least",
        ),
    ];
}

/// A penalty that was tried.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlphaScore {
    /// The penalty.
    pub alpha: f64,
    /// The mean over the folds of the mean squared error on rows that are left out.
    pub mse: f64,
    /// Its standard error: the standard deviation over the folds, divided by the root of their number.
    pub mse_se: f64,
}

/// A fitted elastic net or lasso.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedElasticNet {
    /// Rows with a weight above zero.
    pub rows: u64,
    /// Whether the model has an intercept.
    pub fit_intercept: bool,
    /// The penalty.
    pub alpha: f64,
    /// The share of the penalty on |b|.
    pub l1_ratio: f64,
    /// The coefficients.
    pub coefficients: Coefficients,
    /// The duality gap as a part of ‖y‖²/W.
    pub duality_gap: f64,
    /// Sweeps over all coordinates.
    pub iterations: usize,
    /// Whether the gap became as small as asked: always so in a new fit, as what does not converge is an error.
    pub converged: bool,
    /// Σ w·(y − ŷ)²
    pub rss: f64,
    /// Σ w·(y − ȳ)², or Σ w·y² without an intercept.
    pub tss: f64,
    /// 1 − rss/tss
    pub r2: f64,
    /// The penalties that were tried, if it was chosen: those for which the fits to all folds converged.
    pub scores: Vec<AlphaScore>,
}

impl FittedElasticNet {
    /// The number of coefficients that are not zero, without the intercept.
    pub fn non_zero(&self) -> usize {
        self.coefficients.coef.iter().filter(|&&c| c != 0.0).count()
    }
}

impl Fit for ElasticNet {
    type Fitted = FittedElasticNet;

    /// Reads the source once or twice.
    fn fit<S: BlockSource>(
        &self,
        exec: impl Into<Exec>,
        source: &mut S,
    ) -> Result<FittedElasticNet, FitError<S::Error>> {
        let mut path = self.path(exec, source, Some(&[self.alpha]))?;
        Ok(path.remove(0))
    }
}

impl ElasticNet {
    /// Fits for every one of these penalties in place of [`ElasticNet::alpha`], largest first; without any for 100 from the
    /// least that makes every coefficient zero to a thousandth of it.
    ///
    /// # Errors
    /// As [`ElasticNet::fit`].
    pub fn path<S: BlockSource>(
        &self,
        exec: impl Into<Exec>,
        source: &mut S,
        alphas: Option<&[f64]>,
    ) -> Result<Vec<FittedElasticNet>, FitError<S::Error>> {
        let exec: Exec = exec.into();
        self.check(alphas).map_err(FitError::Linreg)?;
        let moments = Moments::of_all(exec, self.fit_intercept, source)?;
        let centred = Centred::new(exec.isa, &moments, None, self.standardize)?;
        let alphas = alphas.map_or_else(|| self.grid(&centred, 1e-3, 100), largest_first);
        let mut search = Search::new(&centred);
        let steps = Steps::new(source.watch(), PENALTIES, Some(alphas.len()));
        let fit = |&alpha: &f64| {
            let ended = self.descend_surely(&mut search, &centred, alpha)?;
            steps.count();
            self.fitted(&centred, search.beta(), alpha, ended)
        };
        alphas.iter().map(fit).collect::<Result<_, _>>().map_err(FitError::Linreg)
    }

    fn check(&self, alphas: Option<&[f64]>) -> Result<(), LinregError> {
        let setting = |setting, value: f64, needs| {
            Err(LinregError::Setting { setting, value: value.to_string(), needs })
        };
        if !(self.l1_ratio > 0.0 && self.l1_ratio <= 1.0) {
            return setting(
                "l1_ratio",
                self.l1_ratio,
                "it must be above 0 and at most 1 (0 is ridge regression)",
            );
        }
        if !(self.tol > 0.0 && self.tol < 1.0) {
            return setting("tol", self.tol, "it must be above 0 and below 1");
        }
        if self.max_iter == 0 {
            return setting("max_iter", 0.0, "it must be one or more");
        }
        check_alphas(alphas.unwrap_or(&[1.0]), |a| a > 0.0, "it must be above 0 (0 is least squares)")
    }

    /// Descends for this penalty.
    fn descend(&self, search: &mut Search<'_>, centred: &Centred, alpha: f64) -> Ended {
        let l1 = centred.mean_penalty(alpha * self.l1_ratio);
        let l2 = centred.mean_square_penalty(alpha * (1.0 - self.l1_ratio));
        search.solve(Penalties { l1, l2 }, self.tol, self.max_iter)
    }

    /// Descends for a penalty whose solution is wanted: if that fails from the present coefficients, once more along a path of penalties.
    fn descend_surely<'c>(
        &self,
        search: &mut Search<'c>,
        centred: &'c Centred,
        alpha: f64,
    ) -> Result<Ended, LinregError> {
        let mut ended = self.descend(search, centred, alpha);
        if !ended.converged {
            *search = Search::new(centred);
            let largest = self.grid(centred, 0.5, 1)[0];
            if largest > alpha {
                for alpha in geometric(centred.isa, largest, alpha / largest, WARM_STEPS) {
                    self.descend(search, centred, alpha);
                }
            }
            ended = self.descend(search, centred, alpha);
        }
        if ended.converged {
            return Ok(ended);
        }
        Err(LinregError::NoSolution { alpha: alpha.to_string(), iterations: ended.sweeps })
    }

    /// Penalties from the least that makes every coefficient zero down to its `eps`, in equal ratios.
    fn grid(&self, centred: &Centred, eps: f64, count: usize) -> Vec<f64> {
        let largest = centred.mean_penalty_in_units(Point::new(centred).steepest()) / self.l1_ratio;
        let largest = largest.max(f64::MIN_POSITIVE / eps);
        geometric(centred.isa, largest, eps, count)
    }

    fn fitted(
        &self,
        c: &Centred,
        beta: &[f64],
        alpha: f64,
        ended: Ended,
    ) -> Result<FittedElasticNet, LinregError> {
        let beta = &without_rounding(c, beta);
        let rss = c.rss(beta);
        Ok(FittedElasticNet {
            rows: c.used,
            fit_intercept: self.fit_intercept,
            alpha,
            l1_ratio: self.l1_ratio,
            coefficients: c.coefficients(beta)?,
            duality_gap: ended.gap,
            iterations: ended.sweeps,
            converged: true,
            rss: c.squares_in_units(rss),
            tss: c.squares_in_units(c.tss),
            r2: c.r2(rss),
            scores: Vec::new(),
        })
    }
}

/// The coefficients without those that are the rounding of others, as of columns that depend on each other: what they add is below 2⁻⁴⁸ of what the largest adds.
fn without_rounding(c: &Centred, beta: &[f64]) -> Vec<f64> {
    const ROUNDING: f64 = 1.0 / (1_u64 << 48) as f64;
    let adds: Vec<f64> =
        beta.iter().zip(&c.columns).map(|(b, column)| b.abs() * norm(c.isa, column)).collect();
    let least = ROUNDING * adds.iter().fold(0.0, |most: f64, add| most.max(*add));
    beta.iter().zip(&adds).map(|(&b, &add)| if add <= least { 0.0 } else { b }).collect()
}

impl Fit for Lasso {
    type Fitted = FittedElasticNet;

    fn fit<S: BlockSource>(
        &self,
        exec: impl Into<Exec>,
        source: &mut S,
    ) -> Result<FittedElasticNet, FitError<S::Error>> {
        ElasticNet::from(*self).fit(exec, source)
    }
}

impl Fit for ElasticNetCv {
    type Fitted = FittedElasticNet;

    /// Chooses the penalty and fits to all rows. The source is read once.
    fn fit<S: BlockSource>(
        &self,
        exec: impl Into<Exec>,
        source: &mut S,
    ) -> Result<FittedElasticNet, FitError<S::Error>> {
        self.check().map_err(FitError::Linreg)?;
        let exec: Exec = exec.into();
        let moments = Moments::of_folds(exec.isa, self.base.fit_intercept, source, self.folds)?;
        self.choose(exec, &moments, source.watch()).map_err(FitError::Linreg)
    }
}

impl ElasticNetCv {
    fn check(&self) -> Result<(), LinregError> {
        self.base.check(self.alphas.as_deref())?;
        let setting = |setting, value, needs| Err(LinregError::Setting { setting, value, needs });
        if !(self.eps > 0.0 && self.eps < 1.0) {
            return setting("eps", self.eps.to_string(), "it must be above 0 and below 1");
        }
        if self.n_alphas == 0 {
            return setting("n_alphas", "0".to_owned(), "it must be one or more");
        }
        Ok(())
    }

    /// The squared error on a fold and the fold's weight, of each penalty for which the fit to all other rows converges: the others are left out, and
    /// all after a few in a row.
    fn errors(
        &self,
        isa: Isa,
        moments: &Moments,
        fold: usize,
        alphas: &[f64],
        steps: &Steps,
    ) -> Result<Vec<Option<(f64, f64)>>, LinregError> {
        let centred = Centred::new(isa, moments, Some(fold), self.base.standardize)?;
        let mut search = Search::new(&centred);
        let (mut found, mut failures) = (vec![None; alphas.len()], 0);
        for (found, &alpha) in found.iter_mut().zip(alphas) {
            if failures < MAX_FAILURES {
                let ended = self.base.descend(&mut search, &centred, alpha);
                let residual = || centred.residual_vector(search.beta());
                *found = ended.converged.then(|| moments.mean_square(isa, fold, &residual()));
                failures = if found.is_some() { 0 } else { failures + 1 };
            }
            steps.count();
        }
        Ok(found)
    }

    fn choose(
        &self,
        exec: Exec,
        moments: &Moments,
        watch: Option<Arc<dyn Watch>>,
    ) -> Result<FittedElasticNet, LinregError> {
        let isa = exec.isa;
        let whole = Centred::new(isa, moments, None, self.base.standardize)?;
        let alphas = match &self.alphas {
            Some(alphas) => largest_first(alphas),
            None => self.base.grid(&whole, self.eps, self.n_alphas),
        };
        // Those of the folds, and those of the path to all rows.
        let steps = Steps::new(watch, PENALTIES, Some((moments.folds() + 1) * alphas.len()));
        let of_fold = |fold: usize| self.errors(isa, moments, fold, &alphas, &steps);
        let errors: Vec<_> = match exec.threads {
            0 | 1 => (0..moments.folds()).map(of_fold).collect::<Result<_, _>>()?,
            _ => (0..moments.folds()).into_par_iter().map(of_fold).collect::<Result<_, _>>()?,
        };
        let scored = |i: usize| {
            let folds: Option<Vec<_>> = errors.iter().map(|fold| fold[i]).collect();
            folds.map(|folds| score(&whole, alphas[i], folds.into_iter()))
        };
        let scores: Vec<_> = (0..alphas.len()).filter_map(scored).collect();
        if scores.is_empty() {
            let (alpha, iterations) = (alphas[0].to_string(), self.base.max_iter);
            return Err(LinregError::NoSolution { alpha, iterations });
        }
        let chosen = scores[self.rule.choose(&scores)].alpha;
        let mut search = Search::new(&whole);
        for &alpha in alphas.iter().take_while(|alpha| **alpha > chosen) {
            self.base.descend(&mut search, &whole, alpha);
            steps.count();
        }
        let ended = self.base.descend_surely(&mut search, &whole, chosen)?;
        let fitted = self.base.fitted(&whole, search.beta(), chosen, ended)?;
        Ok(FittedElasticNet { scores, ..fitted })
    }
}

impl AlphaRule {
    /// The place of the penalty chosen; the scores begin with the largest.
    fn choose(self, scores: &[AlphaScore]) -> usize {
        let least =
            (0..scores.len()).fold(0, |best, i| if scores[i].mse < scores[best].mse { i } else { best });
        match self {
            AlphaRule::Min => least,
            AlphaRule::OneStandardError => {
                let bound = scores[least].mse + scores[least].mse_se;
                scores.iter().position(|s| s.mse <= bound).unwrap_or(least)
            }
        }
    }
}

/// The weighted mean of the folds' errors, and its standard error.
fn score(centred: &Centred, alpha: f64, folds: impl Iterator<Item = (f64, f64)> + Clone) -> AlphaScore {
    let count = folds.clone().count() as f64;
    let weight: f64 = folds.clone().map(|(_, w)| w).sum();
    // Folds differ by a row at most; only weights make them count differently.
    let plain = folds.clone().map(|(m, _)| m).sum::<f64>() / count;
    let mean =
        if centred.is_weighted() { folds.clone().map(|(m, w)| m * w).sum::<f64>() / weight } else { plain };
    let variance = folds.map(|(m, _)| (m - plain) * (m - plain)).sum::<f64>() / (count - 1.0);
    let unit = |m| centred.mean_square_in_units(m);
    AlphaScore { alpha, mse: unit(mean), mse_se: unit((variance / count).sqrt()) }
}
