//! The one verb of every model: a configuration is fitted to rows, and what comes of it is a type of its own.

use crate::error::{FitError, LinregError};
use crate::rows::block::BlockSource;
use crate::rows::source::MatrixSource;
use planish_tensor::{Exec, MatRef};

/// A configuration that can be fitted.
pub trait Fit {
    /// What comes of it.
    type Fitted;

    /// Fits to the rows of a source, with an instruction set, or that and a number of threads: those of the current pool (see
    /// [`Exec::install`]), which change no bit of the result.
    ///
    /// # Errors
    /// If the source fails, or its rows cannot be fitted: see [`LinregError`].
    ///
    /// # Panics
    /// If the source puts more than [`BLOCK_ROWS`](crate::rows::BLOCK_ROWS) rows into a block.
    fn fit<S: BlockSource>(
        &self,
        exec: impl Into<Exec>,
        source: &mut S,
    ) -> Result<Self::Fitted, FitError<S::Error>>;

    /// Fits to a matrix X `[n, p]` and responses Y `[n, q]`, with optional weights `[n]`. Only [`LinearRegression`](crate::LinearRegression)
    /// has more than one response.
    ///
    /// # Errors
    /// If the shapes disagree or the data cannot be fitted.
    fn fit_matrix(
        &self,
        exec: impl Into<Exec>,
        x: MatRef<'_, f64>,
        y: MatRef<'_, f64>,
        weights: Option<&[f64]>,
    ) -> Result<Self::Fitted, LinregError> {
        Ok(self.fit(exec, &mut MatrixSource::new(x, y, weights)?)?)
    }
}
