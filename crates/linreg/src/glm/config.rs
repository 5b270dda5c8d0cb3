//! The configuration of a generalised linear model.

use super::family::Family;
use crate::error::LinregError;
use crate::factor::rank::DEFAULT_TOLERANCE;
use serde::{Deserialize, Serialize};

/// Logistic, multinomial or Poisson regression; how to fit, before it is fitted.
///
/// ```
/// use planish_linreg::{Fit, Glm};
/// use planish_tensor::{Isa, Matrix};
///
/// let x = Matrix::from_rows(&[[1.0], [2.0], [3.0], [4.0], [5.0], [6.0]]);
/// let y = Matrix::from_rows(&[[0.0], [0.0], [1.0], [0.0], [1.0], [1.0]]);
/// let fitted = Glm::logistic().fit_matrix(Isa::best(), x.view(), y.view(), None)?;
/// assert!(fitted.converged && fitted.coefficients[0].coef[0] > 0.0);
/// # Ok::<(), planish_linreg::LinregError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Glm {
    /// The distribution of the response.
    pub family: Family,
    /// Whether each predictor has an intercept, which is not penalised.
    pub fit_intercept: bool,
    /// The penalty ½·l2·‖b‖² on the sum of the log-likelihoods; 1/C in scikit-learn's terms. Zero for none.
    pub l2: f64,
    /// The most Newton steps.
    pub max_iter: usize,
    /// As [`LinearRegression::tolerance`](crate::LinearRegression::tolerance); not used with a penalty.
    pub tolerance: f64,
}

impl Glm {
    /// A family without penalty, with intercepts.
    pub fn new(family: Family) -> Glm {
        Glm { family, fit_intercept: true, l2: 0.0, max_iter: 100, tolerance: DEFAULT_TOLERANCE }
    }

    /// Two classes.
    pub fn logistic() -> Glm {
        Glm::new(Family::Logistic)
    }

    /// Several classes.
    pub fn multinomial(classes: usize) -> Glm {
        Glm::new(Family::Multinomial { classes })
    }

    /// Counts.
    pub fn poisson() -> Glm {
        Glm::new(Family::Poisson)
    }

    pub(super) fn check(&self) -> Result<(), LinregError> {
        let setting = |setting, value, needs| Err(LinregError::Setting { setting, value, needs });
        if !(self.l2 >= 0.0 && self.l2.is_finite()) {
            return setting("l2", self.l2.to_string(), "it must be zero or more");
        }
        if self.family.classes().is_some_and(|c| c < 2) {
            return setting("classes", format!("{:?}", self.family.classes()), "there must be two or more");
        }
        Ok(())
    }
}
