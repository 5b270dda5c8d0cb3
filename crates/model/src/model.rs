//! The model itself: plain data, checked when it is put together from stored parts.

use crate::error::ModelError;
use crate::record::Record;
use planish_linreg::FittedLinearRegression;
use planish_nn::{Plan, Sequential};
use planish_tabular::{ColumnSchema, Design, Encoder, Kind, Schema, Target, Task};
use planish_tensor::AlignedVec;

/// A trained model.
#[derive(Clone, Debug)]
pub struct Model {
    target: Target,
    predictor: Predictor,
    record: Record,
}

/// What predicts, with the pipeline that feeds it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Predictor {
    /// A network.
    Network(NetworkPredictor),
    /// A linear model.
    Linear(LinearPredictor),
}

/// A network with its pipeline.
#[derive(Clone, Debug)]
pub struct NetworkPredictor {
    /// The pipeline.
    pub encoder: Encoder,
    /// The architecture.
    pub sequential: Sequential,
    /// Its plan.
    pub plan: Plan,
    /// Its parameters, in the plan's layout.
    pub params: AlignedVec<f32>,
}

/// A linear model with its pipeline.
#[derive(Clone, Debug)]
pub struct LinearPredictor {
    /// The pipeline.
    pub design: Design,
    /// The fit.
    pub fit: FittedLinearRegression,
}

impl Model {
    /// Puts a model together.
    ///
    /// # Errors
    /// Parts that do not belong together.
    pub fn new(target: Target, predictor: Predictor, record: Record) -> Result<Model, ModelError> {
        let fail = |what: String| Err(ModelError::Inconsistent { what });
        match &predictor {
            Predictor::Network(n) => {
                let outputs = match target.classes().len() {
                    0 | 2 => 1,
                    n => n,
                };
                if n.plan != Plan::new(&n.sequential)? {
                    return fail("the plan is not the architecture's".to_owned());
                }
                if n.params.len() != n.plan.layout().len {
                    return fail(format!(
                        "{} parameters for an architecture of {}",
                        n.params.len(),
                        n.plan.layout().len
                    ));
                }
                if n.encoder.width() != n.plan.inputs() || outputs != n.plan.outputs() {
                    return fail(format!(
                        "{} features and {outputs} outputs for a network of {} and {}",
                        n.encoder.width(),
                        n.plan.inputs(),
                        n.plan.outputs()
                    ));
                }
            }
            Predictor::Linear(l) => {
                let terms = l.fit.responses.first().map_or(0, |r| r.coef.len());
                if l.fit.responses.len() != 1 || terms != l.design.width() {
                    return fail(format!("{terms} coefficients for {} terms", l.design.width()));
                }
                if target.task() != Task::Regress {
                    return fail("a linear model predicts numbers".to_owned());
                }
            }
        }
        Ok(Model { target, predictor, record })
    }

    /// The target.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The task.
    pub fn task(&self) -> Task {
        self.target.task()
    }

    /// The predictor and its pipeline.
    pub fn predictor(&self) -> &Predictor {
        &self.predictor
    }

    /// The training record.
    pub fn record(&self) -> &Record {
        &self.record
    }

    pub(crate) fn set_validation(&mut self, scores: std::collections::BTreeMap<String, f64>) {
        self.record.validation = scores;
    }

    /// The columns that a prediction needs.
    pub fn features(&self) -> Schema {
        let columns = match &self.predictor {
            Predictor::Network(n) => n.encoder.columns(),
            Predictor::Linear(l) => l.design.columns(),
        };
        Schema::new(columns)
    }

    /// The columns that an evaluation needs: the features, and the target as text for classes.
    pub fn features_and_target(&self) -> Schema {
        let mut schema = self.features();
        let kind = if self.task() == Task::Classify { Kind::Category } else { Kind::Number };
        schema.columns.push(ColumnSchema { name: self.target.column().to_owned(), kind });
        schema
    }

    /// The number of trained parameters; for linear models, the coefficients and the intercept.
    pub fn parameters(&self) -> usize {
        match &self.predictor {
            Predictor::Network(n) => n.plan.layout().count(),
            Predictor::Linear(l) => l.design.width() + usize::from(l.fit.fit_intercept),
        }
    }

    /// A linear model's coefficients in model order, the intercept first: names and estimates.
    pub fn coefficients(&self) -> Vec<(String, f64)> {
        let Predictor::Linear(l) = &self.predictor else { return Vec::new() };
        let response = &l.fit.responses[0];
        let intercept = l.fit.fit_intercept.then(|| ("(intercept)".to_owned(), response.intercept.to_f64()));
        intercept
            .into_iter()
            .chain(l.design.names().into_iter().zip(response.coef.iter().map(|c| c.to_f64())))
            .collect()
    }

    /// The names of terms that a linear model dropped because they are combinations of terms before them.
    pub fn aliased(&self) -> Vec<String> {
        let Predictor::Linear(l) = &self.predictor else { return Vec::new() };
        let names = l.design.names();
        l.fit.aliased.iter().map(|&i| names[i].clone()).collect()
    }
}
