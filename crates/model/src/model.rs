//! The model itself: plain data, checked when it is put together from stored parts.

use crate::aliases;
use crate::error::ModelError;
use crate::linear_model::LinearModel;
use crate::predictor::{Blend, Member, NetworkPredictor, Predictor};
use crate::record::{BlendRecord, Record};
use crate::trees_predictor::TreesPredictor;
use planish_linreg::FittedLinearRegression;
use planish_tabular::{
    CellProfile, ColumnProfile, ColumnSchema, Kind, MissingWords, Notes, Schema, Target, Task, is_missing,
};

/// A trained model.
#[derive(Clone, Debug)]
pub struct Model {
    target: Target,
    predictor: Predictor,
    record: Record,
    proof: Option<Vec<u64>>,
    fit_notes: Notes,
}

impl Model {
    /// Puts a model together.
    ///
    /// # Errors
    /// Parts that do not belong together.
    pub fn new(target: Target, predictor: Predictor, record: Record) -> Result<Model, ModelError> {
        target.validate().map_err(ModelError::inconsistent)?;
        predictor.validate(&target)?;
        let classes = target.classes().len();
        if record
            .confusion
            .as_ref()
            .is_some_and(|c| c.len() != classes || c.iter().any(|r| r.len() != classes))
        {
            return Err(ModelError::inconsistent("the confusion matrix is not of the target's classes"));
        }
        if record.threshold.is_some_and(|t| classes != 2 || !(t > 0.0 && t < 1.0)) {
            return Err(ModelError::inconsistent(
                "the threshold is not a probability of the second of two classes",
            ));
        }
        let model = Model { target, predictor, record, proof: None, fit_notes: Notes::default() };
        if model.features().position(model.target.column()).is_ok() {
            return Err(ModelError::inconsistent("the target is one of the features"));
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

    /// The name of its kind: `network`, `trees`, `blend`, or a linear model's [name](crate::LinearFit::name).
    pub fn kind(&self) -> &'static str {
        self.predictor.name()
    }

    /// The predictor and its pipeline.
    pub fn predictor(&self) -> &Predictor {
        &self.predictor
    }

    /// The network, if it is one.
    pub fn network(&self) -> Option<&NetworkPredictor> {
        self.predictor.network()
    }

    /// The linear model, if it is one.
    pub fn linear(&self) -> Option<&LinearModel> {
        self.predictor.linear()
    }

    /// The trees with their pipeline, if it is of trees.
    pub fn trees(&self) -> Option<&TreesPredictor> {
        self.predictor.trees()
    }

    /// The blend, if it is one.
    pub fn blend(&self) -> Option<&Blend> {
        self.predictor.blend()
    }

    /// The model as a member of a blend.
    pub(crate) fn into_member(self, name: &str, weight: f64) -> Member {
        let Model { target, predictor, record, .. } = self;
        Member { name: name.to_owned(), weight, target, predictor, record }
    }

    /// The only member that a blend would have, as a model.
    pub(crate) fn alone(member: Member, blend: BlendRecord) -> Result<Model, ModelError> {
        let Member { target, predictor, record, .. } = member;
        Model::new(target, predictor, Record { blend: Some(blend), ..record })
    }

    /// The fit of a least-squares model.
    pub fn least_squares(&self) -> Option<&FittedLinearRegression> {
        self.linear().and_then(|l| l.fit.least_squares())
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

    pub(crate) fn record_mut(&mut self) -> &mut Record {
        &mut self.record
    }

    /// The columns that a prediction needs, and what stands for a missing value in them: levels that are in use do not, although their words are
    /// taken for missing otherwise.
    pub fn features(&self) -> Schema {
        let profiles = self.profiles();
        let levels = profiles.iter().flat_map(|p| match p.cells {
            CellProfile::Category(levels) => levels.known(),
            CellProfile::Number { .. } => &[],
        });
        let labels = self.target.classes();
        let less = levels.chain(labels).filter(|level| is_missing(level)).cloned().collect();
        let columns = profiles.iter().map(|p| (p.column, p.cells.kind()));
        Schema { missing: MissingWords { more: self.record.na.clone(), less }, ..Schema::new(columns) }
    }

    /// What the training rows said of these columns.
    pub fn profiles(&self) -> Vec<ColumnProfile<'_>> {
        self.predictor.profiles()
    }

    /// The columns that an evaluation needs: the features, and the target as it was written, else as text for classes.
    pub fn features_and_target(&self) -> Schema {
        let mut schema = self.features();
        let plain = if self.task() == Task::Classify { Kind::Category } else { Kind::Number };
        let kind = self.record.written.get(self.target.column()).copied().unwrap_or(plain);
        schema.columns.push(ColumnSchema { name: self.target.column().to_owned(), kind });
        schema
    }

    /// The columns that an evaluation needs whose rows count by the weights in a column.
    pub fn weighted_columns(&self, weights: Option<&str>) -> Schema {
        let mut schema = self.features_and_target();
        if let Some(name) = weights.filter(|name| schema.position(name).is_err()) {
            let kind = self.record.written.get(name).copied().unwrap_or(Kind::Number);
            schema.columns.push(ColumnSchema { name: name.to_owned(), kind });
        }
        schema
    }

    /// The number of trained parameters; of linear models the coefficients and intercepts, of trees the leaves.
    pub fn parameters(&self) -> usize {
        self.predictor.parameters()
    }

    /// The names of terms of a linear model that are combinations of terms before them: dropped, unless the coefficients of least
    /// norm were asked for.
    pub fn aliased(&self) -> Vec<String> {
        let Some(l) = self.linear() else { return Vec::new() };
        let names = l.design.names();
        l.fit.aliased().iter().map(|&i| names[i].clone()).collect()
    }

    /// The same with the combinations that they equal: `total = 1·rooms + 1·bedrooms`.
    pub fn aliased_equations(&self) -> Vec<String> {
        let Some(l) = self.linear() else { return Vec::new() };
        aliases::equations(l.fit.aliases(), &l.design.names())
    }
}
