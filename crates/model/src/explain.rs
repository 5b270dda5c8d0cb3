//! What each column adds to a prediction. Exact for trees (Shapley values of the score, see `planish_trees::Forest::contributions`) and for linear models
//! (coefficient times distance from the average training row); for networks and blends Shapley values by sampling, with their standard errors
//! (`sampled`). No training row is needed: what stands for a column that is not known is what the pipeline knows of it.

mod sampled;

use crate::error::ModelError;
use crate::linear_model::LinearModel;
use crate::model::Model;
use crate::predict::Predictions;
use crate::predict::predictions::unchecked_terms;
use crate::predictor::Predictor;
use crate::trees_predictor::TreesPredictor;
use planish_linreg::glm::Family;
use planish_tabular::{CellProfile, Notes, Table};
use planish_tensor::Exec;
use planish_trees::Loss;
use serde::Serialize;

/// The most products of rows, columns and parameters for which there are explanations at once.
const MOST_WORK: f64 = 5e8;
/// What a column costs at least, counted in parameters.
const COLUMN: usize = 50;

/// On what scale parts are added up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// In the target's units.
    Target,
    /// The logarithm of the prediction.
    Log,
    /// The logarithm of the odds; of more than two classes the score whose softmax is the probability.
    LogOdds,
    /// A probability.
    Probability,
}

/// What each column adds to the prediction of a row.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Explanation {
    /// Of classes the one whose score or probability it is: of two the second, of more the most probable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// On what scale.
    pub scale: Scale,
    /// What rows have in common.
    pub base: f64,
    /// What each column adds. Base and parts add up to the prediction on that scale.
    pub parts: Vec<Part>,
}

/// What a column adds.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Part {
    /// The column; of a product of two columns `a:b`.
    pub column: String,
    /// What it adds.
    pub value: f64,
    /// The standard error of that, where it is sampled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standard_error: Option<f64>,
}

impl Model {
    /// What each column adds to the prediction of each row.
    ///
    /// # Errors
    /// A feature column that is not there, or of the wrong kind; more rows than can be explained at once.
    pub fn explain(&self, exec: Exec, table: &Table) -> Result<Vec<Explanation>, ModelError> {
        let columns = self.features().columns.len();
        let a_row = self.parameters().max(COLUMN * columns) as f64 * (columns + 1) as f64;
        let work = a_row * table.rows() as f64;
        if work > MOST_WORK {
            return Err(ModelError::Setting {
                setting: "the number of rows to explain",
                value: table.rows().to_string(),
                needs: "it is too large for a model of this size: explain fewer at once",
            });
        }
        let predictions = self.predict(exec, table, &mut Notes::default())?;
        // Of each row the output that is explained.
        let output = |row: usize| match self.target().classes().len() {
            0 => 0,
            2 => 1,
            _ => predictions.class(row).unwrap_or(0),
        };
        let raw = match self.predictor() {
            Predictor::Trees(t) => of_trees(exec, t, table, &output)?,
            Predictor::Linear(l) => self.of_linear(l, table, &output)?,
            Predictor::Network(_) | Predictor::Blend(_) => {
                self.of_samples(exec, table, &predictions, &output)?
            }
        };
        let classes = self.target().classes();
        let scale = self.scale();
        let named = |(row, (base, parts)): (usize, (f64, Vec<Part>))| Explanation {
            class: classes.get(output(row)).cloned(),
            scale,
            base,
            parts,
        };
        Ok(raw.into_iter().enumerate().map(named).collect())
    }

    fn scale(&self) -> Scale {
        match self.predictor() {
            Predictor::Trees(t) => match t.forest.loss {
                Loss::Squared | Loss::Absolute | Loss::Quantile { .. } | Loss::Huber { .. } => Scale::Target,
                Loss::Poisson | Loss::Gamma => Scale::Log,
                Loss::LogLoss | Loss::Softmax => Scale::LogOdds,
            },
            Predictor::Linear(l) => match l.fit.glm().map(|f| f.family) {
                None => Scale::Target,
                Some(Family::Poisson) => Scale::Log,
                Some(Family::Logistic | Family::Multinomial { .. }) => Scale::LogOdds,
            },
            Predictor::Network(_) | Predictor::Blend(_) if self.target().classes().is_empty() => {
                Scale::Target
            }
            Predictor::Network(_) | Predictor::Blend(_) => Scale::Probability,
        }
    }

    fn of_linear(
        &self,
        l: &LinearModel,
        table: &Table,
        output: &dyn Fn(usize) -> usize,
    ) -> Result<Vec<(f64, Vec<Part>)>, ModelError> {
        let mut notes = Notes::default();
        let terms = unchecked_terms(&l.design, table, &mut notes)?;
        let average = unchecked_terms(&l.design, &self.average_row(), &mut notes)?;
        let names: Vec<String> = l
            .design
            .terms()
            .iter()
            .map(|t| t.factors().map(|f| f.column().to_owned()).collect::<Vec<_>>().join(":"))
            .collect();
        let coefficients = l.fit.coefficients();
        let classes = l.fit.classes();
        // Of more than two classes the scores count from their mean; the first class has none of its own.
        let factor = |predictor: usize, output: usize| match classes {
            0 | 2 => 1.0,
            n => f64::from(u8::from(predictor + 1 == output)) - 1.0 / n as f64,
        };
        let of_row = |row: usize| {
            let (mut base, mut parts) = (0.0, Vec::<Part>::new());
            for (p, c) in coefficients.iter().enumerate() {
                let factor = factor(p, output(row));
                base += factor * c.intercept.to_f64();
                for (t, (name, coef)) in names.iter().zip(&c.coef).enumerate() {
                    base += factor * coef * average[t].hi[0];
                    add(&mut parts, name, factor * coef * (terms[t].hi[row] - average[t].hi[0]));
                }
            }
            (base, parts)
        };
        Ok((0..table.rows()).map(of_row).collect())
    }

    /// The average training row: of numbers the mean, and a category that nobody knows.
    fn average_row(&self) -> Table {
        let mut table = Table::new(self.features());
        for (position, profile) in self.profiles().iter().enumerate() {
            match profile.cells {
                CellProfile::Number { typical, .. } => table.push_number(position, Some(typical)),
                CellProfile::Category(_) => table.push_text(position, Some("\u{0}")),
            }
        }
        table.end_row(0);
        table
    }

    fn of_samples(
        &self,
        exec: Exec,
        table: &Table,
        predictions: &Predictions,
        output: &dyn Fn(usize) -> usize,
    ) -> Result<Vec<(f64, Vec<Part>)>, ModelError> {
        let names: Vec<String> = self.features().columns.into_iter().map(|c| c.name).collect();
        let width = self.target().classes().len().max(1);
        let explained = |row: usize| {
            let of = output(row);
            let predict = |rows: &Table| -> Result<Vec<f64>, ModelError> {
                let said = self.predict(exec, rows, &mut Notes::default())?;
                Ok(said.values().iter().skip(of).step_by(width).copied().collect())
            };
            let own = predictions.values()[row * width + of];
            let found = sampled::parts(&self.profiles(), table, row, own, &predict)?;
            let part = |(column, (value, error)): (&String, (f64, f64))| Part {
                column: column.clone(),
                value,
                standard_error: Some(error),
            };
            Ok((found.base, names.iter().zip(found.parts).map(part).collect()))
        };
        (0..table.rows()).map(explained).collect()
    }
}

fn of_trees(
    exec: Exec,
    t: &TreesPredictor,
    table: &Table,
    output: &dyn Fn(usize) -> usize,
) -> Result<Vec<(f64, Vec<Part>)>, ModelError> {
    let rows = t.encode(table, &mut Notes::default())?;
    let (names, outputs) = (t.features.names(), t.forest.outputs());
    let width = names.len() + 1;
    let all = t.forest.contributions(exec, &t.binner, &rows);
    let of_row = |row: usize| {
        let of = if outputs == 1 { 0 } else { output(row) };
        let own = &all[(row * outputs + of) * width..][..width];
        let part = |(column, value): (&String, &f64)| Part {
            column: column.clone(),
            value: *value,
            standard_error: None,
        };
        (own[width - 1], names.iter().zip(own).map(part).collect())
    };
    Ok((0..table.rows()).map(of_row).collect())
}

/// Adds to the part of a column.
fn add(parts: &mut Vec<Part>, column: &str, value: f64) {
    match parts.iter_mut().find(|part| part.column == column) {
        Some(part) => part.value += value,
        None => parts.push(Part { column: column.to_owned(), value, standard_error: None }),
    }
}
