//! Checkpoints of boosted trees: one file between two rounds, the trees so far in the blocks in which a network has its arenas.

use super::blocks::{self, Reader};
use super::header::{Header, Kind, TreesHead, version};
use super::identity::Fingerprint;
use super::{CheckpointFolder, UNFINISHED, check_nothing_foreign};
use crate::atomic::write_file_by_way_of;
use crate::error::IoError;
use crate::forest::{self, Head, Listed, Tensors, list, listed};
use planish_trees::{Checkpoints, Identity, Progress, Stage};
use safetensors::Dtype;
use std::time::Instant;

/// The block of the held-out rows' scores.
const HELD: &str = "held_scores";

/// The blocks of a file.
struct Blocks<'a> {
    file: &'a str,
    lists: Vec<(String, Vec<u8>)>,
}

impl Tensors for Blocks<'_> {
    fn bytes(&self, name: &str, _: Dtype, _: usize) -> Result<&[u8], IoError> {
        let found = self.lists.iter().find(|(own, _)| own == name);
        found.map(|(_, bytes)| &bytes[..]).ok_or_else(|| self.fail(&format!("the list {name:?} is missing")))
    }

    fn fail(&self, what: &str) -> IoError {
        IoError::file(self.file, what)
    }
}

impl CheckpointFolder {
    fn read_trees(&self) -> Result<Progress, IoError> {
        let path = self.run_file();
        let file = &path.display().to_string();
        let reader = Reader::open(&path, Kind::Run)?;
        self.fingerprint.check(file, &reader.header().fingerprint)?;
        let Some(TreesHead { stage, history, forest: head }) = reader.header().trees.clone() else {
            return Err(IoError::file(file, "it does not say where the run stands"));
        };
        if stage == Stage::Refit {
            // The search for the number of rounds is over: its limits count too.
            self.fingerprint.check_settings(file, &reader.header().fingerprint, |settings| settings)?;
        }
        let blocks = Blocks { file, lists: reader.lists()? };
        let forest = forest::forest(&blocks, head)?;
        Ok(Progress { stage, history, forest, held_scores: list(&blocks, HELD, 1)? })
    }

    fn write_trees(&self, progress: &Progress) -> Result<(), IoError> {
        let path = self.run_file();
        let name = path.display().to_string();
        let mut lists: Vec<Listed> = forest::of_forest(&progress.forest);
        lists.push(listed(HELD, 1, progress.held_scores.iter().copied()));
        let head = TreesHead {
            stage: progress.stage,
            history: progress.history.clone(),
            forest: Head::of(&progress.forest),
        };
        let header = Header {
            planish: version().to_owned(),
            kind: Kind::Run,
            fingerprint: self.fingerprint.clone(),
            epoch: (progress.history.search.len() + progress.history.refit.len()) as u64,
            progress: None,
            trees: Some(head),
            arenas: lists.iter().map(|l| (l.name.to_owned(), l.bytes.len() as u64)).collect(),
        };
        let head = header.to_bytes(&name)?;
        write_file_by_way_of(UNFINISHED, &path, |w| {
            blocks::write_bytes(&head, lists.iter().map(|l| &l.bytes), w)
                .map_err(IoError::system(&name, "write"))
        })
    }
}

impl Checkpoints for CheckpointFolder {
    fn open(&mut self, run: &Identity<'_>) -> Result<Option<Progress>, String> {
        self.begin(Fingerprint::of_trees(run))
            .and_then(|found| {
                if !found {
                    return Ok(None);
                }
                let progress = self.read_trees()?;
                check_nothing_foreign(&self.folder)?;
                Ok(Some(progress))
            })
            .map_err(|e| e.to_string())
    }

    fn is_due(&mut self, rounds: usize) -> bool {
        self.has_come(rounds as u64)
    }

    fn save(&mut self, progress: &Progress) -> Result<(), String> {
        self.write_trees(progress).map_err(|e| e.to_string())?;
        self.clean(&[]);
        self.last_save = Instant::now();
        Ok(())
    }
}
