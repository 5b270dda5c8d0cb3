//! Where models lie: a file, a folder of versions `VERSION/model.safetensors`, or a folder of such folders, `NAME/VERSION/model.safetensors`;
//! and whether a file is still the one that was read.

use crate::error::IoError;
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

/// What tells a file from another that took its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStamp {
    bytes: u64,
    modified: Option<SystemTime>,
    inode: u64,
}

impl FileStamp {
    fn of(path: &Path) -> Result<FileStamp, IoError> {
        let name = path.display().to_string();
        let meta = std::fs::metadata(path).map_err(IoError::system(&name, "read"))?;
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(&meta);
        #[cfg(not(unix))]
        let inode = 0;
        Ok(FileStamp { bytes: meta.len(), modified: meta.modified().ok(), inode })
    }
}

/// The models at a path, by name and version. `name` is that of a file, or of a folder of versions; without one, a file has its own
/// name without the ending, and a folder holds a folder for each model.
///
/// # Errors
/// A path that cannot be read, or a folder without models.
pub fn find_models(name: Option<&str>, path: &Path) -> Result<Vec<ModelFile>, IoError> {
    let shown = path.display().to_string();
    let meta = std::fs::metadata(path).map_err(IoError::system(&shown, "read"))?;
    if !meta.is_dir() {
        let own = || path.file_stem().map_or(String::new(), |s| s.to_string_lossy().into_owned());
        let name = name.map_or_else(own, str::to_owned);
        return Ok(vec![ModelFile { name, version: 1, path: path.to_owned(), stamp: FileStamp::of(path)? }]);
    }
    let mut found = Vec::new();
    match name {
        Some(name) => versions(name, path, &mut found)?,
        None => {
            for (name, folder) in folders(path)?.into_iter().filter(|(n, _)| !n.starts_with('.')) {
                versions(&name, &folder, &mut found)?;
            }
        }
    }
    if found.is_empty() {
        let form = if name.is_some() { "VERSION" } else { "NAME/VERSION" };
        return Err(IoError::file(
            &shown,
            format!("there is no model in this folder: one lies at {form}/{FILE}"),
        ));
    }
    found.sort_by(|a, b| (&a.name, a.version).cmp(&(&b.name, b.version)));
    Ok(found)
}

/// The versions in a model's folder; what is no whole number, or has no model in it yet, is passed over.
fn versions(name: &str, folder: &Path, found: &mut Vec<ModelFile>) -> Result<(), IoError> {
    for (version, folder) in folders(folder)? {
        let path = folder.join(FILE);
        if let (Ok(version), true) = (version.parse(), path.is_file()) {
            let stamp = FileStamp::of(&path)?;
            found.push(ModelFile { name: name.to_owned(), version, path, stamp });
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
        let names = |found: Vec<ModelFile>| -> Vec<(String, u64)> {
            found.into_iter().map(|f| (f.name, f.version)).collect()
        };
        let all = names(find_models(None, root.path()).unwrap());
        assert_eq!(all, [("a".to_owned(), 2), ("a".to_owned(), 10), ("b".to_owned(), 1)]);
        assert_eq!(names(find_models(Some("x"), &root.path().join("b")).unwrap()), [("x".to_owned(), 1)]);
        let file = root.path().join("b/1").join(FILE);
        assert_eq!(names(find_models(None, &file).unwrap()), [("model".to_owned(), 1)]);
        let e = find_models(None, &root.path().join("b")).unwrap_err().to_string();
        assert!(e.contains("NAME/VERSION/model.safetensors"), "{e}");
    }

    #[test]
    fn a_file_that_takes_the_place_of_another_has_another_stamp() {
        let root = tempfile::tempdir().unwrap();
        let (old, new) = (root.path().join("old"), root.path().join("new"));
        std::fs::write(&old, "1").unwrap();
        std::fs::write(&new, "2").unwrap();
        let before = FileStamp::of(&old).unwrap();
        assert_eq!(FileStamp::of(&old).unwrap(), before);
        std::fs::rename(&new, &old).unwrap();
        assert_ne!(FileStamp::of(&old).unwrap(), before);
    }
}
