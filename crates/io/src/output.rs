//! Which files a command may write, checked before its work begins, so that no table, no model and no finished work is lost.
//!
//! A file that the command reads is never written, under whatever name: links, dots and hard links lead to the same device and inode.
//! A file that exists and is neither empty nor of the kind to be written is left alone, unless the user allows it (`--overwrite`).
//! Pipes and devices pass. `-` is standard output, which must not be appended to a file that is read either.

use crate::artifact::is_model;
use crate::atomic::{check_writable, folder_of, is_standard_output};
use crate::error::IoError;
use crate::history_file::is_history;
use crate::predictions::is_prediction_header;
use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Bytes at the start of a file by which its kind is known.
const HEAD: u64 = 1 << 16;

/// A kind of file that a command writes, by which an older one of the kind is known.
pub enum OutputKind<'a> {
    /// A model that Planish wrote.
    Model,
    /// Predictions as CSV, known by their header.
    Predictions,
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

/// A file in use.
#[derive(Debug)]
struct Used {
    name: String,
    identity: Identity,
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
        let used = |path: &Path| {
            let name =
                if path == Path::new("-") { "standard input".into() } else { path.display().to_string() };
            Some(Used { name, identity: Identity::of_input(path)? })
        };
        let outputs = Outputs {
            overwrite: false,
            reads: reads.into_iter().filter_map(used).collect(),
            writes: Vec::new(),
        };
        if let Some(identity) = Identity::of_standard_output() {
            outputs.check_not_read("standard output", &identity)?;
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
        let Some(identity) = Identity::of_output(path) else { return Ok(()) };
        self.check_not_read(&name, &identity)?;
        if let Some(twin) = self.writes.iter().find(|used| used.identity == identity) {
            let what = format!("it would be written twice, as {} too; name another file", twin.name);
            return Err(IoError::file(&name, what));
        }
        if !self.overwrite && !kind.may_replace(path).map_err(IoError::system(&name, "read"))? {
            let what = format!(
                "this file exists and is not {}; name another file, or give --overwrite to replace it",
                kind.name()
            );
            return Err(IoError::file(&name, what));
        }
        self.writes.push(Used { name, identity });
        Ok(())
    }

    fn check_not_read(&self, name: &str, identity: &Identity) -> Result<(), IoError> {
        match self.reads.iter().find(|used| used.identity == *identity) {
            None => Ok(()),
            Some(read) if read.name == name => Err(IoError::file(
                name,
                "this file is read, so nothing can be written to it; name another file",
            )),
            Some(read) => {
                let what = format!("it is the same file as {}, which is read; name another file", read.name);
                Err(IoError::file(name, what))
            }
        }
    }
}

impl OutputKind<'_> {
    fn name(&self) -> &'static str {
        match self {
            OutputKind::Model => "a model of planish",
            OutputKind::Predictions => "predictions of planish",
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
        if let OutputKind::Model = self {
            return is_model(&mut file);
        }
        let mut head = Vec::new();
        file.take(HEAD).read_to_end(&mut head)?;
        Ok(match self {
            OutputKind::Model | OutputKind::Predictions => is_prediction_header(&head),
            OutputKind::History => is_history(path, &head),
            OutputKind::Text { is_one, .. } => is_one(&head),
        })
    }
}

impl Identity {
    /// That of a regular file; none of pipes and devices, and where there is no file.
    fn of_input(path: &Path) -> Option<Identity> {
        if path == Path::new("-") {
            return Identity::of_standard_input();
        }
        let meta = std::fs::metadata(path).ok()?;
        Identity::of(&meta, || std::fs::canonicalize(path).ok())
    }

    /// That of a file that is there or is to come; none of pipes and devices.
    fn of_output(path: &Path) -> Option<Identity> {
        match std::fs::metadata(path) {
            Ok(meta) => Identity::of(&meta, || std::fs::canonicalize(path).ok()),
            Err(_) => {
                let folder = std::fs::canonicalize(folder_of(path)).ok()?;
                Some(Identity::Path(folder.join(path.file_name()?)))
            }
        }
    }

    #[cfg(unix)]
    fn of(meta: &Metadata, _: impl Fn() -> Option<PathBuf>) -> Option<Identity> {
        use std::os::unix::fs::MetadataExt;
        meta.is_file().then(|| Identity::Inode(meta.dev(), meta.ino()))
    }

    #[cfg(not(unix))]
    fn of(meta: &Metadata, path: impl Fn() -> Option<PathBuf>) -> Option<Identity> {
        path().filter(|_| meta.is_file()).map(Identity::Path)
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
        Identity::of(&meta, || None)
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
                let said = write(&mut outputs, name, &OutputKind::Predictions);
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
        let (model, predictions, history) = (OutputKind::Model, OutputKind::Predictions, OutputKind::History);
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
