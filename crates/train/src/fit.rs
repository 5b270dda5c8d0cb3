//! The fit loop: seeded shuffling, mini-batches, validation, early stopping that restores the best weights, and a stop
//! at the first loss that is not finite.

use crate::data::{Batch, Data, codes_a_row};
use crate::error::TrainError;
use crate::history::{Epoch, History, Stop};
use crate::network::Network;
use crate::session::Session;
use crate::split;
use planish_nn::{Loss, Targets};
use planish_tensor::gemm::is_worth_threads;
use planish_tensor::rng::{Purpose, Stream};
use planish_tensor::{AlignedVec, Exec, MatRef, Matrix, Scalar};
use std::ops::ControlFlow;

/// Stops when the validation loss has not fallen for `patience` epochs, and restores the weights of the best epoch.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct EarlyStopping {
    /// Epochs to wait for a better validation loss.
    pub patience: usize,
    /// A fall smaller than this does not count.
    pub min_delta: f64,
}

/// Settings of [`Network::fit`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FitOptions {
    /// Passes over the training rows.
    pub epochs: usize,
    /// Rows of a step; the last batch of an epoch may be smaller.
    pub batch_size: usize,
    /// The share of rows held out for validation: drawn with the network's seed, in equal shares of each class.
    pub validation_split: f64,
    /// Whether each epoch has a new order of rows.
    pub shuffle: bool,
    /// Used when there are validation rows.
    pub early_stopping: Option<EarlyStopping>,
}

impl Default for FitOptions {
    /// Keras's defaults, but for the number of epochs: 10 epochs, batches of 32, shuffled, no validation.
    fn default() -> Self {
        FitOptions { epochs: 10, batch_size: 32, validation_split: 0.0, shuffle: true, early_stopping: None }
    }
}

/// Watches a run and may stop it.
pub trait Observer: Send {
    /// After each step: steps done and steps of the epoch.
    fn step(&mut self, done: usize, total: usize) {
        let _ = (done, total);
    }
    /// After each epoch.
    fn epoch(&mut self, epoch: &Epoch) -> ControlFlow<()> {
        let _ = epoch;
        ControlFlow::Continue(())
    }
}

impl Observer for () {}

impl<F: FnMut(&Epoch) -> ControlFlow<()> + Send> Observer for F {
    fn epoch(&mut self, epoch: &Epoch) -> ControlFlow<()> {
        self(epoch)
    }
}

impl FitOptions {
    fn check(&self) -> Result<(), TrainError> {
        let fail = |setting, value, needs| Err(TrainError::Setting { setting, value, needs });
        if self.epochs == 0 {
            return fail("epochs", 0.0, "at least one is needed");
        }
        if self.batch_size == 0 {
            return fail("batch_size", 0.0, "at least one row is needed");
        }
        if !(0.0..1.0).contains(&self.validation_split) {
            return fail("validation_split", self.validation_split, "it must lie in [0, 1)");
        }
        Ok(())
    }
}

impl<T: Scalar> Network<T> {
    /// Trains the network; afterwards it has the weights of [`History::best_epoch`].
    ///
    /// The same data, seed and settings give the same weights, bit for bit, whatever `exec` says.
    ///
    /// # Errors
    /// Settings outside their range, data that do not fit, or a loss that is not finite before the first epoch is done.
    pub fn fit(
        &mut self,
        exec: Exec,
        data: &Data<'_, T>,
        options: &FitOptions,
        observer: &mut dyn Observer,
    ) -> Result<History, TrainError> {
        options.check()?;
        data.check(&self.plan, self.loss)?;
        let parts = split_rows(data, self.loss, options.validation_split, self.seed);
        self.run(exec, data, parts, options, observer)
    }

    /// As [`Network::fit`], with the rows to train on and the rows to hold out given; `validation_split` is not used.
    ///
    /// # Errors
    /// As [`Network::fit`], and no rows to train on.
    ///
    /// # Panics
    /// If a row number lies outside the data.
    pub fn fit_rows(
        &mut self,
        exec: Exec,
        data: &Data<'_, T>,
        (rows, held): (Vec<u32>, Vec<u32>),
        options: &FitOptions,
        observer: &mut dyn Observer,
    ) -> Result<History, TrainError> {
        options.check()?;
        data.check(&self.plan, self.loss)?;
        if rows.is_empty() {
            return Err(TrainError::Data { what: "there are no rows to train on".to_owned() });
        }
        self.run(exec, data, (rows, held), options, observer)
    }

    /// Runs the loop on one thread, or in a pool if its products are worth splitting.
    fn run(
        &mut self,
        exec: Exec,
        data: &Data<'_, T>,
        parts: (Vec<u32>, Vec<u32>),
        options: &FitOptions,
        observer: &mut dyn Observer,
    ) -> Result<History, TrainError> {
        let small = !is_worth_threads(self.plan.largest_product(options.batch_size.min(data.rows())));
        let exec = if small { Exec { threads: 1, ..exec } } else { exec };
        exec.install_awake(|| Run::new(self, exec, data, parts, options).all_epochs(observer))
    }
}

/// Held-out rows, copied together.
struct Held<T: Scalar> {
    x: Matrix<T>,
    codes: Vec<u32>,
    values: Matrix<T>,
    classes: Option<Vec<u32>>,
    weights: Option<Vec<T>>,
}

impl<T: Scalar> Held<T> {
    fn new(data: &Data<'_, T>, rows: &[u32]) -> Self {
        let copy = |m: MatRef<'_, T>| Matrix::from_fn(rows.len(), m.cols(), |i, j| m.at(rows[i] as usize, j));
        let (values, classes) = match data.y {
            Targets::Values(y) => (copy(y), None),
            Targets::Classes(c) => (Matrix::zeros(0, 0), Some(rows.iter().map(|&r| c[r as usize]).collect())),
        };
        let weights = data.weights.map(|w| rows.iter().map(|&r| w[r as usize]).collect());
        let a_row = codes_a_row(data);
        let codes = rows.iter().flat_map(|&r| &data.codes[r as usize * a_row..][..a_row]).copied().collect();
        Held { x: copy(data.x), codes, values, classes, weights }
    }

    fn data(&self) -> Data<'_, T> {
        let y = self.classes.as_deref().map_or(Targets::Values(self.values.view()), Targets::Classes);
        Data { x: self.x.view(), codes: &self.codes, y, weights: self.weights.as_deref() }
    }
}

/// One call of `fit`.
struct Run<'a, T: Scalar> {
    net: &'a mut Network<T>,
    exec: Exec,
    data: &'a Data<'a, T>,
    options: &'a FitOptions,
    session: Session<T>,
    batch: Batch<T>,
    rows: Vec<u32>,
    held: Option<Held<T>>,
    /// The weights to return to: the best so far with early stopping, the last finished epoch's without.
    kept: AlignedVec<T>,
    kept_state: AlignedVec<T>,
    kept_epoch: usize,
}

impl<'a, T: Scalar> Run<'a, T> {
    fn new(
        net: &'a mut Network<T>,
        exec: Exec,
        data: &'a Data<'a, T>,
        (rows, held_rows): (Vec<u32>, Vec<u32>),
        options: &'a FitOptions,
    ) -> Self {
        let size = options.batch_size.min(rows.len());
        Run {
            session: Session::new(net, size),
            batch: Batch::new(data, size),
            held: (!held_rows.is_empty()).then(|| Held::new(data, &held_rows)),
            kept: net.params.clone(),
            kept_state: net.state.clone(),
            kept_epoch: 0,
            rows,
            net,
            exec,
            data,
            options,
        }
    }

    fn all_epochs(mut self, observer: &mut dyn Observer) -> Result<History, TrainError> {
        let mut epochs: Vec<Epoch> = Vec::new();
        let mut best = f64::INFINITY;
        let mut stop = Stop::Completed;
        for number in 1..=self.options.epochs {
            let epoch = match self.epoch(number, observer)? {
                Ok(epoch) => epoch,
                Err(step) => {
                    stop = Stop::Diverged { epoch: number, step };
                    break;
                }
            };
            let patience = self.options.early_stopping.filter(|_| self.held.is_some());
            let watched = epoch.val_loss.unwrap_or(epoch.loss);
            if patience.is_none_or(|p| watched < best - p.min_delta) {
                best = watched;
                self.kept.copy_from_slice(&self.net.params);
                self.kept_state.copy_from_slice(&self.net.state);
                self.kept_epoch = number;
            }
            let wanted = observer.epoch(&epoch);
            epochs.push(epoch);
            if patience.is_some_and(|p| number - self.kept_epoch >= p.patience.max(1)) {
                stop = Stop::EarlyStopping;
                break;
            }
            if wanted.is_break() {
                stop = Stop::Interrupted;
                break;
            }
        }
        if let (Stop::Diverged { epoch, step }, 0) = (stop, self.kept_epoch) {
            return Err(TrainError::Diverged { epoch, step });
        }
        self.net.params.copy_from_slice(&self.kept);
        self.net.state.copy_from_slice(&self.kept_state);
        let validation_rows = self.held.as_ref().map_or(0, |h| h.x.rows());
        Ok(History { epochs, best_epoch: self.kept_epoch, stop, rows: self.rows.len(), validation_rows })
    }

    /// One pass over the training rows. The inner error is the step at which the loss was not finite (0: at its end).
    fn epoch(
        &mut self,
        number: usize,
        observer: &mut dyn Observer,
    ) -> Result<Result<Epoch, usize>, TrainError> {
        if self.options.shuffle {
            Stream::new(self.net.seed, Purpose::Shuffle, number as u32).shuffle(&mut self.rows);
        }
        let steps = self.rows.len().div_ceil(self.options.batch_size);
        let mut total = 0.0;
        for (i, rows) in self.rows.chunks(self.options.batch_size).enumerate() {
            let batch = self.batch.gather(self.data, rows);
            let loss = self.session.train_on_batch(self.exec, self.net, &batch);
            if !loss.is_finite() {
                return Ok(Err(i + 1));
            }
            total += if self.net.loss.is_sum() { loss } else { loss * rows.len() as f64 };
            observer.step(i + 1, steps);
        }
        // The last step's weights have not been through a loss yet.
        if self.net.params.iter().any(|p| !p.is_finite()) {
            return Ok(Err(0));
        }
        let loss = if self.net.loss.is_sum() { total } else { total / self.rows.len() as f64 };
        let mut epoch = Epoch { epoch: number, loss, val_loss: None, metrics: Default::default() };
        if let Some(held) = &self.held {
            let (val_loss, metrics) = self.net.evaluate(self.exec, &held.data())?;
            if !val_loss.is_finite() {
                return Ok(Err(0));
            }
            epoch.val_loss = Some(val_loss);
            epoch.metrics = metrics.into_iter().map(|(k, v)| (format!("val_{k}"), v)).collect();
        } else if !self.net.metrics.is_empty() {
            epoch.metrics = self.net.evaluate(self.exec, self.data)?.1;
        }
        Ok(Ok(epoch))
    }
}

/// Training rows and held-out rows.
fn split_rows<T: Scalar>(data: &Data<'_, T>, loss: Loss, fraction: f64, seed: u64) -> (Vec<u32>, Vec<u32>) {
    if fraction == 0.0 {
        return ((0..data.rows() as u32).collect(), Vec::new());
    }
    match data.y {
        Targets::Classes(c) => split::holdout(data.rows(), fraction, Some(c), seed),
        Targets::Values(y) if loss.is_binary() => {
            let classes: Vec<u32> = (0..y.rows()).map(|i| u32::from(y.at(i, 0).to_f64() > 0.5)).collect();
            split::holdout(data.rows(), fraction, Some(&classes), seed)
        }
        Targets::Values(_) => split::holdout(data.rows(), fraction, None, seed),
    }
}

#[cfg(test)]
mod tests;
