//! Which files a command may write, checked before its work begins, so that no table, no model and no finished work is lost.
//!
//! A file that the command reads is never written, under whatever name: links, dots and hard links lead to the same device and inode.
//! A file that exists and is neither empty nor of the kind to be written is left alone, unless the user allows it (`--overwrite`).
//! Pipes and devices pass. `-` is standard output, which must not be appended to a file that is read either.

use crate::artifact::is_model;
use crate::atomic::{check_folder_writable, check_writable, destination, folder_of, is_standard_output};
use crate::checkpoint::is_used;
use crate::error::IoError;
use crate::history_file::is_history;
use crate::input::files_of;
use crate::predictions::{PredictionLayout, are_predictions};
use std::fs::{File, Metadata, OpenOptions};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Bytes at the start of a file by which its kind is known.
const HEAD: u64 = 1 << 16;

/// A kind of file that a command writes, by which an older one of the kind is known.
pub enum OutputKind<'a> {
    /// A model that Planish wrote.
    Model,
    /// Predictions, known by the names of their columns.
    Predictions(&'a PredictionLayout),
    /// A training run's history.
    History,
    /// A text of another kind.
    Text {
        /// Its name in messages, with an article.
        name: &'static str,
        /// Whether a file of which these are the first 64 KiB is one.
        is_one: &'a dyn Fn(&[u8]) -> bool,
    },
}

/// The files that one command reads and writes.
#[derive(Debug)]
pub struct Outputs {
    overwrite: bool,
    reads: Vec<Used>,
    writes: Vec<Used>,
}

/// A file in use: what it was called, which it is, and where it lies without links, if it lies somewhere.
#[derive(Debug)]
struct Used {
    name: String,
    identity: Identity,
    place: Option<PathBuf>,
}

/// What tells one file from another, whatever they are called.
#[derive(Debug, PartialEq, Eq)]
enum Identity {
    /// A file that exists: its device and inode.
    #[cfg(unix)]
    Inode(u64, u64),
    /// A file that is still to come, or any where the system has no inodes: its folder without links, and its name.
    Path(PathBuf),
}

impl Outputs {
    /// The outputs of a command that reads these files (`-`: standard input) and prints its results.
    ///
    /// # Errors
    /// Standard output is one of these files.
    pub fn of_reading<'p>(reads: impl IntoIterator<Item = &'p Path>) -> Result<Outputs, IoError> {
        // A pattern that fits no file is an error where the table is opened.
        let files = |path: &Path| files_of(&path.display().to_string()).unwrap_or_default();
        let reads =
            reads.into_iter().flat_map(files).filter_map(|path| Used::input(Path::new(&path))).collect();
        let mut outputs = Outputs { overwrite: false, reads, writes: Vec::new() };
        if let Some(identity) = Identity::of_standard_output() {
            let stream = Used { name: "standard output".to_owned(), identity, place: None };
            outputs.check_not_read(&stream)?;
            outputs.writes.push(stream);
        }
        Ok(outputs)
    }

    /// Whether files of another kind may be replaced.
    #[must_use]
    pub fn overwrite(self, overwrite: bool) -> Outputs {
        Outputs { overwrite, ..self }
    }

    /// Declares that a file of this kind will be written here, and checks that it may and can be.
    ///
    /// # Errors
    /// A file that the command reads or writes already, one of another kind, or a place where nothing can be written.
    pub fn write(&mut self, path: &Path, kind: &OutputKind<'_>) -> Result<(), IoError> {
        if is_standard_output(path) {
            return Ok(());
        }
        let name = path.display().to_string();
        check_writable(path)?;
        self.declare(path)?;
        if !self.overwrite && !kind.may_replace(path).map_err(IoError::system(&name, "read"))? {
            let what = format!(
                "this file exists and is not {}; name another file, or give --overwrite to replace it",
                kind.name()
            );
            return Err(IoError::file(&name, what));
        }
        if let (OutputKind::History, true) = (kind, path.is_file()) {
            // It is not replaced by another file, but written anew.
            OpenOptions::new().write(true).open(path).map_err(IoError::system(&name, "write"))?;
        }
        Ok(())
    }

    /// Declares a folder, there or to come, in which files with new names will be written.
    ///
    /// # Errors
    /// A path that is a file or another output, or a folder that cannot be made or written.
    pub fn folder(&mut self, path: &Path) -> Result<(), IoError> {
        self.declare(path)?;
        check_folder_writable(path)
    }

    /// Declares the folder of a run's events. One that has a run's already is refused, unless that run goes on.
    ///
    /// # Errors
    /// As [`Outputs::folder`], and events of another run.
    pub fn events(&mut self, path: &Path, goes_on: bool) -> Result<(), IoError> {
        self.folder(path)?;
        if !goes_on && crate::tensorboard::has_events(path) {
            let what = "there are the events of a run in this folder already, with which those of another would mix: name another folder";
            return Err(IoError::file(&path.display().to_string(), what));
        }
        Ok(())
    }

    /// Declares the folder of a run's checkpoints, after all other files: none of them may have the name of a checkpoint's file in it.
    ///
    /// # Errors
    /// As [`Outputs::folder`], and a file that checkpoints would overwrite or remove.
    pub fn checkpoints(&mut self, path: &Path) -> Result<(), IoError> {
        self.folder(path)?;
        let folder = std::fs::canonicalize(path).ok();
        let inside = |place: &&Path| folder.is_some() && place.parent() == folder.as_deref();
        for used in self.reads.iter().chain(&self.writes) {
            let name = used.place.as_deref().filter(inside).and_then(Path::file_name);
            if name.is_some_and(|name| is_used(&name.to_string_lossy())) {
                let what = "checkpoints have files of this name in their folder; name another file or folder";
                return Err(IoError::file(&used.name, what));
            }
        }
        Ok(())
    }

    /// Notes an output, which must be neither read nor written otherwise.
    fn declare(&mut self, path: &Path) -> Result<(), IoError> {
        let Some(used) = Used::output(path) else { return Ok(()) };
        self.check_not_read(&used)?;
        if let Some(twin) = self.writes.iter().find(|other| other.identity == used.identity) {
            let what = format!("it would be written twice, as {} too; name another file", twin.name);
            return Err(IoError::file(&used.name, what));
        }
        self.writes.push(used);
        Ok(())
    }

    fn check_not_read(&self, written: &Used) -> Result<(), IoError> {
        let Some(read) = self.reads.iter().find(|read| read.identity == written.identity) else {
            return Ok(());
        };
        let what = if read.name == written.name {
            "this file is read, so nothing can be written to it; name another file".to_owned()
        } else {
            format!("it is the same file as {}, which is read; name another file", read.name)
        };
        Err(IoError::file(&written.name, what))
    }
}

impl Used {
    /// A regular file, or standard input that is one; pipes, devices and what is not there are none.
    fn input(path: &Path) -> Option<Used> {
        if path == Path::new("-") {
            let identity = Identity::of_standard_input()?;
            return Some(Used { name: "standard input".to_owned(), identity, place: None });
        }
        let place = std::fs::canonicalize(path).ok()?;
        let identity = Identity::of(&std::fs::metadata(path).ok()?, &place)?;
        Some(Used { name: path.display().to_string(), identity, place: Some(place) })
    }

    /// A regular file, or one that is to come; pipes, devices and folders are none.
    fn output(path: &Path) -> Option<Used> {
        if let Ok(meta) = std::fs::metadata(path) {
            return Used::input(path).filter(|_| meta.is_file());
        }
        let target = destination(path);
        let place = std::fs::canonicalize(folder_of(&target)).ok()?.join(target.file_name()?);
        let name = path.display().to_string();
        Some(Used { name, identity: Identity::Path(place.clone()), place: Some(place) })
    }
}

impl OutputKind<'_> {
    fn name(&self) -> &'static str {
        match self {
            OutputKind::Model => "a model of planish",
            OutputKind::Predictions(_) => "predictions of planish",
            OutputKind::History => "a history of planish",
            OutputKind::Text { name, .. } => name,
        }
    }

    /// Whether a new file may take the place of what is there: nothing, an empty file, a pipe or device, or an older file of the kind.
    fn may_replace(&self, path: &Path) -> std::io::Result<bool> {
        match std::fs::metadata(path) {
            Ok(meta) if meta.is_file() && meta.len() > 0 => {}
            _ => return Ok(true),
        }
        let mut file = File::open(path)?;
        match self {
            OutputKind::Model => is_model(&mut file),
            OutputKind::Predictions(layout) => Ok(are_predictions(file, layout)),
            OutputKind::History => Ok(is_history(path, &head(file)?)),
            OutputKind::Text { is_one, .. } => Ok(is_one(&head(file)?)),
        }
    }
}

/// The start of a file.
fn head(file: File) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    file.take(HEAD).read_to_end(&mut head)?;
    Ok(head)
}

impl Identity {
    /// That of a regular file; none of pipes and devices.
    #[cfg(unix)]
    fn of(meta: &Metadata, _: &Path) -> Option<Identity> {
        use std::os::unix::fs::MetadataExt;
        meta.is_file().then(|| Identity::Inode(meta.dev(), meta.ino()))
    }

    #[cfg(not(unix))]
    fn of(meta: &Metadata, place: &Path) -> Option<Identity> {
        meta.is_file().then(|| Identity::Path(place.to_owned()))
    }

    #[cfg(unix)]
    fn of_standard_input() -> Option<Identity> {
        Identity::of_stream(std::os::fd::AsFd::as_fd(&std::io::stdin()))
    }

    #[cfg(unix)]
    fn of_standard_output() -> Option<Identity> {
        Identity::of_stream(std::os::fd::AsFd::as_fd(&std::io::stdout()))
    }

    /// That of the file that a stream was redirected to.
    #[cfg(unix)]
    fn of_stream(stream: std::os::fd::BorrowedFd<'_>) -> Option<Identity> {
        let meta = File::from(stream.try_clone_to_owned().ok()?).metadata().ok()?;
        Identity::of(&meta, Path::new(""))
    }

    #[cfg(not(unix))]
    fn of_standard_input() -> Option<Identity> {
        None
    }

    #[cfg(not(unix))]
    fn of_standard_output() -> Option<Identity> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(outputs: &mut Outputs, path: &Path, kind: &OutputKind<'_>) -> String {
        outputs.write(path, kind).map_or_else(|e| e.to_string(), |()| String::new())
    }

    #[test]
    fn a_file_that_is_read_is_not_written_under_any_name() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("t.csv"), "a,y\n1,2\n").unwrap();
        std::fs::create_dir(at("d")).unwrap();
        std::fs::hard_link(at("t.csv"), at("hard")).unwrap();
        let mut names = vec![at("t.csv"), at("d/../t.csv"), at("hard")];
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("t.csv"), at("soft")).unwrap();
            std::os::unix::fs::symlink(folder.path(), at("loop")).unwrap();
            names.extend([at("soft"), at("loop/t.csv")]);
        }
        for overwrite in [false, true] {
            let reads = at("t.csv");
            let mut outputs = Outputs::of_reading([reads.as_path()]).unwrap().overwrite(overwrite);
            for name in &names {
                let said = write(&mut outputs, name, &OutputKind::Predictions(&PredictionLayout::default()));
                assert!(said.contains("read") && said.contains("name another file"), "{name:?}: {said}");
            }
        }
        assert_eq!(std::fs::read(at("t.csv")).unwrap(), b"a,y\n1,2\n");
    }

    #[test]
    fn only_files_of_the_kind_are_replaced_unless_it_is_allowed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let page = |head: &[u8]| head.starts_with(b"<!DOCTYPE");
        let page = OutputKind::Text { name: "a page", is_one: &page };
        let layout = PredictionLayout::default();
        let (model, predictions, history) =
            (OutputKind::Model, OutputKind::Predictions(&layout), OutputKind::History);
        let cases: [(&str, &[u8], &OutputKind<'_>, bool); 14] = [
            ("empty", b"", &model, true),
            ("table.csv", b"a,y\n1,2\n", &model, false),
            ("foreign", b"\x02\0\0\0\0\0\0\0{}", &model, false),
            ("long", b"\xff\xff\xff\xff\xff\xff\xff\xff{}", &model, false),
            ("p.csv", b"prediction\n1\n", &predictions, true),
            ("classes.csv", b"prediction,probability_a,probability_b\na,1,0\n", &predictions, true),
            (
                "interval.csv",
                b"prediction,mean_ci_lower,mean_ci_upper,obs_ci_lower,obs_ci_upper\n",
                &predictions,
                true,
            ),
            ("own.csv", b"prediction,my notes\n1,x\n", &predictions, false),
            ("t.csv", b"y,prediction\n1,2\n", &predictions, false),
            ("h.jsonl", b"{\"epoch\":1,\"loss\":0.5}\n", &history, true),
            ("h.csv", b"epoch,loss,val_loss\n1,2,3\n", &history, true),
            ("days.csv", b"epoch,temperature\n1,2\n", &history, false),
            ("page", b"<!DOCTYPE html>", &page, true),
            ("notes", b"to do", &page, false),
        ];
        for (name, content, kind, may) in cases {
            std::fs::write(at(name), content).unwrap();
            let said = write(&mut Outputs::of_reading([]).unwrap(), &at(name), kind);
            assert_eq!(said.is_empty(), may, "{name}: {said}");
            assert!(may || said.contains("--overwrite"), "{said}");
            assert_eq!(write(&mut Outputs::of_reading([]).unwrap().overwrite(true), &at(name), kind), "");
            assert_eq!(std::fs::read(at(name)).unwrap(), content, "it was only looked at");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_to_files_that_are_to_come_are_those_files() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::os::unix::fs::symlink("h.jsonl", at("link.jsonl")).unwrap();
        let mut outputs = Outputs::of_reading([]).unwrap();
        assert_eq!(write(&mut outputs, &at("h.jsonl"), &OutputKind::Model), "");
        assert!(write(&mut outputs, &at("link.jsonl"), &OutputKind::History).contains("written twice"));
    }

    #[test]
    fn folders_are_outputs_too_and_checkpoints_take_no_file_of_the_command() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("c")).unwrap();
        for name in ["best-2.planish", ".planish-checkpoint-x", "checkpoint.planish", "lock"] {
            let file = at("c").join(name);
            std::fs::write(&file, "a,y\n1,2\n").unwrap();
            let e = Outputs::of_reading([file.as_path()]).unwrap().checkpoints(&at("c")).unwrap_err();
            assert!(e.to_string().contains("checkpoints have files of this name"), "{e}");
            std::fs::remove_file(&file).unwrap();
            let mut outputs = Outputs::of_reading([]).unwrap();
            assert_eq!(write(&mut outputs, &file, &OutputKind::Model), "");
            assert!(outputs.checkpoints(&at("c")).is_err(), "{name}");
        }
        let mut outputs = Outputs::of_reading([]).unwrap();
        assert_eq!(write(&mut outputs, &at("c/model"), &OutputKind::Model), "");
        assert_eq!(write(&mut outputs, &at("new"), &OutputKind::Model), "");
        assert!(outputs.folder(&at("new")).unwrap_err().to_string().contains("written twice"));
        outputs.folder(&at("c")).unwrap();
        outputs.checkpoints(&at("c")).unwrap();
    }

    #[test]
    fn two_outputs_are_two_files_and_devices_pass() {
        let folder = tempfile::tempdir().unwrap();
        let mut outputs = Outputs::of_reading([Path::new("/dev/null")]).unwrap();
        let new = folder.path().join("new");
        assert_eq!(write(&mut outputs, &new, &OutputKind::Model), "");
        let again = folder.path().join("./new");
        assert!(write(&mut outputs, &again, &OutputKind::History).contains("written twice"));
        assert_eq!(write(&mut outputs, Path::new("-"), &OutputKind::Model), "");
        #[cfg(unix)]
        assert_eq!(write(&mut outputs, Path::new("/dev/null"), &OutputKind::Model), "");
    }
}
