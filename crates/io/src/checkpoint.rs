//! A folder of checkpoints, from which a training run goes on as if nothing had happened.
//!
//! `checkpoint.planish` is the run at one step: a header, then the arenas. `best-N.planish` beside it are the weights of the best epoch
//! so far, written only when there are better ones; the file that the last checkpoint refers to stays until the next one. Both are
//! written whole or not at all, so a run that is killed at any instant leaves a checkpoint that can be continued. A lock keeps a
//! second run out of the folder. `docs/formats.md` has the details.

use crate::atomic::{create_folder, write_file_by_way_of};
use crate::error::IoError;
use blocks::Reader;
use header::{Header, Kind};
use identity::Fingerprint;
use planish_train::{Arena, ArenaMut, CheckpointFault, Checkpoints, Identity, Progress};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

mod blocks;
mod header;
mod identity;
mod trees;

/// The file of the run itself.
const RUN: &str = "checkpoint.planish";
/// The file that keeps other runs away.
const LOCK: &str = "lock";
/// What the name of a file that was not finished begins with.
const UNFINISHED: &str = ".planish-checkpoint-";
/// Kept weights larger than this are not held in memory beside the network's.
const LARGE: usize = 64 << 20;

/// How often a checkpoint is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Every {
    /// After so many steps.
    Steps(u64),
    /// After so much time.
    Time(Duration),
}

/// A folder of checkpoints.
#[derive(Debug)]
pub struct CheckpointFolder {
    folder: PathBuf,
    every: Every,
    resume: bool,
    fingerprint: Fingerprint,
    last_save: Instant,
    /// The epoch whose kept weights the last checkpoint refers to.
    referred: usize,
    lock: Option<File>,
}

impl CheckpointFolder {
    /// A folder for checkpoints, made if it is not there. With `resume` a run goes on from the checkpoint in it, if there is one;
    /// without, a checkpoint that is there is an error when the run begins.
    ///
    /// # Errors
    /// A folder that cannot be made, or that another run uses.
    pub fn new(folder: &Path, every: Every, resume: bool) -> Result<CheckpointFolder, IoError> {
        let name = folder.display().to_string();
        if std::fs::metadata(folder).is_ok_and(|m| !m.is_dir()) {
            return Err(IoError::file(&name, "it is a file, not a folder"));
        }
        create_folder(folder)?;
        // The file is only locked: one of this name that is somebody's keeps what is in it.
        let lock = OpenOptions::new().create(true).write(true).truncate(false).open(folder.join(LOCK));
        let lock = lock.map_err(IoError::system(&name, "write"))?;
        let lock = match lock.try_lock() {
            Ok(()) => Some(lock),
            Err(TryLockError::WouldBlock) => {
                return Err(IoError::file(&name, "another run keeps its checkpoints in this folder"));
            }
            // A file system without locks.
            Err(TryLockError::Error(_)) => None,
        };
        Ok(CheckpointFolder {
            folder: folder.to_owned(),
            every,
            resume,
            fingerprint: Fingerprint::default(),
            last_save: Instant::now(),
            referred: 0,
            lock,
        })
    }

    /// Whether there is a checkpoint.
    pub fn has_checkpoint(&self) -> bool {
        self.run_file().exists()
    }

    /// Whether no other run can use the folder meanwhile.
    pub fn is_locked(&self) -> bool {
        self.lock.is_some()
    }

    fn run_file(&self) -> PathBuf {
        self.folder.join(RUN)
    }

    fn kept_file(&self, epoch: usize) -> PathBuf {
        self.folder.join(format!("best-{epoch}.planish"))
    }

    /// Takes note of the run; whether there is a checkpoint to go on from.
    fn begin(&mut self, fingerprint: Fingerprint) -> Result<bool, IoError> {
        self.last_save = Instant::now();
        self.fingerprint = fingerprint;
        if !self.has_checkpoint() {
            check_nothing_foreign(&self.folder)?;
            return Ok(false);
        }
        if !self.resume {
            let name = self.run_file().display().to_string();
            let what = "there is a checkpoint already: go on from it with --resume, or name another folder";
            return Err(IoError::file(&name, what));
        }
        Ok(true)
    }

    /// Whether a checkpoint is due after so many steps.
    fn has_come(&self, steps: u64) -> bool {
        match self.every {
            Every::Steps(n) => steps.is_multiple_of(n.max(1)),
            Every::Time(time) => self.last_save.elapsed() >= time,
        }
    }

    /// Reads the header of the checkpoint, and checks that it is this run's and that nothing in it or beside it is damaged.
    fn read(&self) -> Result<Progress, IoError> {
        let path = self.run_file();
        let name = path.display().to_string();
        let reader = Reader::open(&path, Kind::Run)?;
        self.fingerprint.check(&name, &reader.header().fingerprint)?;
        let progress = reader.header().progress.clone();
        reader.verify()?;
        let progress =
            progress.ok_or_else(|| IoError::file(&name, "it does not say where the run stands"))?;
        if progress.kept_epoch > 0 {
            self.open_kept(progress.kept_epoch)?.verify()?;
        }
        Ok(progress)
    }

    fn open_kept(&self, epoch: usize) -> Result<Reader, IoError> {
        let path = self.kept_file(epoch);
        let reader = Reader::open(&path, Kind::Kept)?;
        let name = path.display().to_string();
        self.fingerprint.check(&name, &reader.header().fingerprint)?;
        if reader.header().epoch != epoch as u64 {
            return Err(IoError::file(&name, "it holds the weights of another epoch"));
        }
        Ok(reader)
    }

    fn write(&self, path: &Path, header: &Header, arenas: &[Arena<'_, f32>]) -> Result<(), IoError> {
        let name = path.display().to_string();
        let head = header.to_bytes(&name)?;
        write_file_by_way_of(UNFINISHED, path, |w| {
            blocks::write(&head, arenas, w).map_err(IoError::system(&name, "write"))
        })
    }

    fn header(
        &self,
        kind: Kind,
        epoch: usize,
        progress: Option<&Progress>,
        arenas: &[Arena<'_, f32>],
    ) -> Header {
        Header {
            planish: header::version().to_owned(),
            kind,
            fingerprint: self.fingerprint.clone(),
            epoch: epoch as u64,
            progress: progress.cloned(),
            trees: None,
            arenas: arenas.iter().map(|(name, a)| ((*name).to_owned(), a.len() as u64)).collect(),
        }
    }

    /// Removes kept weights that nothing refers to, and what a killed run left unfinished. What cannot be removed does no harm.
    fn clean(&self, needed: &[usize]) {
        for file in std::fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = file.file_name();
            let stale = match role(&name.to_string_lossy()) {
                Some(Role::Kept(epoch)) => !needed.contains(&epoch) && header::is_one(&file.path()),
                Some(Role::Unfinished) => true,
                Some(Role::Run | Role::Lock) | None => false,
            };
            if stale {
                let _ = std::fs::remove_file(file.path());
            }
        }
    }
}

/// Files that a checkpoint would take the place of must be of a checkpoint too.
fn check_nothing_foreign(folder: &Path) -> Result<(), IoError> {
    let entries =
        std::fs::read_dir(folder).map_err(IoError::system(&folder.display().to_string(), "read"))?;
    for file in entries.flatten() {
        let of_a_run = matches!(role(&file.file_name().to_string_lossy()), Some(Role::Run | Role::Kept(_)));
        if of_a_run && !header::is_one(&file.path()) {
            let what = "it is no checkpoint, and has the name of one; name another folder";
            return Err(IoError::file(&file.path().display().to_string(), what));
        }
    }
    Ok(())
}

/// What a file of a checkpoint's folder is for.
enum Role {
    Run,
    Lock,
    /// The weights of an epoch.
    Kept(usize),
    Unfinished,
}

fn role(name: &str) -> Option<Role> {
    match name {
        RUN => Some(Role::Run),
        LOCK => Some(Role::Lock),
        _ if name.starts_with(UNFINISHED) => Some(Role::Unfinished),
        _ => name.strip_prefix("best-")?.strip_suffix(".planish")?.parse().ok().map(Role::Kept),
    }
}

/// Whether a run that keeps its checkpoints in a folder may write or remove the file of this name in it.
pub(crate) fn is_used(name: &str) -> bool {
    role(name).is_some()
}

fn fault(e: IoError) -> CheckpointFault {
    e.to_string()
}

impl Checkpoints<f32> for CheckpointFolder {
    fn open(&mut self, run: &Identity<'_, f32>) -> Result<Option<Progress>, CheckpointFault> {
        if !self.begin(Fingerprint::of(run)).map_err(fault)? {
            return Ok(None);
        }
        let progress = self.read().map_err(fault)?;
        check_nothing_foreign(&self.folder).map_err(fault)?;
        self.referred = progress.kept_epoch;
        Ok(Some(progress))
    }

    fn load(&mut self, arenas: &mut [ArenaMut<'_, f32>]) -> Result<(), CheckpointFault> {
        Reader::open(&self.run_file(), Kind::Run).and_then(|reader| reader.fill(arenas)).map_err(fault)
    }

    fn is_due(&mut self, steps: u64) -> bool {
        self.has_come(steps)
    }

    fn save(&mut self, progress: &Progress, arenas: &[Arena<'_, f32>]) -> Result<(), CheckpointFault> {
        let header = self.header(Kind::Run, progress.epoch, Some(progress), arenas);
        self.write(&self.run_file(), &header, arenas).map_err(fault)?;
        self.referred = progress.kept_epoch;
        self.clean(&[self.referred]);
        self.last_save = Instant::now();
        Ok(())
    }

    fn keeps_weights(&self, bytes: usize) -> bool {
        bytes > LARGE
    }

    fn save_kept(&mut self, epoch: usize, arenas: &[Arena<'_, f32>]) -> Result<(), CheckpointFault> {
        let header = self.header(Kind::Kept, epoch, None, arenas);
        self.write(&self.kept_file(epoch), &header, arenas).map_err(fault)?;
        self.clean(&[self.referred, epoch]);
        Ok(())
    }

    fn load_kept(&mut self, epoch: usize, arenas: &mut [ArenaMut<'_, f32>]) -> Result<(), CheckpointFault> {
        self.open_kept(epoch).and_then(|reader| reader.fill(arenas)).map_err(fault)
    }
}

#[cfg(test)]
mod tests;
