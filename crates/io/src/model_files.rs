//! Where models lie: a file, a folder of versions `VERSION/model.safetensors`, or a folder of such folders, `NAME/VERSION/model.safetensors`;
//! and whether a file is still the one that was read.

use crate::error::IoError;
use std::collections::BTreeMap;
use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The name of a model's file in a folder of versions.
const FILE: &str = "model.safetensors";

/// A model's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFile {
    /// The model's name.
    pub name: String,
    /// Its version; 1 for a file that stands alone.
    pub version: u64,
    /// The file.
    pub path: PathBuf,
    /// What the file was when it was found.
    pub stamp: FileStamp,
}

/// What tells a file from another that took its place, and from what it was before it was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStamp {
    bytes: u64,
    modified: Option<SystemTime>,
    /// When anything of it changed, its permissions included: programs can set back the time above, but not this one.
    changed: (i64, i64),
    /// Its place: device and number there.
    place: (u64, u64),
}

impl FileStamp {
    fn of(meta: &Metadata) -> FileStamp {
        #[cfg(unix)]
        let (changed, place) = {
            use std::os::unix::fs::MetadataExt;
            ((meta.ctime(), meta.ctime_nsec()), (meta.dev(), meta.ino()))
        };
        #[cfg(not(unix))]
        let (changed, place) = ((0, 0), (0, 0));
        FileStamp { bytes: meta.len(), modified: meta.modified().ok(), changed, place }
    }

    /// Whether the other stamp is of the same file, written to in between or not, rather than of one that took its place. Where the
    /// system does not tell, it is taken for the same.
    pub fn is_same_file(&self, other: &FileStamp) -> bool {
        self.place == other.place
    }
}

/// What is at a path.
#[derive(Debug, Default)]
pub struct FoundModels {
    /// The models' files, by name and version.
    pub files: Vec<ModelFile>,
    /// What is there and cannot be looked at.
    pub unreadable: Vec<Unreadable>,
}

impl FoundModels {
    /// Versions that lie in two folders, such as `1` and `01`, cannot be told apart: none of the two is taken.
    fn part_twins(&mut self) {
        let mut count: BTreeMap<(String, u64), usize> = BTreeMap::new();
        let lost = self.unreadable.iter().filter_map(|lost| Some((&lost.name, lost.version?)));
        for (name, version) in self.files.iter().map(|file| (&file.name, file.version)).chain(lost) {
            *count.entry((name.clone(), version)).or_default() += 1;
        }
        let is_twin = |name: &String, version| count.get(&(name.clone(), version)).is_some_and(|&n| n > 1);
        let (twins, files): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.files).into_iter().partition(|f| is_twin(&f.name, f.version));
        self.files = files;
        self.unreadable.extend(twins.into_iter().map(|ModelFile { name, version, path, .. }| {
            let error = IoError::file(&path.display().to_string(), "another folder is of this version too");
            Unreadable { name, version: Some(version), path, error }
        }));
    }
}

/// A model, or a version of it, that is there and cannot be looked at.
#[derive(Debug)]
pub struct Unreadable {
    /// The model's name.
    pub name: String,
    /// The version; without one, the folder of versions cannot be looked at.
    pub version: Option<u64>,
    /// The file or folder.
    pub path: PathBuf,
    /// Why not.
    pub error: IoError,
}

/// The name of the model at a path that names it itself: the file's without the ending.
pub fn own_name(path: &Path) -> String {
    path.file_stem().map_or(String::new(), |s| s.to_string_lossy().into_owned())
}

/// What is known of a regular file. Nothing else is opened by who reads files while it has other things to do: opening a pipe waits until
/// somebody writes into it.
///
/// # Errors
/// A file that cannot be looked at, or is no regular one.
pub fn require_regular(path: &Path) -> Result<Metadata, IoError> {
    let shown = path.display().to_string();
    let meta = std::fs::metadata(path).map_err(IoError::system(&shown, "read"))?;
    match meta.is_file() {
        true => Ok(meta),
        false => Err(IoError::file(&shown, "it is not a regular file")),
    }
}

/// The models at a path, by name and version. `name` is that of a file, or of a folder of versions; without one, a file has its own
/// name without the ending, and a folder holds a folder for each model.
///
/// # Errors
/// A path that cannot be read or is neither a regular file nor a folder, or a folder without models.
pub fn find_models(name: Option<&str>, path: &Path) -> Result<FoundModels, IoError> {
    let shown = path.display().to_string();
    let meta = std::fs::metadata(path).map_err(IoError::system(&shown, "read"))?;
    let mut found = FoundModels::default();
    if !meta.is_dir() {
        let meta = require_regular(path)?;
        let name = name.map_or_else(|| own_name(path), str::to_owned);
        let stamp = FileStamp::of(&meta);
        found.files.push(ModelFile { name, version: 1, path: path.to_owned(), stamp });
        return Ok(found);
    }
    match name {
        Some(name) => versions(name, path, &mut found)?,
        None => {
            for (name, folder) in folders(path)?.into_iter().filter(|(n, _)| !n.starts_with('.')) {
                if let Err(error) = versions(&name, &folder, &mut found) {
                    found.unreadable.push(Unreadable { name, version: None, path: folder, error });
                }
            }
        }
    }
    found.part_twins();
    if found.files.is_empty() && found.unreadable.is_empty() {
        let form = if name.is_some() { "VERSION" } else { "NAME/VERSION" };
        return Err(IoError::file(
            &shown,
            format!("there is no model in this folder: one lies at {form}/{FILE}"),
        ));
    }
    found.files.sort_by(|a, b| (&a.name, a.version).cmp(&(&b.name, b.version)));
    found.unreadable.sort_by(|a, b| (&a.name, a.version, &a.path).cmp(&(&b.name, b.version, &b.path)));
    Ok(found)
}

/// The versions in a model's folder; what is no whole number, or has no model in it yet, is passed over.
fn versions(name: &str, folder: &Path, found: &mut FoundModels) -> Result<(), IoError> {
    for (version, folder) in folders(folder)? {
        let Ok(version) = version.parse() else { continue };
        let (name, path) = (name.to_owned(), folder.join(FILE));
        // A link that leads nowhere is there.
        let is_none = |e: &std::io::Error| e.kind() == ErrorKind::NotFound;
        if std::fs::symlink_metadata(&path).is_err_and(|e| is_none(&e)) {
            continue;
        }
        match require_regular(&path) {
            Ok(meta) => found.files.push(ModelFile { name, version, stamp: FileStamp::of(&meta), path }),
            Err(error) => found.unreadable.push(Unreadable { name, version: Some(version), path, error }),
        }
    }
    Ok(())
}

/// The folders in a folder.
fn folders(path: &Path) -> Result<Vec<(String, PathBuf)>, IoError> {
    let shown = path.display().to_string();
    let mut all = Vec::new();
    for entry in std::fs::read_dir(path).map_err(IoError::system(&shown, "read"))? {
        let entry = entry.map_err(IoError::system(&shown, "read"))?.path();
        if let (true, Some(name)) = (entry.is_dir(), entry.file_name().and_then(|n| n.to_str())) {
            all.push((name.to_owned(), entry));
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_found_by_name_and_version() {
        let root = tempfile::tempdir().unwrap();
        for place in ["a/2", "a/10", "a/notes", "b/1", ".hidden/1"] {
            std::fs::create_dir_all(root.path().join(place)).unwrap();
            std::fs::write(root.path().join(place).join(FILE), place).unwrap();
        }
        std::fs::create_dir_all(root.path().join("b/3")).unwrap();
        let names = |found: FoundModels| -> Vec<(String, u64)> {
            found.files.into_iter().map(|f| (f.name, f.version)).collect()
        };
        let all = names(find_models(None, root.path()).unwrap());
        assert_eq!(all, [("a".to_owned(), 2), ("a".to_owned(), 10), ("b".to_owned(), 1)]);
        assert_eq!(names(find_models(Some("x"), &root.path().join("b")).unwrap()), [("x".to_owned(), 1)]);
        let file = root.path().join("b/1").join(FILE);
        assert_eq!(names(find_models(None, &file).unwrap()), [("model".to_owned(), 1)]);
        let e = find_models(None, &root.path().join("b")).unwrap_err().to_string();
        assert!(e.contains("NAME/VERSION/model.safetensors"), "{e}");
    }

    #[cfg(unix)]
    #[test]
    fn what_cannot_be_looked_at_does_not_hide_the_others() {
        let root = tempfile::tempdir().unwrap();
        for place in ["a/1", "a/2", "b/1"] {
            std::fs::create_dir_all(root.path().join(place)).unwrap();
        }
        let file = |place: &str| root.path().join(place).join(FILE);
        std::fs::write(file("a/1"), "model").unwrap();
        std::os::unix::fs::symlink("nowhere", file("a/2")).unwrap();
        let found = find_models(None, root.path()).unwrap();
        assert_eq!((found.files.len(), found.files[0].version), (1, 1));
        let [lost] = &found.unreadable[..] else { panic!("{found:?}") };
        assert_eq!((lost.name.as_str(), lost.version, &lost.path), ("a", Some(2), &file("a/2")));
    }

    #[test]
    fn a_version_that_lies_in_two_folders_is_not_taken_and_the_others_are() {
        let root = tempfile::tempdir().unwrap();
        for place in ["a/1", "a/01", "a/2", "b/1", "b/01"] {
            std::fs::create_dir_all(root.path().join(place)).unwrap();
        }
        for place in ["a/1", "a/01", "a/2", "b/1"] {
            std::fs::write(root.path().join(place).join(FILE), place).unwrap();
        }
        let found = find_models(None, root.path()).unwrap();
        let files: Vec<_> = found.files.iter().map(|f| (f.name.as_str(), f.version)).collect();
        assert_eq!(files, [("a", 2), ("b", 1)], "a folder without a model is none");
        let lost: Vec<_> = found.unreadable.iter().map(|u| (u.name.as_str(), u.version, &u.path)).collect();
        let at = |place: &str| root.path().join(place).join(FILE);
        assert_eq!(lost, [("a", Some(1), &at("a/01")), ("a", Some(1), &at("a/1"))]);
        assert_eq!(found.unreadable[0].error.without_file(), "another folder is of this version too");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_neither_a_regular_file_nor_a_folder_of_versions_is_refused() {
        let root = tempfile::tempdir().unwrap();
        for place in ["a/1", "a/2", "a/3/model.safetensors"] {
            std::fs::create_dir_all(root.path().join(place)).unwrap();
        }
        let file = |place: &str| root.path().join(place).join(FILE);
        std::fs::write(file("a/1"), "model").unwrap();
        // Not by a program: until it runs, a child holds the locks that other tests of this process let go of meanwhile.
        rustix::fs::mkfifoat(rustix::fs::CWD, file("a/2"), rustix::fs::Mode::RUSR).unwrap();
        let found = find_models(None, root.path()).unwrap();
        assert_eq!((found.files.len(), found.files[0].version), (1, 1));
        let lost: Vec<_> =
            found.unreadable.iter().map(|u| (u.version.unwrap(), u.error.without_file())).collect();
        let what = "it is not a regular file".to_owned();
        assert_eq!(lost, [(2, what.clone()), (3, what.clone())]);
        let e = find_models(None, &file("a/2")).unwrap_err();
        assert_eq!(e.to_string(), format!("{}: {what}", file("a/2").display()));
        assert_eq!(crate::load_model_mapped(&file("a/2")).unwrap_err().without_file(), what);
    }

    #[test]
    fn a_file_that_takes_the_place_of_another_or_is_written_to_has_another_stamp() {
        let root = tempfile::tempdir().unwrap();
        let (old, new) = (root.path().join("old"), root.path().join("new"));
        std::fs::write(&old, "1").unwrap();
        std::fs::write(&new, "2").unwrap();
        let stamp = || FileStamp::of(&std::fs::metadata(&old).unwrap());
        let before = stamp();
        assert_eq!(stamp(), before);
        std::fs::write(&old, "12").unwrap();
        assert!(stamp() != before && stamp().is_same_file(&before));
        std::fs::rename(&new, &old).unwrap();
        assert_ne!(stamp(), before);
        #[cfg(unix)]
        assert!(!stamp().is_same_file(&before));
    }
}
