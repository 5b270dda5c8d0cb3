//! The configuration of a linear regression, and the fit.

use crate::error::{FitError, LinregError};
use crate::factor::alias::{self, Alias, AliasedPolicy, MinNorm};
use crate::factor::dependence;
use crate::factor::factorization::Factorization;
use crate::factor::fold::{Fold, Folded};
use crate::factor::gram;
use crate::factor::rank::{DEFAULT_TOLERANCE, Factor};
use crate::fit::Fit;
use crate::fitted::regression::FittedLinearRegression;
use crate::fitted::stored::Covariance;
use crate::fitted::stored::Inference;
use crate::gather::inference::FitParts;
use crate::gather::last_pass;
use crate::refine::problem::{Problem, Solution};
use crate::refine::solve;
use crate::rows::block::{BlockSource, read};
use nalgebra::{DMatrix, DVector};
use planish_tensor::{Exec, Isa, MatRef};
use serde::{Deserialize, Serialize};

/// Least squares with or without an intercept; how to fit, before it is fitted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinearRegression {
    /// Whether the model has an intercept.
    pub fit_intercept: bool,
    /// A term is aliased, and dropped, if its norm after elimination of the terms before it is at most this part of its
    /// norm about the mean.
    pub tolerance: f64,
    /// The most corrections of the coefficients, each a pass over the rows.
    pub max_refinements: usize,
    /// What becomes of aliased terms.
    #[serde(default)]
    pub aliased: AliasedPolicy,
    /// Whether a last pass gathers what tables, tests and intervals need, and which covariance they use.
    #[serde(default)]
    pub inference: Option<Covariance>,
    /// Whether Cholesky's method is tried first (see [`Factorization`]); the result is as exact without it.
    #[serde(default = "yes", rename = "fast")]
    pub cholesky: bool,
}

fn yes() -> bool {
    true
}

impl Default for LinearRegression {
    fn default() -> Self {
        LinearRegression {
            fit_intercept: true,
            tolerance: DEFAULT_TOLERANCE,
            max_refinements: 12,
            aliased: AliasedPolicy::Drop,
            inference: None,
            cholesky: true,
        }
    }
}

impl Fit for LinearRegression {
    type Fitted = FittedLinearRegression;

    /// Reads the source two times or more.
    fn fit<S: BlockSource>(
        &self,
        exec: impl Into<Exec>,
        source: &mut S,
    ) -> Result<FittedLinearRegression, FitError<S::Error>> {
        let exec: Exec = exec.into();
        let isa = exec.isa;
        let terms = source.terms();
        self.check_columns(terms, source.responses()).map_err(FitError::Linreg)?;
        let (factorization, folded, factor) = self.factor(exec, source)?;
        if self.aliased == AliasedPolicy::Error && !factor.aliased.is_empty() {
            return Err(FitError::Linreg(LinregError::Aliased { terms: factor.aliased }));
        }
        let aliases = alias::combinations(isa, &folded.scaling, &factor);
        let problem = Problem::new(exec, &folded.scaling, &factor, folded.rows, factorization);
        let mut solutions = solve::solve(&problem, source, self.max_refinements)?;
        let min_norm = self.min_norm(terms, &factor, &aliases);
        let mut inference = None;
        if let Some(covariance) = self.inference {
            let pass = last_pass::run(&problem, source, &mut solutions)?;
            let fit = FitParts {
                scaling: &folded.scaling,
                factor: &factor,
                solutions: &solutions,
                used: folded.used,
                min_norm: min_norm.as_ref(),
                covariance,
                terms,
            };
            inference = Some(Inference::new(&fit, pass));
        }
        let mut fitted =
            self.assemble(&problem, &folded, aliases, &solutions, factorization).map_err(FitError::Linreg)?;
        if inference.is_some() {
            fitted.responses.iter_mut().for_each(|r| r.std_errors.clear());
        }
        fitted.inference = inference;
        Ok(fitted)
    }
}

impl LinearRegression {
    /// Refuses a model without parameters, or without responses.
    pub(crate) fn check_columns(&self, terms: usize, responses: usize) -> Result<(), LinregError> {
        match (terms + usize::from(self.fit_intercept), responses) {
            (0, _) => Err(LinregError::NoTerms),
            (_, 0) => Err(LinregError::NoResponses),
            _ => Ok(()),
        }
    }

    /// Refuses fewer rows than parameters.
    pub(crate) fn check_rows(&self, rows: u64, terms: usize) -> Result<(), LinregError> {
        let parameters = terms + usize::from(self.fit_intercept);
        if rows < parameters as u64 { Err(LinregError::TooFewRows { rows, parameters }) } else { Ok(()) }
    }

    /// The fit in the units of the data, aliased terms treated as the policy says, without inference.
    pub(crate) fn assemble(
        &self,
        problem: &Problem<'_>,
        folded: &Folded,
        aliases: Vec<Alias>,
        solutions: &[Solution],
        factorization: Factorization,
    ) -> Result<FittedLinearRegression, LinregError> {
        let factor = problem.factor;
        if self.aliased == AliasedPolicy::Error && !factor.aliased.is_empty() {
            return Err(LinregError::Aliased { terms: factor.aliased.clone() });
        }
        let terms = folded.scaling.shift.len() - solutions.len();
        let mut fitted = FittedLinearRegression::new(problem.isa(), folded, factor, terms, solutions)?;
        if let Some(p) = self.min_norm(terms, factor, &aliases) {
            fitted.spread(&p);
        }
        fitted.factorization = factorization;
        fitted.aliases = aliases;
        Ok(fitted)
    }

    /// How coefficients of least norm follow from those of the kept terms, where they are wanted.
    fn min_norm(&self, terms: usize, factor: &Factor, aliases: &[Alias]) -> Option<MinNorm> {
        match self.aliased {
            AliasedPolicy::MinNorm => MinNorm::new(terms, &factor.kept, aliases),
            AliasedPolicy::Drop | AliasedPolicy::Error => None,
        }
    }

    /// Fits to nalgebra's matrices, with the fastest instruction set.
    ///
    /// # Errors
    /// As [`LinearRegression::fit_matrix`].
    pub fn fit_nalgebra(
        &self,
        x: &DMatrix<f64>,
        y: &DVector<f64>,
    ) -> Result<FittedLinearRegression, LinregError> {
        let by_column = MatRef::new(x.as_slice(), x.ncols(), x.nrows()).t();
        self.fit_matrix(Isa::best(), by_column, MatRef::new(y.as_slice(), y.len(), 1), None)
    }

    /// The triangular factor without aliased terms: of the Gram matrix, if that is enough, else by reflections.
    fn factor<S: BlockSource>(
        &self,
        exec: Exec,
        source: &mut S,
    ) -> Result<(Factorization, Folded, Factor), FitError<S::Error>> {
        let (isa, terms) = (exec.isa, source.terms());
        let parameters = terms + usize::from(self.fit_intercept);
        let read = if self.cholesky {
            gram::fold(exec, source, self.fit_intercept, self.tolerance).map_err(FitError::Source)?
        } else {
            None
        };
        if let Some(folded) = read.filter(|f| f.used >= parameters as u64) {
            let factor = Factor::new(isa, &folded, terms, self.tolerance);
            let condition = factor.inverse_norm(&factor.norms(isa));
            if factor.aliased.is_empty() && condition <= gram::LARGEST_CONDITION {
                return Ok((Factorization::Cholesky, folded, factor));
            }
        }
        let folded = self.fold(isa, source)?;
        self.check_rows(folded.used, terms).map_err(FitError::Linreg)?;
        let factor = Factor::new(isa, &folded, terms, self.tolerance);
        let (factor, anew) = dependence::settle(isa, source, &folded, factor)?;
        let factorization = if anew { Factorization::Products } else { Factorization::Householder };
        Ok((factorization, folded, factor))
    }

    /// The first pass by reflections.
    fn fold<S: BlockSource>(&self, isa: Isa, source: &mut S) -> Result<Folded, FitError<S::Error>> {
        let mut fold = Fold::new(isa, self.fit_intercept, source.terms(), source.responses());
        read(source, |block| fold.push(block))?;
        Ok(fold.finish()?)
    }
}
