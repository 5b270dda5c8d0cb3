//! The artifact's BLAKE3 hash: over the whole file, with the hash's own 64 digits taken as zeros.

/// What stands for the hash while the file is hashed.
pub(super) const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";
const KEY: &str = "\"blake3\":\"";
/// Bytes from which threads are worth waking.
const PARALLEL: usize = 4 << 20;

/// The hash's field in the header.
pub(super) fn field(hash: &str) -> String {
    format!("{KEY}{hash}\"")
}

/// Hashes more bytes, with all cores if there are many.
pub(super) fn update(hasher: &mut blake3::Hasher, bytes: &[u8]) {
    if bytes.len() < PARALLEL {
        hasher.update(bytes);
    } else {
        hasher.update_rayon(bytes);
    }
}

/// Checks the hash of a file whose header this is.
pub(super) fn verify(header: &[u8], bytes: &[u8]) -> Result<(), &'static str> {
    let text = std::str::from_utf8(header).map_err(|_| "this is not a Planish model")?;
    let start = text.find(KEY).ok_or("this is not a Planish model")? + KEY.len();
    let stored = text.get(start..start + NO_HASH.len()).ok_or("the file is damaged")?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(&bytes[..8 + start]).update(NO_HASH.as_bytes());
    update(&mut hasher, &bytes[8 + start + NO_HASH.len()..]);
    if hasher.finalize().to_hex().as_str() == stored {
        Ok(())
    } else {
        Err("the file is damaged: its hash does not match its content")
    }
}
