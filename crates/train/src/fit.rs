//! The door to training: checks settings and data, splits the rows, and runs the loop on one thread or in a pool.

use crate::checkpoint::Checkpoints;
use crate::data::Data;
use crate::error::TrainError;
use crate::history::History;
use crate::network::Network;
use crate::observer::Observer;
use crate::options::FitOptions;
use crate::run::{Given, Run};
use crate::split;
use planish_nn::{Element, Loss, Targets};
use planish_tensor::Exec;
use planish_tensor::gemm::is_worth_threads;

impl<T: Element> Network<T> {
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
        Trainer::new(exec, options, observer).fit(self, data)
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
        parts: (Vec<u32>, Vec<u32>),
        options: &FitOptions,
        observer: &mut dyn Observer,
    ) -> Result<History, TrainError> {
        Trainer::new(exec, options, observer).fit_rows(self, data, parts)
    }
}

/// A training run that is about to begin: how to run it, its settings, who watches it and where its checkpoints go.
pub struct Trainer<'a, 'o, T: Element> {
    exec: Exec,
    options: &'a FitOptions,
    observer: &'a mut dyn Observer,
    checkpoints: Option<&'a mut (dyn Checkpoints<T> + 'o)>,
}

impl<'a, 'o, T: Element> Trainer<'a, 'o, T> {
    /// A run with these settings; `&mut ()` is an observer that only looks on.
    pub fn new(exec: Exec, options: &'a FitOptions, observer: &'a mut dyn Observer) -> Trainer<'a, 'o, T> {
        Trainer { exec, options, observer, checkpoints: None }
    }

    /// The same run with checkpoints, continued if there is one: it then ends with the same bits as an undisturbed one.
    pub fn checkpoints(self, checkpoints: Option<&'a mut (dyn Checkpoints<T> + 'o)>) -> Trainer<'a, 'o, T> {
        Trainer { checkpoints, ..self }
    }

    /// As [`Network::fit`].
    ///
    /// # Errors
    /// As [`Network::fit`]; a checkpoint that cannot be read or written, or is another run's; a pause that the observer wished.
    /// After an error the weights are undefined.
    pub fn fit(self, net: &mut Network<T>, data: &Data<'_, T>) -> Result<History, TrainError> {
        self.options.check()?;
        data.check(&net.plan, net.loss)?;
        let parts = split_rows(data, net.loss, self.options.validation_split, net.seed);
        self.fit_rows(net, data, parts)
    }

    /// As [`Network::fit_rows`].
    ///
    /// # Errors
    /// As [`Trainer::fit`], and no rows to train on.
    ///
    /// # Panics
    /// If a row number lies outside the data.
    pub fn fit_rows(
        self,
        net: &mut Network<T>,
        data: &Data<'_, T>,
        (rows, held): (Vec<u32>, Vec<u32>),
    ) -> Result<History, TrainError> {
        self.options.check()?;
        data.check(&net.plan, net.loss)?;
        if rows.is_empty() {
            return Err(TrainError::Data { what: "there are no rows to train on".to_owned() });
        }
        self.options.check_warmup(rows.len())?;
        if let Some(early) = &self.options.early_stopping
            && !(held.is_empty() && early.monitor.is_of_held_out_rows())
        {
            early.monitor.check(&net.metrics, !held.is_empty())?;
        }
        let weights = self.options.class_weights.apply(data, net.loss, &rows)?;
        let small = !is_worth_threads(net.plan.largest_product(self.options.batch_size.min(data.rows())));
        let exec = if small { Exec { threads: 1, ..self.exec } } else { self.exec };
        let Trainer { options, observer, checkpoints, .. } = self;
        exec.install_awake(|| {
            let weighted = Data { weights: weights.as_deref().or(data.weights), ..*data };
            let given = Given { data: &weighted, plain: data, rows, held_rows: held };
            let mut run = Run::new(net, exec, options, observer, checkpoints, given);
            run.resume()?;
            run.all_epochs()
        })
    }
}

/// Training rows and held-out rows.
fn split_rows<T: Element>(data: &Data<'_, T>, loss: Loss, fraction: f64, seed: u64) -> (Vec<u32>, Vec<u32>) {
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
