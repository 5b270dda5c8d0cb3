//! What the fits need of the rows: a triangle a fold, or, where there are no more rows than terms, the rows themselves.

use crate::error::{FitError, LinregError};
use crate::factor::folds::{FoldTriangles, KFold, factor_all, factor_folds};
use crate::factor::gathered::{Gathered, gather};
use crate::rows::block::BlockSource;
use planish_tensor::{Exec, Isa, reduce};

/// The rows of a source, as far as squares are concerned.
pub(crate) enum Moments {
    /// Triangles, one a fold.
    Triangles(FoldTriangles),
    /// Rows.
    Rows(FewRows),
}

impl Moments {
    /// Of all rows, as one fold.
    pub(crate) fn of_all<S: BlockSource>(
        exec: Exec,
        intercept: bool,
        source: &mut S,
    ) -> Result<Moments, FitError<S::Error>> {
        Ok(match gather(exec.isa, source, intercept, |_, _| Ok(()))? {
            Some(gathered) => Moments::Rows(FewRows { fold: vec![0; gathered.rows], folds: 1, gathered }),
            None => Moments::Triangles(factor_all(exec, intercept, source)?),
        })
    }

    /// Of each fold.
    pub(crate) fn of_folds<S: BlockSource>(
        isa: Isa,
        intercept: bool,
        source: &mut S,
        folds: KFold,
    ) -> Result<Moments, FitError<S::Error>> {
        let few = if folds.folds < 2 { None } else { gather(isa, source, intercept, |_, _| Ok(()))? };
        Ok(match few {
            Some(gathered) => Moments::Rows(FewRows::new(gathered, folds)?),
            None => Moments::Triangles(factor_folds(isa, intercept, source, Some(folds), |_, _| Ok(()))?),
        })
    }

    /// The number of folds; one if there was no cross-validation.
    pub(crate) fn folds(&self) -> usize {
        match self {
            Moments::Triangles(triangles) => triangles.folds(),
            Moments::Rows(rows) => rows.folds,
        }
    }

    /// The weighted mean of the squares of [1 X y]·v over a fold's rows, in scaled units, and the fold's weight.
    pub(crate) fn mean_square(&self, isa: Isa, fold: usize, v: &[f64]) -> (f64, f64) {
        match self {
            Moments::Triangles(triangles) => triangles.mean_square(isa, fold, v),
            Moments::Rows(rows) => rows.mean_square(isa, fold, v),
        }
    }
}

/// Rows, and the fold of each.
pub(crate) struct FewRows {
    pub(crate) gathered: Gathered,
    fold: Vec<usize>,
    folds: usize,
}

impl FewRows {
    fn new(gathered: Gathered, folds: KFold) -> Result<FewRows, LinregError> {
        let few = FewRows { fold: folds.of_rows(gathered.rows), folds: folds.folds, gathered };
        let is_used = |fold: usize| few.of(fold).any(|row| few.gathered.weight(row) > 0.0);
        match (0..folds.folds).find(|&fold| !is_used(fold)) {
            Some(fold) => Err(LinregError::EmptyFold { fold: fold + 1, folds: folds.folds }),
            None => Ok(few),
        }
    }

    fn of(&self, fold: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.fold.len()).filter(move |&row| self.fold[row] == fold)
    }

    /// The rows that are not in this fold.
    pub(crate) fn without(&self, fold: Option<usize>) -> Vec<usize> {
        (0..self.fold.len()).filter(|&row| Some(self.fold[row]) != fold).collect()
    }

    fn mean_square(&self, isa: Isa, fold: usize, v: &[f64]) -> (f64, f64) {
        let first = usize::from(self.gathered.scaling.intercept);
        let mut errors = vec![if first == 1 { v[0] } else { 0.0 }; self.gathered.rows];
        for (column, &x) in self.gathered.columns.iter().zip(&v[first..]).filter(|(_, x)| **x != 0.0) {
            reduce::axpy(isa, x, column, &mut errors);
        }
        let square = |row: usize| self.gathered.weight(row) * errors[row] * errors[row];
        let weight: f64 = self.of(fold).map(|row| self.gathered.weight(row)).sum();
        (self.of(fold).map(square).sum::<f64>() / weight, weight)
    }
}
