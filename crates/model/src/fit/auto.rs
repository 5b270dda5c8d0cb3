//! From a table to the best blend of models: candidates of every kind are fitted to the same training rows and weighed by what they say of the same
//! held-out rows.
//!
//! A candidate that cannot be fitted is left out, and the record says why. Linear models and trees that are taken are fitted to all rows in the
//! end; a network keeps the weights that the held-out rows chose. Where one candidate is better than any blend, it is the model. With bags every row
//! is held out once, and a network is the mean of those of its bags.

mod candidates;
mod observer;
mod weigh;

use super::known_rows::{KnownRows, Parts, Wanted};
use super::threshold;
use crate::auto_settings::AutoSettings;
use crate::class_choices::ClassChoices;
use crate::error::ModelError;
use crate::missing::Missing;
use crate::model::Model;
use crate::predict::Predictions;
use crate::predictor::{Blend, Predictor};
use crate::record::{BlendRecord, CandidateScore, Record, Settings};
use candidates::{Candidate, Fitted};
pub use observer::AutoObserver;
use planish_tabular::{Label, Notes, Table, Task};
use planish_tensor::{Exec, Matrix};
use weigh::Held;

/// Fits candidates of every kind to a table and blends the best.
///
/// The same table, settings and seed give the same model, bit for bit, whatever `exec` says.
///
/// # Errors
/// A table or settings that cannot be used; no candidate that can be fitted.
pub fn fit_auto(
    exec: Exec,
    table: &Table,
    settings: &AutoSettings,
    observer: &mut dyn AutoObserver,
) -> Result<Model, ModelError> {
    let wanted = settings.wanted();
    let known = KnownRows::new(table, &wanted)?;
    let search = Search { exec, known: &known, parts: parts(&known, settings)?, settings };
    let (found, scores) = search.run(observer)?;
    search.blend(found, scores, observer)
}

/// Of classes a blend has a threshold of its own; its members decide nothing.
static NO_CHOICES: ClassChoices = ClassChoices { weights: Vec::new(), positive: None, threshold: None };

impl AutoSettings {
    /// What is asked of the table.
    pub(super) fn wanted(&self) -> Wanted<'_> {
        Wanted {
            target: &self.target,
            task: self.task,
            drop: &self.drop,
            sample_weight: self.sample_weight.as_deref(),
            missing: Missing::Fill,
            classes: &NO_CHOICES,
            hold_out: &self.hold_out,
            seed: self.seed,
        }
    }
}

/// The ways in which the rows are parted: one, or with bags one a bag.
fn parts(known: &KnownRows<'_>, settings: &AutoSettings) -> Result<Vec<Parts>, ModelError> {
    if settings.bags.is_some_and(|bags| bags > settings.max_members) {
        return Err(ModelError::Setting {
            setting: "max_members",
            value: settings.max_members.to_string(),
            needs: "a network of bags is as many members: it must be at least the number of bags",
        });
    }
    let rows = known.labels.len();
    let columns = known.table.schema().columns.len();
    let features = columns.saturating_sub(settings.wanted().no_features().len());
    let outputs = if known.target.classes().len() > 2 { known.target.classes().len() } else { 1 };
    let Some(folds) = settings.folds(rows, features * outputs) else {
        let parts = known.split(&settings.wanted(), settings.validation_split)?;
        if parts.1.is_empty() {
            return Err(ModelError::Setting {
                setting: "validation_split",
                value: settings.validation_split.to_string(),
                needs: "a blend is chosen by held-out rows; to hold none out, train a single model (--model mlp or trees)",
            });
        }
        return Ok(vec![parts]);
    };
    known.folds(&settings.wanted(), folds)
}

/// A search under way.
struct Search<'a> {
    exec: Exec,
    known: &'a KnownRows<'a>,
    parts: Vec<Parts>,
    settings: &'a AutoSettings,
}

/// A candidate with its models, one a bag, and what they say of all held-out rows.
struct Found {
    /// Its place among the candidates.
    place: usize,
    candidate: Candidate,
    models: Vec<Model>,
    held: Predictions,
}

impl Search<'_> {
    /// Fits every candidate.
    fn run(&self, observer: &mut dyn AutoObserver) -> Result<(Vec<Found>, Vec<CandidateScore>), ModelError> {
        let candidates = candidates::all(self.settings, self.known);
        let (mut found, mut scores, of) = (Vec::new(), Vec::new(), candidates.len());
        let held = self.held(self.known)?;
        let mut fault = None;
        for (place, candidate) in candidates.into_iter().enumerate() {
            observer.begin(candidate.name, place + 1, of);
            let mut score = CandidateScore {
                name: candidate.name.to_owned(),
                loss: None,
                standard_error: None,
                weight: 0.0,
                fault: None,
            };
            match self.fit(&candidate, observer) {
                Ok((models, predictions)) => {
                    let (loss, error) = held.score(&held.reduced(&predictions));
                    (score.loss, score.standard_error) = (Some(loss), Some(error));
                    found.push(Found { place, candidate, models, held: predictions });
                }
                Err(e) if e.is_suspension() => return Err(e),
                Err(e) => {
                    score.fault = Some(e.to_string());
                    fault.get_or_insert(e);
                }
            }
            observer.end(&score);
            scores.push(score);
        }
        match fault {
            Some(e) if found.is_empty() => Err(e),
            _ => Ok((found, scores)),
        }
    }

    /// A candidate's models, and what they say of the held-out rows.
    fn fit(
        &self,
        candidate: &Candidate,
        observer: &mut dyn AutoObserver,
    ) -> Result<(Vec<Model>, Predictions), ModelError> {
        let (mut models, mut said) = (Vec::new(), Vec::new());
        for parts in &self.parts {
            let Fitted { model, held } =
                candidate.fit(self.exec, self.known, parts, self.parts.len() == 1, observer)?;
            models.push(model);
            said.push(held);
        }
        Ok((models, self.in_order(&said)))
    }

    /// What was said of the held-out rows of each part, in the order of the rows.
    fn in_order(&self, said: &[Predictions]) -> Predictions {
        let places =
            self.parts.iter().enumerate().flat_map(|(p, (_, held))| (0..held.len()).map(move |i| (p, i)));
        let mut places: Vec<(usize, usize)> = places.collect();
        places.sort_by_key(|&(part, i)| self.parts[part].1[i]);
        match self.known.task {
            Task::Regress => Predictions::Numbers(places.iter().map(|&(p, i)| said[p].values()[i]).collect()),
            Task::Classify => {
                let classes = self.known.target.classes().len();
                let at = |row: usize, class| {
                    let (part, i) = places[row];
                    said[part].values()[i * classes + class]
                };
                Predictions::Probabilities(Matrix::from_fn(places.len(), classes, at).into())
            }
        }
    }

    /// The rows that are held out in some part, in their order.
    fn held_rows(&self) -> Vec<u32> {
        let mut rows: Vec<u32> = self.parts.iter().flat_map(|(_, held)| held.iter().copied()).collect();
        rows.sort_unstable();
        rows
    }

    fn held(&self, known: &KnownRows<'_>) -> Result<Held, ModelError> {
        let rows = self.held_rows();
        let weights = known.weights(&self.settings.wanted(), |w| w)?;
        let weights = weights.map(|all| rows.iter().map(|&r| all[r as usize]).collect());
        let labels: Vec<Label> = rows.iter().map(|&r| known.labels[r as usize]).collect();
        Ok(Held::new(self.exec.isa, labels, known.target.classes().len(), weights))
    }

    /// The blend of what was found.
    fn blend(
        &self,
        found: Vec<Found>,
        mut scores: Vec<CandidateScore>,
        observer: &mut dyn AutoObserver,
    ) -> Result<Model, ModelError> {
        let held = self.held(self.known)?;
        let reduced: Vec<Vec<f64>> = found.iter().map(|f| held.reduced(&f.held)).collect();
        let most = (self.settings.max_members / self.parts.len()).max(1);
        let weights = held.weights(&reduced, most);
        let (mut members, mut said, mut notes) = (Vec::new(), Vec::new(), Notes::default());
        for (Found { place, candidate, models, held }, weight) in found.into_iter().zip(weights) {
            scores[place].weight = weight;
            if weight == 0.0 {
                continue;
            }
            said.push((weight, held));
            let models = candidate.of_bags(self.exec, self.known, models, observer)?;
            let each = weight / models.len() as f64;
            // All see the same cells.
            models.iter().for_each(|model| notes.cover(model.fit_notes().clone()));
            members.extend(models.into_iter().map(|model| model.into_member(candidate.name, each)));
        }
        let blend = BlendRecord {
            held_rows: self.held_rows().len() as u64,
            folds: self.parts.len(),
            metric: if self.known.task == Task::Classify { "log_loss" } else { "rmse" }.to_owned(),
            candidates: scores,
        };
        let mut model = match members.len() {
            1 => Model::alone(members.remove(0), blend)?,
            _ => {
                let settings = Settings::Auto(self.settings.clone());
                let record = Record { blend: Some(blend), ..self.known.record(settings) };
                Model::new(self.known.target.clone(), Predictor::Blend(Blend { members }), record)?
            }
        };
        model = model.with_fit_notes(notes);
        let (rows, said) = (self.held_rows(), Predictions::mean(said.into_iter()));
        let labels = self.known.labels_of(&rows);
        let own = self.known.weights(&self.settings.wanted(), |w| w)?;
        let own: Option<Vec<f64>> = own.map(|own| rows.iter().map(|&r| own[r as usize]).collect());
        threshold::decide(&mut model, self.settings.threshold, (&said, &labels, own.as_deref()))?;
        let said = said.with_threshold(model.record().threshold);
        model.keep_validation(&said, &labels, own.as_deref());
        Ok(model)
    }
}
