//! What predicts, with the pipeline that feeds it: a network, a linear model, trees, or a blend of such. Only here, where predictions are made, and where
//! an artifact is written and read does code ask which of them a model is.

use crate::error::ModelError;
use crate::linear_model::LinearModel;
use crate::params::Params;
use crate::record::Record;
use crate::trees_predictor::TreesPredictor;
use planish_nn::{Activation, Plan, Sequential};
use planish_tabular::{ColumnProfile, Encoder, Target};
use std::collections::BTreeMap;

/// The most members of a blend.
pub const MAX_MEMBERS: usize = 256;

/// What predicts, with the pipeline that feeds it.
#[derive(Clone, Debug)]
pub enum Predictor {
    /// A network.
    Network(NetworkPredictor),
    /// A linear model.
    Linear(LinearModel),
    /// Boosted trees.
    Trees(Box<TreesPredictor>),
    /// The weighted mean of several models.
    Blend(Blend),
}

/// The weighted mean of what several models say: of probabilities, or of numbers in the target's units.
#[derive(Clone, Debug)]
pub struct Blend {
    /// The models, at least one.
    pub members: Vec<Member>,
}

/// A model of a blend, with a pipeline of its own.
#[derive(Clone, Debug)]
pub struct Member {
    /// What the recipe is called by which it was made.
    pub name: String,
    /// Its weight; all weights of a blend add up to 1.
    pub weight: f64,
    /// The blend's target, as this member scales it.
    pub target: Target,
    /// What predicts; no blend.
    pub predictor: Predictor,
    /// How it was made.
    pub record: Record,
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
    /// The name of its kind: `network`, `trees`, `blend`, or a linear model's [name](crate::LinearFit::name).
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Predictor::Network(_) => "network",
            Predictor::Linear(l) => l.fit.name(),
            Predictor::Trees(_) => "trees",
            Predictor::Blend(_) => "blend",
        }
    }

    pub(crate) fn network(&self) -> Option<&NetworkPredictor> {
        match self {
            Predictor::Network(n) => Some(n),
            Predictor::Linear(_) | Predictor::Trees(_) | Predictor::Blend(_) => None,
        }
    }

    pub(crate) fn linear(&self) -> Option<&LinearModel> {
        match self {
            Predictor::Linear(l) => Some(l),
            Predictor::Network(_) | Predictor::Trees(_) | Predictor::Blend(_) => None,
        }
    }

    pub(crate) fn trees(&self) -> Option<&TreesPredictor> {
        match self {
            Predictor::Trees(t) => Some(t),
            Predictor::Network(_) | Predictor::Linear(_) | Predictor::Blend(_) => None,
        }
    }

    pub(crate) fn blend(&self) -> Option<&Blend> {
        match self {
            Predictor::Blend(b) => Some(b),
            Predictor::Network(_) | Predictor::Linear(_) | Predictor::Trees(_) => None,
        }
    }

    /// Whether a typical value stands for a missing one. Trees have a way for it instead.
    pub(crate) fn fills_missing(&self) -> bool {
        match self {
            Predictor::Network(_) | Predictor::Linear(_) => true,
            Predictor::Trees(_) => false,
            Predictor::Blend(b) => b.members.iter().any(|m| m.predictor.fills_missing()),
        }
    }

    /// Whether its pipeline makes numbers alone, so that rows of them can be sent in place of raw columns.
    pub(crate) fn is_all_numbers(&self) -> bool {
        match self {
            Predictor::Network(n) => n.plan.codes() == 0,
            Predictor::Linear(_) => true,
            Predictor::Trees(t) => t.features.levels().iter().all(Option::is_none),
            // Each member makes numbers of its own.
            Predictor::Blend(_) => false,
        }
    }

    /// The columns that it reads, and what the training rows said of them.
    pub(crate) fn profiles(&self) -> Vec<ColumnProfile<'_>> {
        match self {
            Predictor::Network(n) => n.encoder.profiles(),
            Predictor::Linear(l) => l.design.profiles(),
            Predictor::Trees(t) => t.features.profiles(),
            Predictor::Blend(b) => b.profiles(),
        }
    }

    /// The number of columns that its pipeline makes.
    pub(crate) fn width(&self) -> usize {
        match self {
            Predictor::Network(n) => n.encoder.width(),
            Predictor::Linear(l) => l.design.width(),
            Predictor::Trees(t) => t.features.width(),
            Predictor::Blend(b) => b.members.iter().map(|m| m.predictor.width()).sum(),
        }
    }

    /// The number of trained parameters; of linear models the coefficients and intercepts, of trees the leaves.
    pub(crate) fn parameters(&self) -> usize {
        match self {
            Predictor::Network(n) => n.plan.layout().count(),
            Predictor::Linear(l) => {
                l.fit.predictors() * (l.design.width() + usize::from(l.fit.has_intercept()))
            }
            Predictor::Trees(t) => t.forest.leaves.len(),
            Predictor::Blend(b) => b.members.iter().map(|m| m.predictor.parameters()).sum(),
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
            Predictor::Trees(t) => t.validate(target),
            Predictor::Blend(b) => b.validate(target),
        }
    }
}

impl Blend {
    /// The columns that its members read: each as the first member has it that reads it.
    fn profiles(&self) -> Vec<ColumnProfile<'_>> {
        let mut all: Vec<ColumnProfile<'_>> = Vec::new();
        for profile in self.members.iter().flat_map(|m| m.predictor.profiles()) {
            if all.iter().all(|known| known.column != profile.column) {
                all.push(profile);
            }
        }
        all
    }

    fn validate(&self, target: &Target) -> Result<(), ModelError> {
        let fail = |what: &str| Err(ModelError::inconsistent(what));
        if self.members.is_empty() || self.members.len() > MAX_MEMBERS {
            return fail("a blend has 1 to 256 members");
        }
        let sum: f64 = self.members.iter().map(|m| m.weight).sum();
        if self.members.iter().any(|m| !(m.weight > 0.0 && m.weight <= 1.0)) || (sum - 1.0).abs() > 1e-9 {
            return fail("the weights of a blend are positive and add up to 1");
        }
        let mut kinds = BTreeMap::new();
        for member in &self.members {
            if member.predictor.blend().is_some() {
                return fail("a member of a blend is no blend");
            }
            if member.target.column() != target.column() || member.target.classes() != target.classes() {
                return fail("a member of a blend has another target");
            }
            member.target.validate().map_err(ModelError::inconsistent)?;
            member.predictor.validate(&member.target)?;
            for profile in member.predictor.profiles() {
                let kind = profile.cells.kind();
                if *kinds.entry(profile.column).or_insert(kind) != kind {
                    return fail("the members of a blend read a column in different ways");
                }
            }
        }
        Ok(())
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
