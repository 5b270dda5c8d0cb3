//! Files that appear whole or not at all: written under a temporary name in the same folder, flushed, synced, renamed, and
//! the folder synced.

use crate::error::IoError;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Writes a file with `fill`; on any failure the file is what it was before.
///
/// # Errors
/// A folder or file that cannot be written, or the error of `fill`.
pub fn write_file<E: From<IoError>>(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let name = path.display().to_string();
    let failed = || IoError::system(&name, "write");
    if path.is_dir() {
        return Err(IoError::file(&name, "cannot write: it is a folder").into());
    }
    let folder = folder_of(path);
    let temporary = tempfile::Builder::new().prefix(".planish-").tempfile_in(folder).map_err(failed())?;
    let mut writer = BufWriter::with_capacity(1 << 16, temporary);
    fill(&mut writer)?;
    let file = writer.into_inner().map_err(|e| failed()(e.into_error()))?;
    publish(file.as_file(), path).map_err(failed())?;
    file.as_file().sync_all().map_err(failed())?;
    file.persist(path).map_err(|e| failed()(e.error))?;
    Ok(sync_folder(folder).map_err(failed())?)
}

/// Checks that a file could be written here, before the work whose result it is to hold.
///
/// # Errors
/// A folder that is not there or cannot be written, or a path that is a folder.
pub fn check_writable(path: &Path) -> Result<(), IoError> {
    let name = path.display().to_string();
    if path.is_dir() {
        return Err(IoError::file(&name, "cannot write: it is a folder"));
    }
    tempfile::Builder::new()
        .prefix(".planish-")
        .tempfile_in(folder_of(path))
        .map(drop)
        .map_err(IoError::system(&name, "write"))
}

/// The size of a file in bytes.
///
/// # Errors
/// A file that cannot be asked.
pub fn file_size(path: &Path) -> Result<u64, IoError> {
    std::fs::metadata(path).map(|m| m.len()).map_err(IoError::system(&path.display().to_string(), "read"))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Gives a temporary file, which only its owner can read, the rights of the file that it replaces, or those of a new file.
#[cfg(unix)]
fn publish(file: &std::fs::File, path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).map_or(0o644, |m| m.permissions().mode());
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn publish(_: &std::fs::File, _: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Makes a folder and those above it, if they are not there.
///
/// # Errors
/// A folder that cannot be made.
pub fn create_folder(path: &Path) -> Result<(), IoError> {
    std::fs::create_dir_all(path).map_err(IoError::system(&path.display().to_string(), "create the folder"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        write_file(&path, |w| w.write_all(b"old").map_err(IoError::system("out", "write"))).unwrap();
        let result: Result<(), IoError> = write_file(&path, |w| {
            w.write_all(b"half").map_err(IoError::system("out", "write"))?;
            Err(IoError::file("out", "stopped"))
        });
        assert!(result.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let missing = folder.path().join("no/such/out");
        assert!(
            write_file::<IoError>(&missing, |_| Ok(()))
                .unwrap_err()
                .to_string()
                .contains("no/such/out: cannot write")
        );
    }
}
