//! What a training run writes of its epochs while it goes on: a history, and TensorBoard's events.
//!
//! Files are begun with the first epoch, so a run that cannot start leaves those of an earlier one alone. A file that cannot be written
//! does not end the training: the fault is kept and told when the model is safe.

use planish_io::{EventFile, HistoryFile, IoError};
use planish_train::Epoch;
use std::path::PathBuf;
use std::time::SystemTime;

/// The files of a run.
#[derive(Default)]
pub(crate) struct RunFiles {
    history: Option<Place<HistoryFile>>,
    events: Option<Place<EventFile>>,
    fault: Option<IoError>,
}

/// Where a file is to be, and the file once it is begun.
struct Place<F> {
    path: PathBuf,
    file: Option<F>,
}

impl RunFiles {
    /// Files at these places, if any.
    pub(crate) fn new(history: Option<PathBuf>, log_dir: Option<PathBuf>) -> RunFiles {
        RunFiles {
            history: history.map(|path| Place { path, file: None }),
            events: log_dir.map(|path| Place { path, file: None }),
            fault: None,
        }
    }

    /// Goes on after these epochs of a checkpoint. The history is written anew from them, so that it is whole whatever became of it.
    pub(crate) fn resume(&mut self, epochs: &[Epoch]) {
        let history = self.history.as_mut().map_or(Ok(()), |h| {
            let mut file = HistoryFile::create(&h.path)?;
            epochs.iter().try_for_each(|epoch| file.write(epoch))?;
            h.file = Some(file);
            Ok(())
        });
        self.keep(history);
        let events = self.events.as_mut().map_or(Ok(()), |e| {
            e.file = Some(EventFile::resume(&e.path, now(), epochs.len() as u64 + 1)?);
            Ok(())
        });
        self.keep(events);
    }

    /// Writes an epoch, and the learning rate of its last step.
    pub(crate) fn epoch(&mut self, epoch: &Epoch, rate: f64) {
        if self.fault.is_some() {
            return;
        }
        let history = self.history.as_mut().map_or(Ok(()), |h| {
            if h.file.is_none() {
                h.file = Some(HistoryFile::create(&h.path)?);
            }
            h.file.as_mut().map_or(Ok(()), |file| file.write(epoch))
        });
        self.keep(history);
        let events = self.events.as_mut().map_or(Ok(()), |e| {
            if e.file.is_none() {
                e.file = Some(EventFile::create(&e.path, now())?);
            }
            e.file.as_mut().map_or(Ok(()), |file| scalars(file, epoch, rate))
        });
        self.keep(events);
    }

    /// What went wrong first, if anything did.
    pub(crate) fn fault(self) -> Option<IoError> {
        self.fault
    }

    fn keep(&mut self, result: Result<(), IoError>) {
        if let Err(e) = result {
            self.fault.get_or_insert(e);
        }
    }
}

fn scalars(file: &mut EventFile, epoch: &Epoch, rate: f64) -> Result<(), IoError> {
    let (time, step) = (now(), epoch.epoch as u64);
    let losses = [("loss", Some(epoch.loss)), ("val_loss", epoch.val_loss), ("learning_rate", Some(rate))];
    let metrics = epoch.metrics.iter().map(|(name, value)| (name.as_str(), Some(*value)));
    losses
        .into_iter()
        .chain(metrics)
        .filter_map(|(tag, value)| Some((tag, value?)))
        .try_for_each(|(tag, value)| file.scalar(time, step, tag, value))
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0.0, |d| d.as_secs_f64())
}
