//! Whether a file is a model, by its header alone. Nothing is verified: this tells an older model, which a new one may replace, from a file
//! of another kind.

use super::read::MAX_HEADER;
use std::io::{Read, Seek, SeekFrom};

/// Whether this is an artifact of any version of the format.
pub(crate) fn is_model(file: &mut (impl Read + Seek)) -> std::io::Result<bool> {
    let size = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    let mut length = [0; 8];
    if size < 8 {
        return Ok(false);
    }
    file.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > MAX_HEADER.min(size - 8) {
        return Ok(false);
    }
    let mut header = Vec::new();
    file.take(length).read_to_end(&mut header)?;
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap_or_default();
    Ok(header["__metadata__"]["planish"].is_string())
}
