//! Progress on standard error: a bar on a terminal, otherwise a plain line every few seconds. A fit of a linear model that takes longer than that says how
//! far it is in plain lines everywhere.

use crate::print;
use crate::run_files::RunFiles;
use indicatif::{ProgressBar, ProgressStyle};
use planish_linreg::rows::Watch;
use planish_train::{Epoch, Observer, Stop, Wish};
use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Seconds between plain lines.
const EVERY: Duration = Duration::from_secs(5);

/// Shows the epochs of a training run.
pub(crate) struct TrainingProgress {
    bar: Option<ProgressBar>,
    last_line: Instant,
    epochs: usize,
    end: Option<Instant>,
    suspend: Option<Arc<AtomicBool>>,
    files: RunFiles,
    rate: f64,
}

impl TrainingProgress {
    /// For at most this many epochs.
    pub(crate) fn new(epochs: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("epoch {pos}/{len} [{bar:24}] {msg}")
                .expect("the template is valid");
            ProgressBar::new(epochs as u64).with_style(style.progress_chars("=> "))
        });
        TrainingProgress {
            bar,
            last_line: Instant::now(),
            epochs,
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
}

impl Observer for TrainingProgress {
    fn step(&mut self, _: usize, _: usize) -> Wish {
        if self.suspend.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed)) {
            return Wish::Suspend;
        }
        match self.end {
            Some(end) if Instant::now() >= end => Wish::Stop(Stop::TimeLimit),
            _ => Wish::Continue,
        }
    }

    fn resumed(&mut self, epochs: &[Epoch], step: usize) {
        self.files.resume(epochs);
        let text = format!("continuing after step {step} of epoch {}", epochs.len() + 1);
        match &self.bar {
            Some(bar) => {
                bar.suspend(|| print::note(&text));
                bar.set_position(epochs.len() as u64);
            }
            None => print::note(&text),
        }
    }

    fn learning_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    fn epoch(&mut self, e: &Epoch) -> ControlFlow<()> {
        self.files.epoch(e, self.rate);
        let held = e.val_loss.map_or(String::new(), |v| format!("  held-out loss {v:.4}"));
        match &self.bar {
            Some(bar) => {
                bar.set_message(format!("loss {:.4}{held}", e.loss));
                bar.inc(1);
            }
            None if self.last_line.elapsed() >= EVERY => {
                self.last_line = Instant::now();
                print::say(&format!("epoch {}/{}  loss {:.4}{held}", e.epoch, self.epochs, e.loss));
            }
            None => {}
        }
        ControlFlow::Continue(())
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
