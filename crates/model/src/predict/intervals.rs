//! Predictions of a linear model with their confidence and prediction intervals.

use super::predictions::terms;
use crate::error::ModelError;
use crate::model::Model;
use planish_tabular::{Notes, Table};
use planish_tensor::Exec;

/// Predictions with intervals, one a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Intervals {
    /// The predictions.
    pub prediction: Vec<f64>,
    /// Confidence intervals of the mean at the row.
    pub mean_ci: Vec<[f64; 2]>,
    /// Prediction intervals of a new observation of weight one at the row.
    pub obs_ci: Vec<[f64; 2]>,
}

impl Model {
    /// Whether its predictions have intervals.
    pub fn has_intervals(&self) -> bool {
        self.least_squares().is_some()
    }

    /// Predicts every row with intervals of this level, such as 0.95, by the covariance that the model was fitted with.
    ///
    /// # Errors
    /// A network, a level outside (0, 1), a model without degrees of freedom, or a feature column that is not there.
    pub fn predict_intervals(
        &self,
        exec: Exec,
        table: &Table,
        notes: &mut Notes,
        level: f64,
    ) -> Result<Intervals, ModelError> {
        let wrong = |needs| ModelError::Setting { setting: "interval", value: level.to_string(), needs };
        let (Some(l), Some(fit)) = (self.linear(), self.least_squares()) else {
            return Err(wrong("only linear models have intervals"));
        };
        if !(level > 0.0 && level < 1.0) {
            return Err(wrong("it must lie between 0 and 1"));
        }
        let terms = terms(l, table, notes)?;
        let columns: Vec<_> = terms.iter().map(|t| t.first(table.rows())).collect();
        let mut prediction = vec![0.0; table.rows()];
        fit.predict_into(exec.isa, &columns, 0, &mut prediction);
        let widths = fit.half_widths(&columns, 0, level)?;
        let around = |half: &[f64]| prediction.iter().zip(half).map(|(y, h)| [y - h, y + h]).collect();
        let (mean_ci, obs_ci) = (around(&widths.mean), around(&widths.observation));
        Ok(Intervals { prediction, mean_ci, obs_ci })
    }
}
