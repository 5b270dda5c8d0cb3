//! The loop: seeded orders of rows, mini-batches, validation, early stopping that restores the best weights, and a stop
//! at the first loss that is not finite.
//!
//! Everything that changes from step to step is in [`Progress`] and the named arenas, so a run can be stored between any
//! two steps. The order of an epoch's rows depends on the seed and the epoch alone.

use crate::checkpoint::{Arena, ArenaMut, Checkpoints, Identity, Progress};
use crate::data::{Data, Gather};
use crate::error::TrainError;
use crate::held::Held;
use crate::history::{Epoch, History, Stop};
use crate::kept::Kept;
use crate::network::Network;
use crate::observer::{Observer, Wish};
use crate::options::{EarlyStopping, FitOptions};
use crate::session::Session;
use planish_nn::Element;
use planish_optim::Ema;
use planish_tensor::Exec;
use planish_tensor::reduce::all_finite;
use planish_tensor::rng::{Purpose, Stream};

/// What a run is made on.
pub(crate) struct Given<'a, T: Element> {
    /// The data, with the class weights in them, and as they were given.
    pub(crate) data: &'a Data<'a, T>,
    pub(crate) plain: &'a Data<'a, T>,
    /// The rows to train on, and those that are held out.
    pub(crate) rows: Vec<u32>,
    pub(crate) held_rows: Vec<u32>,
}

/// One call of `fit`.
pub(crate) struct Run<'a, 'o, T: Element> {
    net: &'a mut Network<T>,
    exec: Exec,
    options: &'a FitOptions,
    observer: &'a mut dyn Observer,
    checkpoints: Option<&'a mut (dyn Checkpoints<T> + 'o)>,
    data: &'a Data<'a, T>,
    session: Session<T>,
    ema: Option<Ema<T>>,
    gather: Gather<T>,
    /// The rows to train on as they were given, and in the order of this epoch.
    rows: Vec<u32>,
    order: Vec<u32>,
    held_rows: Vec<u32>,
    held: Option<Held<T>>,
    /// Where the metrics of the training rows are to be computed and they are not all of the data: these rows.
    scored: Option<Held<T>>,
    plain: &'a Data<'a, T>,
    kept: Kept<T>,
    progress: Progress,
    planned: u64,
}

/// How an epoch's steps ended.
enum Ended {
    /// All were done.
    Whole,
    /// The run is to stop here.
    Cut(Stop),
    /// The loss of this step, from 1, was not finite.
    Diverged(usize),
}

impl<'a, 'o, T: Element> Run<'a, 'o, T> {
    /// A run at its beginning.
    pub(crate) fn new(
        net: &'a mut Network<T>,
        exec: Exec,
        options: &'a FitOptions,
        observer: &'a mut dyn Observer,
        checkpoints: Option<&'a mut (dyn Checkpoints<T> + 'o)>,
        Given { data, plain, rows, held_rows }: Given<'a, T>,
    ) -> Self {
        let size = options.batch_size.min(rows.len());
        let wanted = options.keep_weights || options.early_stopping.is_some();
        Run {
            session: Session::new(net, size),
            ema: options.ema.map(|settings| Ema::new(&settings, net.params.len())),
            gather: Gather::new(data, size),
            held: (!held_rows.is_empty()).then(|| Held::new(plain, &held_rows)),
            scored: (held_rows.is_empty() && !net.metrics.is_empty() && !are_all(&rows, plain.rows()))
                .then(|| Held::new(plain, &rows)),
            plain,
            kept: Kept::new(net, wanted, checkpoints.as_deref()),
            progress: Progress::new(),
            planned: options.planned_steps(rows.len()),
            order: rows.clone(),
            rows,
            held_rows,
            net,
            exec,
            options,
            observer,
            checkpoints,
            data,
        }
    }

    /// Goes on from a checkpoint, if there is one.
    pub(crate) fn resume(&mut self) -> Result<(), TrainError> {
        let fault = |what| TrainError::Checkpoint { what };
        let Some(store) = self.checkpoints.as_deref_mut() else { return Ok(()) };
        let identity = Identity {
            sequential: &self.net.sequential,
            optimizer: &self.net.optimizer,
            groups: &self.net.groups,
            loss: self.net.loss,
            seed: self.net.seed,
            options: self.options,
            data: self.plain,
            rows: &self.rows,
            held: &self.held_rows,
        };
        let Some(progress) = store.open(&identity).map_err(fault)? else { return Ok(()) };
        let steps = self.rows.len().div_ceil(self.options.batch_size);
        let done = progress.epochs.len();
        if progress.epoch != done + 1 || done > self.options.epochs || progress.step > steps {
            return Err(fault(format!(
                "the checkpoint stands at step {} of epoch {}",
                progress.step, progress.epoch
            )));
        }
        let mut arenas = self.net.named_arenas_mut();
        arenas.extend(self.session.arenas_mut());
        arenas.extend(self.ema.as_mut().map(|e| -> ArenaMut<'_, T> { ("ema", e.average_mut()) }));
        store.load(&mut arenas).map_err(fault)?;
        self.kept.reload(self.net, progress.kept_epoch, store)?;
        self.session.restore(progress.steps, progress.counters);
        if let Some(ema) = &mut self.ema {
            ema.set_steps(progress.ema_steps);
        }
        self.observer.resumed(&progress.epochs, progress.step);
        self.progress = progress;
        Ok(())
    }

    /// Runs to the end.
    pub(crate) fn all_epochs(mut self) -> Result<History, TrainError> {
        let stop = loop {
            if let Some(stop) = self.is_over() {
                break stop;
            }
            if let Some(stop) = self.epoch()? {
                break stop;
            }
        };
        let Progress { kept_epoch, epochs, .. } = self.progress;
        let restored = self.kept.restore(self.net, kept_epoch, self.checkpoints.as_deref_mut())?;
        if let Stop::Diverged { epoch, step } = stop
            && !restored
        {
            return Err(TrainError::Diverged { epoch, step });
        }
        if let (false, Some(ema)) = (restored, &self.ema) {
            self.net.params.copy_from_slice(ema.average());
        }
        let validation_rows = self.held_rows.len();
        Ok(History { epochs, best_epoch: kept_epoch, stop, rows: self.rows.len(), validation_rows })
    }

    /// Why there is no further epoch, if there is none: of a run that goes on with other limits, or that was over.
    fn is_over(&self) -> Option<Stop> {
        let done = self.progress.epochs.len();
        let waited = done.saturating_sub(self.progress.kept_epoch);
        if done == 0 {
            None
        } else if self.early_stopping().is_some_and(|early| waited >= early.patience.max(1)) {
            Some(Stop::EarlyStopping)
        } else if done == self.options.epochs {
            Some(Stop::Completed)
        } else {
            self.options.max_steps.filter(|&most| self.progress.steps >= most).map(|_| Stop::MaxSteps)
        }
    }

    /// The rest of the epoch in progress: its steps, its validation, and what follows from it. Returns why the run stops, if it does.
    fn epoch(&mut self) -> Result<Option<Stop>, TrainError> {
        let number = self.progress.epoch;
        if self.options.shuffle {
            self.order.copy_from_slice(&self.rows);
            Stream::new(self.net.seed, Purpose::Shuffle, number as u32).shuffle(&mut self.order);
        }
        let cut = match self.steps()? {
            Ended::Whole => None,
            Ended::Cut(stop) => Some(stop),
            Ended::Diverged(step) => return Ok(Some(Stop::Diverged { epoch: number, step })),
        };
        self.exchange_average();
        let Some(epoch) = self.score()? else {
            return Ok(Some(Stop::Diverged { epoch: number, step: 0 }));
        };
        self.keep_if_better(&epoch)?;
        self.exchange_average();
        self.observer
            .learning_rate(self.net.optimizer.lr() * self.lr_scale(self.progress.steps.saturating_sub(1)));
        if let Some(settings) = &self.options.plateau {
            let watched = epoch.val_loss.unwrap_or(epoch.loss);
            self.progress.plateau.observe(settings, watched, self.net.optimizer.lr());
        }
        let wanted = self.observer.epoch(&epoch);
        self.progress.epochs.push(epoch);
        if cut.is_some() {
            return Ok(cut);
        }
        let over = self.is_over().filter(|stop| *stop == Stop::EarlyStopping);
        let stop = over.or(wanted.is_break().then_some(Stop::Interrupted)).or_else(|| self.is_over());
        let epochs = std::mem::take(&mut self.progress.epochs);
        self.progress =
            Progress { epoch: number + 1, step: 0, loss_sum: 0.0, epochs, ..self.progress.clone() };
        if stop.is_some() {
            // From here the run can go on with more epochs, or more patience.
            self.save()?;
        }
        Ok(stop)
    }

    /// The steps that are left of the epoch.
    fn steps(&mut self) -> Result<Ended, TrainError> {
        let size = self.options.batch_size;
        let steps = self.rows.len().div_ceil(size);
        while self.progress.step < steps {
            let from = self.progress.step * size;
            let rows = &self.order[from..(from + size).min(self.order.len())];
            let scale = self.lr_scale(self.progress.steps);
            let batch = self.gather.rows(self.data, rows);
            let loss = self.session.step(self.exec, self.net, &batch, scale, self.options.clip);
            if !loss.is_finite() {
                return Ok(Ended::Diverged(self.progress.step + 1));
            }
            if let Some(ema) = &mut self.ema {
                ema.update(self.exec.isa, &mut self.net.params);
            }
            self.progress.loss_sum += if self.net.loss.is_sum() { loss } else { loss * rows.len() as f64 };
            self.progress.step += 1;
            self.progress.steps += 1;
            let wish = self.observer.step(self.progress.step, steps);
            let due = self.checkpoints.as_deref_mut().is_some_and(|c| c.is_due(self.progress.steps));
            if due || wish != Wish::Continue {
                self.save()?;
            }
            match wish {
                Wish::Continue => {}
                Wish::Stop(stop) => return Ok(Ended::Cut(stop)),
                Wish::Suspend => {
                    let Progress { epoch, step, .. } = self.progress;
                    return Err(TrainError::Suspended { epoch, step });
                }
            }
            if self.progress.step < steps
                && self.options.max_steps.is_some_and(|most| self.progress.steps >= most)
            {
                return Ok(Ended::Cut(Stop::MaxSteps));
            }
        }
        Ok(Ended::Whole)
    }

    /// The factor on the optimizer's learning rate at this step of the run, from 0.
    fn lr_scale(&self, step: u64) -> f64 {
        let lr = self.net.optimizer.lr();
        let factor = self.options.schedule.factor(step, self.planned);
        if self.options.plateau.is_some() { factor * (self.progress.plateau.lr(lr) / lr) } else { factor }
    }

    /// Stores the run as it stands. Weights that are no longer finite are not worth the checkpoint that they would replace.
    fn save(&mut self) -> Result<(), TrainError> {
        let Some(store) = self.checkpoints.as_deref_mut() else { return Ok(()) };
        if !all_finite(&self.net.params) {
            return Ok(());
        }
        self.kept.store(self.net, self.progress.kept_epoch, store)?;
        self.progress.counters = self.session.counters();
        self.progress.ema_steps = self.ema.as_ref().map_or(0, Ema::steps);
        let mut arenas = self.net.named_arenas();
        arenas.extend(self.session.arenas());
        arenas.extend(self.ema.as_ref().map(|e| -> Arena<'_, T> { ("ema", e.average()) }));
        store.save(&self.progress, &arenas).map_err(|what| TrainError::Checkpoint { what })
    }

    /// Exchanges the weights and their average, if there is one: for validation, and back.
    fn exchange_average(&mut self) {
        if let Some(ema) = &mut self.ema {
            self.net.params.swap_with_slice(ema.average_mut());
        }
    }

    /// The figures of the epoch, or nothing if one that must be finite is not.
    fn score(&mut self) -> Result<Option<Epoch>, TrainError> {
        // The last step's weights have not been through a loss yet.
        if !all_finite(&self.net.params) {
            return Ok(None);
        }
        let Progress { epoch, step, loss_sum, .. } = self.progress;
        let seen = (step * self.options.batch_size).min(self.rows.len());
        let loss = if self.net.loss.is_sum() { loss_sum } else { loss_sum / seen as f64 };
        let mut epoch = Epoch { epoch, loss, val_loss: None, metrics: Default::default() };
        if let Some(held) = &self.held {
            let (val_loss, metrics) = self.net.evaluate(self.exec, &held.data())?;
            if !val_loss.is_finite() {
                return Ok(None);
            }
            epoch.val_loss = Some(val_loss);
            epoch.metrics = metrics.into_iter().map(|(k, v)| (format!("val_{k}"), v)).collect();
        } else if !self.net.metrics.is_empty() {
            let rows = self.scored.as_ref().map_or(*self.plain, Held::data);
            epoch.metrics = self.net.evaluate(self.exec, &rows)?.1;
        }
        Ok(Some(epoch))
    }

    /// Early stopping, if there is what it watches.
    fn early_stopping(&self) -> Option<&'a EarlyStopping> {
        let early = self.options.early_stopping.as_ref();
        early.filter(|e| self.held.is_some() || !e.monitor.is_of_held_out_rows())
    }

    /// Keeps the weights if they are the best so far; without early stopping, in any case.
    fn keep_if_better(&mut self, epoch: &Epoch) -> Result<(), TrainError> {
        let better = match self.early_stopping() {
            None => true,
            Some(early) => {
                let Some(watched) = early.monitor.watched(epoch) else {
                    return Err(TrainError::OneClass { name: early.monitor.name.clone() });
                };
                let better = watched < self.progress.best - early.min_delta;
                if better {
                    self.progress.best = watched;
                }
                better || self.progress.kept_epoch == 0
            }
        };
        if better {
            self.kept.keep(self.net, epoch.epoch, self.checkpoints.as_deref_mut())?;
            self.progress.kept_epoch = epoch.epoch;
        }
        Ok(())
    }
}

/// Whether these are all rows, each once and in order.
fn are_all(rows: &[u32], of: usize) -> bool {
    rows.iter().copied().eq(0..of as u32)
}
