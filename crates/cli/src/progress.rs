//! Progress on standard error: a bar on a terminal, otherwise a plain line every few seconds.

use crate::report;
use indicatif::{ProgressBar, ProgressStyle};
use planish_train::{Epoch, Observer};
use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// Seconds between plain lines.
const EVERY: Duration = Duration::from_secs(5);

/// Shows the epochs of a training run.
pub(crate) struct TrainingProgress {
    bar: Option<ProgressBar>,
    last_line: Instant,
    epochs: usize,
}

impl TrainingProgress {
    /// For at most this many epochs.
    pub(crate) fn new(epochs: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("epoch {pos}/{len} [{bar:24}] {msg}")
                .expect("the template is valid");
            ProgressBar::new(epochs as u64).with_style(style.progress_chars("=> "))
        });
        TrainingProgress { bar, last_line: Instant::now(), epochs }
    }

    /// Removes the bar.
    pub(crate) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Observer for TrainingProgress {
    fn epoch(&mut self, e: &Epoch) -> ControlFlow<()> {
        let held = e.val_loss.map_or(String::new(), |v| format!("  held-out loss {v:.4}"));
        match &self.bar {
            Some(bar) => {
                bar.set_message(format!("loss {:.4}{held}", e.loss));
                bar.inc(1);
            }
            None if self.last_line.elapsed() >= EVERY => {
                self.last_line = Instant::now();
                report::say(&format!("epoch {}/{}  loss {:.4}{held}", e.epoch, self.epochs, e.loss));
            }
            None => {}
        }
        ControlFlow::Continue(())
    }
}
