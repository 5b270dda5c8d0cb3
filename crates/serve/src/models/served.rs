//! One version of a model, ready to predict: its workspaces are made once and lent to whoever predicts, its kernels are packed once.

use crate::failure::Failure;
use crate::models::backlog::Pace;
use crate::models::drift::Drift;
use crate::models::unreadable::Unreadable;
use crate::telemetry::metrics::Metrics;
use crate::telemetry::model_metrics::ModelMetrics;
use planish_io::{FileStamp, ModelFile, load_model, load_model_mapped, require_regular};
use planish_model::{Encoded, Model, NetworkPredictor, Predictions};
use planish_nn::{Arenas, Input, Workspace};
use planish_tabular::{EncodedRows, Notes, Schema};
use planish_tensor::{Exec, Isa, Matrix};
use std::sync::{Mutex, PoisonError};

/// Rows that a network computes at once; their intermediate values stay in a core's cache.
const CHUNK: usize = 256;
/// Parameters up to which kernels are packed, 4 MiB of them.
const PACKED: usize = 1 << 20;

/// A served version of a model.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) name: String,
    pub(crate) version: u64,
    pub(crate) model: Model,
    pub(crate) features: Schema,
    pub(crate) metrics: ModelMetrics,
    pub(crate) drift: Drift,
    pub(crate) pace: Pace,
    /// The file that it was read from, if it was.
    pub(crate) stamp: Option<FileStamp>,
    /// Whether its numbers lie in that file still, mapped.
    mapped: bool,
    /// The position of the source that it was read from.
    pub(crate) source: usize,
    exec: Exec,
    workspaces: Mutex<Vec<Workspace<f32>>>,
}

impl Served {
    pub(crate) fn new(exec: Exec, name: &str, version: u64, model: Model, metrics: ModelMetrics) -> Served {
        Served {
            name: name.to_owned(),
            version,
            features: model.features(),
            drift: Drift::new(&model),
            model,
            metrics,
            pace: Pace::default(),
            stamp: None,
            mapped: false,
            source: 0,
            exec,
            workspaces: Mutex::default(),
        }
    }

    /// Reads or maps a model's file, checks it and warms it up.
    pub(crate) fn open(
        exec: Exec,
        source: usize,
        file: &ModelFile,
        map: bool,
        metrics: &Metrics,
    ) -> Result<Served, Box<Unreadable>> {
        let fail = |reason: String| {
            let failure = Failure::model(&file.name, Some(file.version), &file.path, reason);
            Box::new(Unreadable::new(source, Some(file.stamp), failure))
        };
        let read = match map {
            true => load_model_mapped(&file.path),
            // It may have changed since it was found.
            false => require_regular(&file.path).and_then(|_| Ok((load_model(&file.path)?, false))),
        };
        let (model, mapped) = read.map_err(|e| {
            let mut broken = fail(e.without_file());
            broken.transient = e.is_of_the_system();
            broken
        })?;
        let of_model = metrics.of_model(&file.name, file.version);
        let served = Served::new(exec, &file.name, file.version, model, of_model);
        served.warm_up().map_err(|what| fail(what.to_owned()))?;
        Ok(Served { stamp: Some(file.stamp), mapped, source, ..served })
    }

    /// Whether it is mapped from the file of this stamp, though that may have been written over since.
    pub(crate) fn is_mapped_from(&self, stamp: &FileStamp) -> bool {
        self.mapped && self.stamp.is_some_and(|own| own.is_same_file(stamp))
    }

    /// Predicts the sample rows, the first of which is typical: the first request finds memory and code in place, and a model that
    /// cannot predict, or that predicts something else than when it was saved, is not served.
    fn warm_up(&self) -> Result<(), &'static str> {
        let encoded = self.model.encode(&self.model.sample(), &mut Notes::default());
        let encoded = encoded.map_err(|_| "its columns cannot be encoded")?;
        // On all cores, which nobody else needs yet: a large model is read as a whole.
        let predictions = self.predict_with(self.exec.with_threads(0), &encoded);
        if not_finite(&predictions) == Some(0) {
            return Err("it predicts no finite number for the typical row");
        }
        // Products without the CPU's vector instructions have other bits.
        let same = |proof| self.exec.isa == Isa::PORTABLE || predictions.bits() == proof;
        match self.model.proof().is_none_or(same) {
            true => Ok(()),
            false => Err("it does not predict what it did when it was saved"),
        }
    }

    /// What a prediction of this many rows costs, in multiplications.
    pub(crate) fn cost(&self, rows: usize) -> usize {
        self.model.parameters().saturating_mul(rows)
    }

    /// Predicts encoded rows on this thread. The workspaces of a network allocate nothing after the first call.
    pub(crate) fn predict(&self, rows: &Encoded) -> Predictions {
        self.predict_with(self.exec, rows)
    }

    fn predict_with(&self, exec: Exec, rows: &Encoded) -> Predictions {
        match (rows, self.model.network()) {
            (Encoded::Features(x), Some(n)) if rows.rows() <= CHUNK => {
                let mut workspace = self.borrow(n);
                let x = Input::new(x.numbers.view(), &x.codes);
                let y = n.plan.forward(exec, Arenas::new(&n.params, &n.state), x, &mut workspace);
                let predictions = self.model.decode(y);
                self.lent().push(workspace);
                predictions
            }
            (Encoded::Features(x), _) => self.model.decode(self.forward(x).view()),
            (other, _) => self.model.predict_encoded(exec, other),
        }
    }

    /// A network's outputs for these features.
    fn forward(&self, rows: &EncodedRows) -> Matrix<f32> {
        let n = self.model.network().expect("only networks have features");
        let x = Input::new(rows.numbers.view(), &rows.codes);
        let mut workspace = self.borrow(n);
        let mut out = Matrix::zeros(x.rows(), n.plan.outputs());
        for from in (0..x.rows()).step_by(CHUNK) {
            let to = (from + CHUNK).min(x.rows());
            let arenas = Arenas::new(&n.params, &n.state);
            let y = n.plan.forward(self.exec, arenas, x.rows_between(from, to), &mut workspace);
            (from..to).for_each(|i| out.row_mut(i).copy_from_slice(y.row(i - from)));
        }
        self.lent().push(workspace);
        out
    }

    fn lent(&self) -> std::sync::MutexGuard<'_, Vec<Workspace<f32>>> {
        self.workspaces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A workspace that nobody uses, or a new one.
    fn borrow(&self, n: &NetworkPredictor) -> Workspace<f32> {
        if let Some(workspace) = self.lent().pop() {
            return workspace;
        }
        let mut workspace = Workspace::forward_only(&n.plan, CHUNK);
        if n.params.len() <= PACKED {
            workspace.pack(&n.plan, &n.params, self.exec.isa);
        }
        workspace
    }
}

/// The first row whose prediction is infinite or NaN.
pub(crate) fn not_finite(predictions: &Predictions) -> Option<usize> {
    match predictions {
        Predictions::Numbers(y) => y.iter().position(|y| !y.is_finite()),
        Predictions::Probabilities(p) => (0..p.rows()).find(|&i| p.row(i).iter().any(|p| !p.is_finite())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{mass, species};
    use crate::telemetry::metrics::Metrics;

    #[test]
    fn a_model_that_predicts_something_else_than_when_it_was_saved_is_not_served() {
        for model in [species(), mass()] {
            let warm_up = |model: Model| {
                Served::new(Exec::best(), "m", 1, model, Metrics::new([], false).of_model("m", 1)).warm_up()
            };
            let proof = model.prove(Exec::best()).unwrap();
            assert_eq!(warm_up(model.clone()), Ok(()));
            assert_eq!(warm_up(model.clone().with_proof(proof.clone())), Ok(()));
            let mut other = proof.clone();
            other[3] ^= 1;
            assert!(warm_up(model.clone().with_proof(other)).unwrap_err().contains("when it was saved"));
            assert!(warm_up(model.with_proof(proof[1..].to_vec())).is_err());
        }
    }
}
