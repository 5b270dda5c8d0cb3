//! Progress on standard error: a bar on a terminal, otherwise a plain line every few seconds. A fit of a linear model that takes longer than that says how
//! far it is in plain lines everywhere.

use crate::print;
use crate::run_files::RunFiles;
use indicatif::{ProgressBar, ProgressStyle};
use planish_linreg::rows::Watch;
use planish_model::epoch_of_round;
use planish_train::{Epoch, Observer, Stop, Wish};
use planish_trees::{Progress, Round, Stage};
use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Seconds between plain lines.
const EVERY: Duration = Duration::from_secs(5);

/// Metrics that are shown of an epoch.
const MOST_METRICS: usize = 3;

/// Shows the epochs of a training run, or the rounds of trees.
pub(crate) struct TrainingProgress {
    bar: Option<ProgressBar>,
    last_line: Instant,
    unit: &'static str,
    most: usize,
    end: Option<Instant>,
    suspend: Option<Arc<AtomicBool>>,
    files: RunFiles,
    rate: f64,
}

impl TrainingProgress {
    /// For at most this many epochs, or what else the unit is called.
    pub(crate) fn new(unit: &'static str, most: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template(&format!("{unit} {{pos}}/{{len}} [{{bar:24}}] {{msg}}"))
                .expect("the template is valid");
            ProgressBar::new(most as u64).with_style(style.progress_chars("=> "))
        });
        TrainingProgress {
            bar,
            last_line: Instant::now(),
            unit,
            most,
            end: None,
            suspend: None,
            files: RunFiles::default(),
            rate: f64::NAN,
        }
    }

    /// Ends the run after this time, counted from now.
    pub(crate) fn limit(&mut self, time: Option<Duration>) {
        self.end = time.map(|time| Instant::now() + time);
    }

    /// Suspends the run once the flag is set.
    pub(crate) fn suspend_on(&mut self, flag: Arc<AtomicBool>) {
        self.suspend = Some(flag);
    }

    /// Writes the epochs to these files too.
    pub(crate) fn write_to(&mut self, files: RunFiles) {
        self.files = files;
    }

    /// Removes the bar; gives back the files.
    pub(crate) fn finish(self) -> RunFiles {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
        self.files
    }

    /// Whether the run is to pause, or to end as its time is over.
    fn wish(&self) -> Wish {
        if self.suspend.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed)) {
            return Wish::Suspend;
        }
        match self.end {
            Some(end) if Instant::now() >= end => Wish::Stop(Stop::TimeLimit),
            _ => Wish::Continue,
        }
    }

    /// Says from where a run goes on, after so many finished epochs.
    fn say_resumed(&self, text: &str, done: usize) {
        match &self.bar {
            Some(bar) => {
                bar.suspend(|| print::note(text));
                bar.set_position(done as u64);
            }
            None => print::note(text),
        }
    }

    /// Shows the losses of an epoch, and metrics if there are some.
    fn show(&mut self, epoch: &Epoch) {
        let (number, loss) = (epoch.epoch, epoch.loss);
        let held = epoch.val_loss.map_or(String::new(), |v| format!("  held-out loss {v:.4}"));
        let metrics = epoch.metrics.iter().map(|(name, v)| format!("  {name} {}", print::score(*v)));
        let held: String = std::iter::once(held).chain(metrics.take(MOST_METRICS)).collect();
        match &self.bar {
            Some(bar) => {
                bar.set_message(format!("loss {loss:.4}{held}"));
                bar.inc(1);
            }
            None if self.last_line.elapsed() >= EVERY => {
                self.last_line = Instant::now();
                print::say(&format!("{} {number}/{}  loss {loss:.4}{held}", self.unit, self.most));
            }
            None => {}
        }
    }
}

impl Observer for TrainingProgress {
    fn step(&mut self, _: usize, _: usize) -> Wish {
        self.wish()
    }

    fn resumed(&mut self, epochs: &[Epoch], step: usize) {
        self.files.resume(epochs);
        self.say_resumed(
            &format!("continuing after step {step} of epoch {}", epochs.len() + 1),
            epochs.len(),
        );
    }

    fn learning_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    fn epoch(&mut self, e: &Epoch) -> ControlFlow<()> {
        self.files.epoch(e, self.rate);
        self.show(e);
        ControlFlow::Continue(())
    }
}

impl planish_trees::Observer for TrainingProgress {
    fn learning_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    fn stage(&mut self, stage: Stage, rounds: usize) {
        self.most = rounds;
        self.unit = match stage {
            Stage::Search => "round",
            Stage::Refit => "round on all rows",
        };
        if let Some(bar) = &self.bar {
            bar.set_length(rounds as u64);
            bar.set_position(0);
        }
    }

    fn round(&mut self, stage: Stage, round: &Round) -> planish_trees::Wish {
        let epoch = epoch_of_round(round);
        if stage == Stage::Search {
            self.files.epoch(&epoch, self.rate);
        }
        self.show(&epoch);
        match self.wish() {
            Wish::Continue => planish_trees::Wish::Continue,
            Wish::Stop(_) => planish_trees::Wish::Stop,
            Wish::Suspend => planish_trees::Wish::Suspend,
        }
    }

    fn resumed(&mut self, progress: &Progress) {
        let epochs: Vec<Epoch> = progress.history.search.iter().map(epoch_of_round).collect();
        self.files.resume(&epochs);
        let (done, what) = match progress.stage {
            Stage::Search => (epochs.len(), "round"),
            Stage::Refit => (progress.history.refit.len(), "round on all rows"),
        };
        self.say_resumed(&format!("continuing after {what} {done}"), done);
    }
}

/// Says how far the fit of a linear model is.
pub(crate) struct FitProgress {
    last_line: Mutex<Instant>,
}

impl FitProgress {
    /// For a fit that begins now.
    pub(crate) fn new() -> Self {
        FitProgress { last_line: Mutex::new(Instant::now()) }
    }
}

impl Watch for FitProgress {
    fn step(&self, what: &'static str, done: usize, all: Option<usize>) {
        // Whoever finds the lock taken leaves the line to the other.
        let Ok(mut last) = self.last_line.try_lock() else { return };
        if last.elapsed() >= EVERY {
            *last = Instant::now();
            let of = all.map_or(String::new(), |all| format!(" of {}", print::count(all as u64)));
            print::say(&format!("{what}: {}{of}", print::count(done as u64)));
        }
    }
}
