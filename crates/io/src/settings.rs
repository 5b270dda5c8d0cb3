//! Files of settings, read as text.

use crate::error::IoError;
use std::io::Read;
use std::path::Path;

/// The longest file of settings that is read.
const LIMIT: u64 = 1 << 20;

/// The text of a file of settings, or of another short one. A pipe is read to its end, for which it may wait; who must not wait asks
/// [`require_regular`](crate::require_regular) first.
///
/// # Errors
/// A file that cannot be read, is longer than 1 MiB or is not UTF-8.
pub fn read_settings(path: &Path) -> Result<String, IoError> {
    let name = path.display().to_string();
    let file = std::fs::File::open(path).map_err(IoError::system(&name, "read"))?;
    let mut text = Vec::new();
    file.take(LIMIT + 1).read_to_end(&mut text).map_err(IoError::system(&name, "read"))?;
    if text.len() as u64 > LIMIT {
        return Err(IoError::file(&name, "it is too long, more than 1 MiB"));
    }
    String::from_utf8(text).map_err(|_| IoError::file(&name, "it is not UTF-8 text"))
}

/// Whether users of the machine other than the file's owner and group can read it; false where that is not known.
pub fn readable_by_others(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o004 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}
