//! The whole run: the search for the number of rounds, then the fit to all rows.

use super::progress::{Checkpoints, History, Identity, Observer, Progress, Round, Stage, Stop, Wish};
use super::stage::Trunk;
use crate::bins::Binner;
use crate::data::{Data, Labels, Rows};
use crate::error::TreesError;
use crate::forest::Forest;
use crate::settings::{Loss, Settings};
use planish_tensor::Exec;

/// How many rounds are right for all rows, where held-out rows found so many best: a tenth more.
pub fn rounds_for_all(best: f64) -> usize {
    (best * 1.1).round() as usize
}

/// What came of a run.
#[derive(Clone, PartialEq, Debug)]
pub struct Fitted {
    /// The bins of the columns.
    pub binner: Binner,
    /// The trees.
    pub forest: Forest,
    /// What happened.
    pub history: History,
    /// What the best round of the search said of the held-out rows: their scores, `[held × outputs]`.
    pub held_scores: Vec<f64>,
}

/// Fits trees to the rows.
///
/// The same data, rows and settings give the same trees, bit for bit, whatever `exec` says, and whether the run was interrupted or not.
///
/// # Errors
/// Data or settings that cannot be used; a checkpoint that cannot be read or written, or is another run's; a pause that the observer wished.
pub fn fit(
    exec: Exec,
    data: &Data<'_>,
    rows: &Rows<'_>,
    settings: &Settings,
    observer: &mut dyn Observer,
    checkpoints: Option<&mut dyn Checkpoints>,
) -> Result<Fitted, TreesError> {
    settings.check(data.columns.len())?;
    let outputs = outputs(settings.loss, &data.labels)?;
    data.check(rows, outputs)?;
    check_labels(settings.loss, data, rows)?;
    observer.learning_rate(settings.learning_rate);
    exec.install_awake(move || {
        let mut run = Run { exec, data, rows, settings, outputs, observer, checkpoints };
        run.whole()
    })
}

/// The number of outputs; an error if the loss is not one for such labels.
fn outputs(loss: Loss, labels: &Labels<'_>) -> Result<usize, TreesError> {
    match (loss, labels) {
        (Loss::Softmax, Labels::Classes { count, .. }) => Ok(*count),
        (Loss::LogLoss, Labels::Classes { count: 2, .. }) => Ok(1),
        (Loss::LogLoss, Labels::Classes { .. }) => Err(TreesError::data("log loss is for two classes")),
        (loss, Labels::Numbers(_)) if !loss.is_for_classes() => Ok(1),
        (loss, _) => Err(TreesError::data(format!("the loss {} is not one for such labels", loss.name()))),
    }
}

/// Refuses numbers that the loss has no value for.
fn check_labels(loss: Loss, data: &Data<'_>, rows: &Rows<'_>) -> Result<(), TreesError> {
    let Labels::Numbers(y) = data.labels else { return Ok(()) };
    let mut used = rows.train.iter().chain(rows.held).map(|&r| y[r as usize]);
    if matches!(loss, Loss::Poisson) && used.any(|y| y < 0.0) {
        return Err(TreesError::data("the loss poisson is for numbers from 0 on"));
    }
    if matches!(loss, Loss::Gamma) && used.any(|y| y <= 0.0) {
        return Err(TreesError::data("the loss gamma is for numbers above 0"));
    }
    Ok(())
}

struct Run<'a, 'o, 'c> {
    exec: Exec,
    data: &'a Data<'a>,
    rows: &'a Rows<'a>,
    settings: &'a Settings,
    outputs: usize,
    observer: &'o mut dyn Observer,
    checkpoints: Option<&'c mut dyn Checkpoints>,
}

impl Run<'_, '_, '_> {
    fn whole(&mut self) -> Result<Fitted, TreesError> {
        let identity = Identity { data: self.data, rows: self.rows, settings: self.settings };
        let opened = match &mut self.checkpoints {
            Some(store) => store.open(&identity).map_err(|what| TreesError::Checkpoint { what })?,
            None => None,
        };
        if let Some(progress) = &opened {
            self.check_progress(progress)?;
            self.observer.resumed(progress);
        }
        let (history, held_scores, forest) = match opened {
            Some(Progress { stage: Stage::Refit, history, forest, held_scores }) => {
                (history, held_scores, Some(forest))
            }
            opened => {
                let found = self.search(opened)?;
                let refits = self.settings.refit
                    && !self.rows.held.is_empty()
                    && found.history.stop != Stop::Interrupted;
                if !refits {
                    return Ok(found);
                }
                (found.history, found.held_scores, None)
            }
        };
        self.refit(history, held_scores, forest)
    }

    /// A damaged checkpoint has a checksum; this is for one that was made by hand.
    fn check_progress(&self, progress: &Progress) -> Result<(), TreesError> {
        let rounds = match progress.stage {
            Stage::Search => progress.history.search.len(),
            Stage::Refit => progress.history.refit.len(),
        };
        if progress.forest.outputs() == self.outputs && progress.forest.rounds() == rounds {
            Ok(())
        } else {
            Err(TreesError::Checkpoint {
                what: "the checkpoint's trees are not those of its rounds".to_owned(),
            })
        }
    }

    /// Rounds until the held-out rows' loss no longer falls.
    fn search(&mut self, from: Option<Progress>) -> Result<Fitted, TreesError> {
        let (train, held) = (self.rows.train, self.rows.held);
        let (mut history, forest) = match from {
            Some(progress) => (progress.history, Some(progress.forest)),
            None => (self.new_history(), None),
        };
        let mut trunk = Trunk::new(self.exec, self.data, self.settings, (train, held, self.outputs), forest);
        self.observer.stage(Stage::Search, self.settings.rounds);
        let mut best = if held.is_empty() { f64::INFINITY } else { first_loss(&trunk, held, &history) };
        history.stop = Stop::Completed;
        while history.search.len() < self.settings.rounds {
            if self.waited(&history) {
                history.stop = Stop::EarlyStopping;
                break;
            }
            if !trunk.round() && self.settings.subsample >= 1.0 && self.settings.colsample >= 1.0 {
                // The same rows and columns would find no split again.
                trunk.forest.truncate(history.search.len());
                history.stop = Stop::NoSplit;
                break;
            }
            let round = self.told(&trunk, history.search.len() + 1, train, held);
            let (number, held_loss) = (round.round, round.held_loss);
            history.search.push(round.clone());
            if held_loss.is_none_or(|loss| loss < best) {
                history.best_round = number;
                best = held_loss.unwrap_or(best);
            }
            let wish = self.observer.round(Stage::Search, &round);
            if !self.goes_on(wish, number, Stage::Search, &trunk, &history, &[])? {
                history.stop = Stop::Interrupted;
                break;
            }
        }
        if history.stop == Stop::Completed && self.waited(&history) {
            history.stop = Stop::EarlyStopping;
        }
        if let Some(store) = self.checkpoints.as_mut().filter(|_| history.stop != Stop::Interrupted) {
            // From here the search can go on with more rounds, or more patience.
            let (history, forest) = (history.clone(), trunk.forest.clone());
            let progress = Progress { stage: Stage::Search, history, forest, held_scores: Vec::new() };
            store.save(&progress).map_err(|what| TreesError::Checkpoint { what })?;
        }
        let held_scores = trunk.scores_after(history.best_round, held);
        let Trunk { binner, mut forest, .. } = trunk;
        forest.truncate(history.best_round);
        Ok(Fitted { binner, forest, history, held_scores })
    }

    /// Whether the loss of held-out rows has not fallen for as many rounds as are waited for.
    fn waited(&self, history: &History) -> bool {
        history.search.len() - history.best_round >= self.settings.patience
    }

    /// As many rounds on all rows as the search said, and a tenth more.
    fn refit(
        &mut self,
        mut history: History,
        held_scores: Vec<f64>,
        forest: Option<Forest>,
    ) -> Result<Fitted, TreesError> {
        let mut all: Vec<u32> = self.rows.train.iter().chain(self.rows.held).copied().collect();
        all.sort_unstable();
        let rounds = rounds_for_all(history.best_round as f64);
        let mut trunk = Trunk::new(self.exec, self.data, self.settings, (&all, &[], self.outputs), forest);
        self.observer.stage(Stage::Refit, rounds);
        while history.refit.len() < rounds {
            trunk.round();
            let round = self.told(&trunk, history.refit.len() + 1, &all, &[]);
            history.refit.push(round.clone());
            let wish = self.observer.round(Stage::Refit, &round);
            if !self.goes_on(wish, round.round, Stage::Refit, &trunk, &history, &held_scores)? {
                history.stop = Stop::Interrupted;
                break;
            }
        }
        let Trunk { binner, forest, .. } = trunk;
        Ok(Fitted { binner, forest, history, held_scores })
    }

    fn new_history(&self) -> History {
        History {
            search: Vec::new(),
            best_round: 0,
            refit: Vec::new(),
            stop: Stop::Completed,
            rows: self.rows.train.len(),
            held_rows: self.rows.held.len(),
        }
    }

    fn told(&self, trunk: &Trunk<'_>, round: usize, train: &[u32], held: &[u32]) -> Round {
        let held_loss = (!held.is_empty()).then(|| trunk.loss(held));
        Round { round, loss: trunk.loss(train), held_loss }
    }

    /// Whether there is another round; a checkpoint is written if one is due.
    fn goes_on(
        &mut self,
        wish: Wish,
        round: usize,
        stage: Stage,
        trunk: &Trunk<'_>,
        history: &History,
        held_scores: &[f64],
    ) -> Result<bool, TreesError> {
        if let Some(store) = &mut self.checkpoints {
            let rounds = history.search.len() + history.refit.len();
            if store.is_due(rounds) || wish == Wish::Suspend {
                let progress = Progress {
                    stage,
                    history: history.clone(),
                    forest: trunk.forest.clone(),
                    held_scores: held_scores.to_vec(),
                };
                store.save(&progress).map_err(|what| TreesError::Checkpoint { what })?;
            }
        }
        match wish {
            Wish::Continue => Ok(true),
            Wish::Stop => Ok(false),
            Wish::Suspend => Err(TreesError::Suspended { round }),
        }
    }
}

/// The least loss of the held-out rows so far: that of the rounds there are, or of the base score.
fn first_loss(trunk: &Trunk<'_>, held: &[u32], history: &History) -> f64 {
    match history.best_round {
        0 if history.search.is_empty() => trunk.loss(held),
        0 => f64::INFINITY,
        best => history.search[best - 1].held_loss.unwrap_or(f64::INFINITY),
    }
}
