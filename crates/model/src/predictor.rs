//! What predicts, with the pipeline that feeds it: a network or a linear model. Only here, and where an artifact is written and read, does
//! code ask which of them a model is.

use crate::error::ModelError;
use crate::linear_model::LinearModel;
use crate::params::Params;
use planish_nn::{Activation, Plan, Sequential};
use planish_tabular::{ColumnProfile, Encoder, Target};

/// What predicts, with the pipeline that feeds it.
#[derive(Clone, Debug)]
pub enum Predictor {
    /// A network.
    Network(NetworkPredictor),
    /// A linear model.
    Linear(LinearModel),
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

impl Predictor {
    /// The name of its kind: `network`, or a linear model's [name](crate::LinearFit::name).
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Predictor::Network(_) => "network",
            Predictor::Linear(l) => l.fit.name(),
        }
    }

    pub(crate) fn network(&self) -> Option<&NetworkPredictor> {
        match self {
            Predictor::Network(n) => Some(n),
            Predictor::Linear(_) => None,
        }
    }

    pub(crate) fn linear(&self) -> Option<&LinearModel> {
        match self {
            Predictor::Network(_) => None,
            Predictor::Linear(l) => Some(l),
        }
    }

    /// Whether its encoded rows are [`Features`](crate::Encoded::Features), in `f32`, rather than terms.
    pub fn takes_features(&self) -> bool {
        match self {
            Predictor::Network(_) => true,
            Predictor::Linear(_) => false,
        }
    }

    /// The columns that it reads, and what the training rows said of them.
    pub(crate) fn profiles(&self) -> Vec<ColumnProfile<'_>> {
        match self {
            Predictor::Network(n) => n.encoder.profiles(),
            Predictor::Linear(l) => l.design.profiles(),
        }
    }

    /// The number of columns that its pipeline makes.
    pub(crate) fn width(&self) -> usize {
        match self {
            Predictor::Network(n) => n.encoder.width(),
            Predictor::Linear(l) => l.design.width(),
        }
    }

    /// The number of trained parameters; of linear models the coefficients and intercepts.
    pub(crate) fn parameters(&self) -> usize {
        match self {
            Predictor::Network(n) => n.plan.layout().count(),
            Predictor::Linear(l) => {
                l.fit.predictors() * (l.design.width() + usize::from(l.fit.has_intercept()))
            }
        }
    }

    /// An error unless its parts belong together and to the target.
    pub(crate) fn validate(&self, target: &Target) -> Result<(), ModelError> {
        match self {
            Predictor::Network(n) => {
                n.encoder.validate().map_err(ModelError::inconsistent)?;
                n.validate(target)
            }
            Predictor::Linear(l) => {
                l.design.validate().map_err(ModelError::inconsistent)?;
                l.validate(target)
            }
        }
    }
}

impl NetworkPredictor {
    fn validate(&self, target: &Target) -> Result<(), ModelError> {
        let fail = |what: String| Err(ModelError::Inconsistent { what });
        let plan = &self.plan;
        if !self.params.are_finite() || !self.state.are_finite() {
            return fail("a parameter is not finite".to_owned());
        }
        let (outputs, fits): (usize, &[Activation]) = match target.classes().len() {
            0 => (1, &[Activation::Linear, Activation::Exponential]),
            2 => (1, &[Activation::Sigmoid, Activation::Tanh]),
            n => (n, &[Activation::Softmax]),
        };
        if !fits.contains(&plan.output_activation()) {
            return fail(format!("the target needs {} outputs", fits[0].name()));
        }
        if *plan != Plan::new(&self.sequential)? && *plan != Plan::contiguous(&self.sequential)? {
            return fail("the plan is not the architecture's".to_owned());
        }
        let (params, needed) = (self.params.len(), plan.layout().len);
        if params != needed {
            return fail(format!("{params} parameters for an architecture of {needed}"));
        }
        if self.state.len() != plan.state_layout().len {
            return fail("the state is not the architecture's".to_owned());
        }
        if !self.encoder.embedded().map(|e| e.categories()).eq(plan.categories()) {
            return fail("the embedded columns are not the architecture's embeddings".to_owned());
        }
        let width = self.encoder.width();
        if width != plan.inputs() || outputs != plan.outputs() {
            return fail(format!(
                "{width} features and {outputs} outputs for a network of {} and {}",
                plan.inputs(),
                plan.outputs()
            ));
        }
        Ok(())
    }
}
