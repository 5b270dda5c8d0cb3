//! The model itself: plain data, checked when it is put together from stored parts.

use crate::aliases;
use crate::error::ModelError;
use crate::evaluate::Evaluation;
use crate::linear_model::LinearModelFit;
use crate::params::Params;
use crate::record::{MATRIX_CLASSES, Record};
use planish_linreg::{FittedLinearRegression, Response};
use planish_nn::{Activation, Plan, Sequential};
use planish_tabular::{ColumnProfile, ColumnSchema, Design, Encoder, Kind, Notes, Schema, Target, Task};

/// A trained model.
#[derive(Clone, Debug)]
pub struct Model {
    target: Target,
    predictor: Predictor,
    record: Record,
    proof: Option<Vec<u64>>,
    fit_notes: Notes,
}

/// What predicts, with the pipeline that feeds it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Predictor {
    /// A network.
    Network(NetworkPredictor),
    /// Least squares.
    Linear(LinearPredictor),
    /// Another linear model.
    LinearModel(LinearModelPredictor),
}

/// A network with its pipeline.
#[derive(Clone, Debug)]
pub struct NetworkPredictor {
    /// The pipeline.
    pub encoder: Encoder,
    /// The architecture.
    pub sequential: Sequential,
    /// Its plan, aligned or contiguous.
    pub plan: Plan,
    /// Its parameters, in the plan's layout.
    pub params: Params,
    /// Its state, in the plan's state layout: the statistics of batch normalisation.
    pub state: Params,
}

/// A linear model with its pipeline.
#[derive(Clone, Debug)]
pub struct LinearPredictor {
    /// The pipeline.
    pub design: Design,
    /// The fit.
    pub fit: FittedLinearRegression,
}

/// A linear model beside least squares, with its pipeline.
#[derive(Clone, Debug)]
pub struct LinearModelPredictor {
    /// The pipeline.
    pub design: Design,
    /// The fit.
    pub fit: LinearModelFit,
}

impl Model {
    /// Puts a model together.
    ///
    /// # Errors
    /// Parts that do not belong together.
    pub fn new(target: Target, predictor: Predictor, record: Record) -> Result<Model, ModelError> {
        let fail = |what: String| Err(ModelError::Inconsistent { what });
        let pipeline_flaw = match &predictor {
            Predictor::Network(n) => n.encoder.flaw(),
            Predictor::Linear(l) => l.design.flaw(),
            Predictor::LinearModel(l) => l.design.flaw(),
        };
        if let Some(flaw) = target.flaw().or(pipeline_flaw) {
            return fail(flaw.to_owned());
        }
        match &predictor {
            Predictor::Network(n) => {
                if !n.params.are_finite() || !n.state.are_finite() {
                    return fail("a parameter is not finite".to_owned());
                }
                let fits: &[Activation] = match target.classes().len() {
                    0 => &[Activation::Linear, Activation::Exponential],
                    2 => &[Activation::Sigmoid, Activation::Tanh],
                    _ => &[Activation::Softmax],
                };
                if !fits.contains(&n.plan.output_activation()) {
                    return fail(format!("the target needs {} outputs", fits[0].name()));
                }
                let outputs = match target.classes().len() {
                    0 | 2 => 1,
                    n => n,
                };
                if n.plan != Plan::new(&n.sequential)? && n.plan != Plan::contiguous(&n.sequential)? {
                    return fail("the plan is not the architecture's".to_owned());
                }
                if n.params.len() != n.plan.layout().len {
                    return fail(format!(
                        "{} parameters for an architecture of {}",
                        n.params.len(),
                        n.plan.layout().len
                    ));
                }
                if n.state.len() != n.plan.state_layout().len {
                    return fail("the state is not the architecture's".to_owned());
                }
                if !n.encoder.embedded().map(|e| e.categories()).eq(n.plan.categories()) {
                    return fail("the embedded columns are not the architecture's embeddings".to_owned());
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
                let finite = |r: &Response| r.intercept.is_finite() && r.coef.iter().all(|c| c.is_finite());
                if !l.fit.responses.iter().all(finite) {
                    return fail("a coefficient is not finite".to_owned());
                }
                if let Err(flaw) = l.fit.validate() {
                    return fail(flaw.to_owned());
                }
                if target.task() != Task::Regress {
                    return fail("a linear model predicts numbers".to_owned());
                }
            }
            Predictor::LinearModel(l) => {
                if let Some(flaw) = l.fit.flaw(l.design.width()) {
                    return fail(flaw.to_owned());
                }
                if l.fit.classes() != target.classes().len() {
                    return fail("the model's classes are not the target's".to_owned());
                }
            }
        }
        let classes = target.classes().len();
        if record
            .confusion
            .as_ref()
            .is_some_and(|c| c.len() != classes || c.iter().any(|r| r.len() != classes))
        {
            return fail("the confusion matrix is not of the target's classes".to_owned());
        }
        let model = Model { target, predictor, record, proof: None, fit_notes: Notes::default() };
        if model.features().position(model.target.column()).is_ok() {
            return fail("the target is one of the features".to_owned());
        }
        Ok(model)
    }

    /// The target.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The task.
    pub fn task(&self) -> Task {
        self.target.task()
    }

    /// The name of its kind: `network`, `linear` for least squares, or a linear model's [name](LinearModelFit::name).
    pub fn kind(&self) -> &'static str {
        match &self.predictor {
            Predictor::Network(_) => "network",
            Predictor::Linear(_) => "linear",
            Predictor::LinearModel(l) => l.fit.name(),
        }
    }

    /// The predictor and its pipeline.
    pub fn predictor(&self) -> &Predictor {
        &self.predictor
    }

    /// The training record.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// What was unusual in the rows that it was made from, as [`Model::evaluate`] counts it, but for the rare categories, which the record has. It
    /// is known after the fit only: a file does not have it.
    pub fn fit_notes(&self) -> &Notes {
        &self.fit_notes
    }

    /// The model with what was unusual in the rows of its fit.
    #[must_use]
    pub(crate) fn with_fit_notes(mut self, notes: Notes) -> Model {
        self.fit_notes = notes;
        self
    }

    /// The bits of the predictions for the [sample](Model::sample) that the model was saved with; none if it was not, or by an
    /// earlier version.
    pub fn proof(&self) -> Option<&[u64]> {
        self.proof.as_deref()
    }

    /// The model with the proof that it was saved with.
    #[must_use]
    pub fn with_proof(self, proof: Vec<u64>) -> Model {
        Model { proof: Some(proof), ..self }
    }

    /// Keeps what was found of the held-out rows.
    pub(crate) fn set_validation(&mut self, found: Evaluation) {
        let small = found.confusion.filter(|c| c.classes() <= MATRIX_CLASSES);
        self.record.confusion = small.map(|c| c.to_counts());
        self.record.validation = found.metrics;
    }

    /// The columns that a prediction needs.
    pub fn features(&self) -> Schema {
        let columns = match &self.predictor {
            Predictor::Network(n) => n.encoder.columns(),
            Predictor::Linear(l) => l.design.columns(),
            Predictor::LinearModel(l) => l.design.columns(),
        };
        Schema::new(columns)
    }

    /// What the training rows said of these columns.
    pub fn profiles(&self) -> Vec<ColumnProfile<'_>> {
        match &self.predictor {
            Predictor::Network(n) => n.encoder.profiles(),
            Predictor::Linear(l) => l.design.profiles(),
            Predictor::LinearModel(l) => l.design.profiles(),
        }
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
            Predictor::LinearModel(l) => {
                l.fit.coefficients().len() * (l.design.width() + usize::from(l.fit.has_intercept()))
            }
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

    /// The names of terms of a linear model that are combinations of terms before them: dropped, unless the coefficients of least
    /// norm were asked for.
    pub fn aliased(&self) -> Vec<String> {
        let (names, aliased) = match &self.predictor {
            Predictor::Linear(l) => (l.design.names(), &l.fit.aliased[..]),
            Predictor::LinearModel(l) => (l.design.names(), l.fit.aliased()),
            Predictor::Network(_) => return Vec::new(),
        };
        aliased.iter().map(|&i| names[i].clone()).collect()
    }

    /// The same with the combinations that they equal: `total = 1·rooms + 1·bedrooms`.
    pub fn aliased_equations(&self) -> Vec<String> {
        let Predictor::Linear(l) = &self.predictor else { return Vec::new() };
        aliases::equations(&l.fit, &l.design.names())
    }
}
