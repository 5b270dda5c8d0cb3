//! The fit of a generalised linear model.

use super::basis::Basis;
use super::config::Glm;
use super::conjugate;
use super::evaluation::Likelihood;
use super::few_rows;
use super::fitted::FittedGlm;
use super::levels;
use super::newton;
use super::null::Null;
use crate::error::{FitError, LinregError};
use crate::factor::fold::Folded;
use crate::factor::folds::factor_folds;
use crate::factor::gram::{Dependent, fold_watching};
use crate::fit::Fit;
use crate::rows::block::BlockSource;
use crate::rows::part::Part;
use planish_tensor::Exec;

/// Most parameters: their Hessian takes half a gigabyte.
const MAX_PARAMETERS: usize = 8192;

impl Fit for Glm {
    type Fitted = FittedGlm;

    /// Reads the source once or twice for each evaluation of the likelihood, some eight times. Terms that separate the responses, and an
    /// iteration that does not converge, are errors.
    fn fit<S: BlockSource>(
        &self,
        exec: impl Into<Exec>,
        source: &mut S,
    ) -> Result<FittedGlm, FitError<S::Error>> {
        let exec: Exec = exec.into();
        self.check().map_err(FitError::Linreg)?;
        match few_rows::fit(self, exec, source)? {
            Some(fitted) => Ok(fitted),
            None => self.fit_terms(exec, source),
        }
    }
}

impl Glm {
    /// The fit of the terms as they are.
    pub(super) fn fit_terms<S: BlockSource>(
        &self,
        exec: Exec,
        source: &mut S,
    ) -> Result<FittedGlm, FitError<S::Error>> {
        let terms = source.terms();
        let parameters = terms + usize::from(self.fit_intercept);
        if parameters == 0 {
            return Err(FitError::Linreg(LinregError::NoTerms));
        }
        let all = parameters.saturating_mul(self.family.predictors());
        // With a penalty no Hessian is formed of many parameters.
        let of_matrix = if self.l2 > 0.0 { parameters } else { all };
        let too_many = LinregError::TooManyParameters { parameters: all, limit: MAX_PARAMETERS };
        if of_matrix > MAX_PARAMETERS {
            return Err(FitError::Linreg(too_many));
        }
        let (folded, null) = self.factor(exec, source)?;
        if self.l2 == 0.0 && folded.used < parameters as u64 {
            return Err(FitError::Linreg(LinregError::TooFewRows { rows: folded.used, parameters }));
        }
        let basis = Basis::new(exec.isa, source, &folded, self.l2, self.tolerance)?;
        if basis.len() == 0 {
            return Err(FitError::Linreg(LinregError::NoTerms));
        }
        let mut start = newton::start(&basis, &null, self.family);
        let likelihood = Likelihood::new(exec, self, &basis, folded.rows);
        let (mut solved, mut steps) = (None, 0);
        if all > conjugate::MANY {
            if self.l2 == 0.0 {
                levels::refuse_separating(self.family, &basis, source)?;
            }
            if let Some(found) = conjugate::solve(exec, &likelihood, source, &null, &start)? {
                (start, solved, steps) = (found.beta, found.solved, found.iterations);
            }
        }
        let solved = match solved {
            Some(solved) => solved,
            None if all > MAX_PARAMETERS => return Err(FitError::Linreg(too_many)),
            None => {
                let solved = newton::solve(&likelihood, source, &null, start)?;
                newton::Solved { iterations: steps + solved.iterations, ..solved }
            }
        };
        FittedGlm::new(exec, self, &basis, &null, terms, folded.used, &solved).map_err(FitError::Linreg)
    }

    /// The triangular factor of [1 X y] and the sums over y: by the Gram matrix where that is enough, else by reflections.
    fn factor<S: BlockSource>(
        &self,
        exec: Exec,
        source: &mut S,
    ) -> Result<(Folded, Null), FitError<S::Error>> {
        let (mut null, mut rows, mut seen) = (Null::new(self.family), 0, Ok(()));
        if source.responses() == 1 {
            let look = |part: Part<'_>| {
                let mut y = Vec::new();
                part.response(0, part.rows(), &mut y);
                (y, part.weights().map(<[f64]>::to_vec))
            };
            let watch = |(y, weights): (Vec<f64>, Option<Vec<f64>>)| {
                if seen.is_ok() {
                    seen = null.take(&y, weights.as_deref(), rows);
                    rows += y.len() as u64;
                }
            };
            let dependent = match self.l2 {
                0.0 => Dependent::Refused { tolerance: self.tolerance },
                _ => Dependent::Kept,
            };
            let quick = fold_watching(exec, source, self.fit_intercept, dependent, look, watch);
            if let Some(folded) = quick.map_err(FitError::Source)? {
                seen.and_then(|()| null.check()).map_err(FitError::Linreg)?;
                return Ok((folded, null));
            }
        }
        let mut null = Null::new(self.family);
        let triangles = factor_folds(exec.isa, self.fit_intercept, source, None, |block, before| {
            let n = block.rows;
            null.take(&block.y[0].hi[..n], block.weights.as_ref().map(|w| &w[..n]), before)
        })?;
        null.check().map_err(FitError::Linreg)?;
        Ok((triangles.without(exec.isa, None).0, null))
    }
}
