//! Files that appear whole or not at all: written under a temporary name in the same folder, flushed, synced, renamed, and
//! the folder synced. `-` is standard output; a file of that name is `./-`.

use crate::error::IoError;
use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// What the names of temporary files begin with.
const TEMPORARY: &str = ".planish-";

/// Where a file is really written.
enum Place {
    /// A file, new or to be replaced; links are followed.
    File(PathBuf),
    /// A pipe or device: it cannot be replaced, only written to.
    Stream,
    /// Standard output.
    StandardOutput,
}

/// Whether the name of an output stands for standard output: `-`, or what the system calls it.
pub fn is_standard_output(path: &Path) -> bool {
    path == Path::new("-")
        || cfg!(unix)
            && ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|name| path == Path::new(name))
}

/// Where a path leads when its last part is a link, and so on; what is there in the end need not exist.
pub(crate) fn destination(path: &Path) -> PathBuf {
    let mut at = path.to_owned();
    // As many as Linux follows; after that the system says what is wrong.
    for _ in 0..40 {
        match std::fs::read_link(&at) {
            Ok(target) => at = folder_of(&at).join(target),
            Err(_) => break,
        }
    }
    at
}

fn place(path: &Path) -> Result<Place, IoError> {
    if is_standard_output(path) {
        return Ok(Place::StandardOutput);
    }
    let name = path.display().to_string();
    match std::fs::metadata(path) {
        Ok(m) if m.is_dir() => Err(IoError::file(&name, "cannot write: it is a folder")),
        Ok(m) if !m.is_file() => Ok(Place::Stream),
        Ok(_) => std::fs::canonicalize(path).map(Place::File).map_err(IoError::system(&name, "write")),
        Err(reason) => {
            let target = destination(path);
            // Links that go round, or what is there and cannot be looked at.
            if std::fs::symlink_metadata(&target).is_ok() {
                return Err(IoError::system(&name, "write")(reason));
            }
            std::fs::metadata(folder_of(&target)).map_err(IoError::system(&name, "write"))?;
            Ok(Place::File(target))
        }
    }
}

/// Writes a file with `fill`; on any failure the file is what it was before. A pipe, a device or standard output (`-`) is written to as
/// it is.
///
/// # Errors
/// A folder or file that cannot be written, or the error of `fill`.
pub fn write_file<E: From<IoError>>(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    write_file_by_way_of(TEMPORARY, path, fill)
}

/// As [`write_file`], with what the name of the temporary file begins with.
pub(crate) fn write_file_by_way_of<E: From<IoError>>(
    prefix: &str,
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let name = path.display().to_string();
    let failed = || IoError::system(&name, "write");
    let target = match place(path)? {
        Place::File(target) => target,
        Place::Stream => {
            let mut stream = BufWriter::new(OpenOptions::new().write(true).open(path).map_err(failed())?);
            fill(&mut stream)?;
            return Ok(stream.flush().map_err(failed())?);
        }
        Place::StandardOutput => {
            let mut stream = BufWriter::new(std::io::stdout().lock());
            fill(&mut stream)?;
            return Ok(stream.flush().map_err(IoError::system("standard output", "write"))?);
        }
    };
    let mut writer =
        BufWriter::with_capacity(1 << 16, temporary(prefix, &target).map_err(IoError::temporary(&name))?);
    fill(&mut writer)?;
    let file = writer.into_inner().map_err(|e| failed()(e.into_error()))?;
    if let Ok(old) = std::fs::metadata(&target) {
        file.as_file().set_permissions(old.permissions()).map_err(failed())?;
    }
    file.as_file().sync_all().map_err(failed())?;
    file.persist(&target).map_err(|e| failed()(e.error))?;
    Ok(sync_folder(folder_of(&target)).map_err(failed())?)
}

/// Writes a file that holds this text; on any failure the file is what it was before.
///
/// # Errors
/// A folder or file that cannot be written.
pub fn write_text(path: &Path, text: &str) -> Result<(), IoError> {
    let name = path.display().to_string();
    write_file(path, |w| w.write_all(text.as_bytes()).map_err(IoError::system(&name, "write")))
}

/// A temporary file beside the target, with the rights of a new file.
fn temporary(prefix: &str, target: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666)); // less the umask
    builder.tempfile_in(folder_of(target))
}

/// Checks that a file could be written here, before the work whose result it is to hold.
///
/// # Errors
/// A folder that is not there or cannot be written, or a path that is a folder.
pub(crate) fn check_writable(path: &Path) -> Result<(), IoError> {
    match place(path)? {
        Place::Stream | Place::StandardOutput => Ok(()),
        Place::File(target) => {
            temporary(TEMPORARY, &target).map(drop).map_err(IoError::temporary(&path.display().to_string()))
        }
    }
}

/// The size of a file in bytes.
///
/// # Errors
/// A file that cannot be asked.
pub fn file_size(path: &Path) -> Result<u64, IoError> {
    std::fs::metadata(path).map(|m| m.len()).map_err(IoError::system(&path.display().to_string(), "read"))
}

/// The folder that a path lies in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    or_here(path.parent().unwrap_or(Path::new("")))
}

/// A folder; without a name, the one that the program runs in.
fn or_here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Checks that files could be written in a folder, which need not be there yet, before the work whose results it is to hold.
///
/// # Errors
/// A path that is no folder, or a folder that cannot be made or written.
pub(crate) fn check_folder_writable(path: &Path) -> Result<(), IoError> {
    let name = path.display().to_string();
    match path.ancestors().find_map(|p| std::fs::metadata(or_here(p)).ok().map(|meta| (p, meta))) {
        Some((_, meta)) if !meta.is_dir() => Err(IoError::file(&name, "it is a file, not a folder")),
        Some((folder, _)) => {
            temporary(TEMPORARY, &folder.join("new")).map(drop).map_err(IoError::temporary(&name))
        }
        None => Err(IoError::file(&name, "there is no such folder, nor any above it")),
    }
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
        #[cfg(unix)]
        {
            let link = folder.path().join("link");
            std::os::unix::fs::symlink(&path, &link).unwrap();
            write_file(&link, |w| w.write_all(b"new").map_err(IoError::system("link", "write"))).unwrap();
            assert!(link.is_symlink() && std::fs::read(&path).unwrap() == b"new", "a link is followed");
            let (first, second) = (folder.path().join("first"), folder.path().join("second"));
            std::os::unix::fs::symlink("second", &first).unwrap();
            std::os::unix::fs::symlink("to come", &second).unwrap();
            write_text(&first, "new").unwrap();
            assert!(first.is_symlink() && second.is_symlink());
            assert_eq!(std::fs::read(folder.path().join("to come")).unwrap(), b"new");
            std::os::unix::fs::symlink("round", folder.path().join("round")).unwrap();
            assert!(write_text(&folder.path().join("round"), "x").is_err());
            write_file(Path::new("/dev/null"), |w| {
                w.write_all(b"x").map_err(IoError::system("null", "write"))
            })
            .unwrap();
        }
        let missing = folder.path().join("no/such/out");
        assert!(
            write_file::<IoError>(&missing, |_| Ok(()))
                .unwrap_err()
                .to_string()
                .contains("no/such/out: cannot write")
        );
    }
}
