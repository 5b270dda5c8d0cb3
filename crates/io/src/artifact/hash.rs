//! The artifact's BLAKE3 hash: over the whole file, with the hash's own 64 digits taken as zeros.

use super::tree::{self, Part};
use crate::error::IoError;
use planish_tensor::reduce::all_finite;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// What stands for the hash while the file is hashed.
pub(super) const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// What is said of a file that ends before it did when it was opened.
pub(super) const CUT: &str = "the file was cut short while it was read";
const KEY: &str = "\"blake3\":\"";

/// The hash's field in the header.
pub(super) fn field(hash: &str) -> String {
    format!("{KEY}{hash}\"")
}

/// Hashes more bytes, with all cores if there are many.
pub(super) fn update(hasher: &mut blake3::Hasher, bytes: &[u8]) {
    if bytes.len() < tree::PARALLEL {
        hasher.update(bytes);
    } else {
        hasher.update_rayon(bytes);
    }
}

/// Checks the hash of a file whose header this is; `read` gives the bytes of each part of the whole. While they are at hand, says whether
/// what follows the header is known to be finite numbers, `f32` as this machine has them.
///
/// # Errors
/// Bytes that cannot be read, or that do not have the hash.
pub(super) fn verify<'a, P: Part>(
    name: &str,
    header: &[u8],
    whole: P,
    read: &(impl Fn(usize, P) -> std::io::Result<&'a [u8]> + Sync),
) -> Result<bool, IoError> {
    let foreign = || IoError::file(name, "this is not a Planish model");
    let text = std::str::from_utf8(header).map_err(|_| foreign())?;
    let start = text.find(KEY).ok_or_else(foreign)? + KEY.len();
    let stored =
        text.get(start..start + NO_HASH.len()).ok_or_else(|| IoError::file(name, "the file is damaged"))?;
    let (digits, data) = (8 + start..8 + start + NO_HASH.len(), 8 + header.len());
    let (finite, failed) = (AtomicBool::new(cfg!(target_endian = "little")), OnceLock::new());
    let hash = tree::hash(whole, &|hasher, start, part| {
        let bytes = match failed.get() {
            // Of several errors the first is told.
            None => read(start, part).map_err(|e| drop(failed.set(e))),
            Some(_) => Err(()),
        };
        let Ok(bytes) = bytes else {
            // There is no hash of no bytes; that of this one is not looked at.
            hasher.update(&[0]);
            return;
        };
        let at = |i: usize| i.clamp(start, start + bytes.len()) - start;
        hasher.update(&bytes[..at(digits.start)]);
        hasher.update(&NO_HASH.as_bytes()[..at(digits.end) - at(digits.start)]);
        hasher.update(&bytes[at(digits.end)..]);
        if !are_finite(&bytes[at(data)..]) {
            finite.store(false, Ordering::Relaxed);
        }
    });
    match failed.into_inner() {
        Some(e) => Err(unread(name, e)),
        None if hash.to_hex().as_str() == stored => Ok(finite.into_inner()),
        None => Err(IoError::file(name, "the file is damaged: its hash does not match its content")),
    }
}

/// The error for bytes of a file that could not be read.
pub(super) fn unread(name: &str, e: std::io::Error) -> IoError {
    let is_cut = e.kind() == std::io::ErrorKind::UnexpectedEof;
    if is_cut { IoError::file(name, CUT) } else { IoError::system(name, "read")(e) }
}

/// Whether these bytes are whole finite numbers that lie as in memory.
fn are_finite(bytes: &[u8]) -> bool {
    bytemuck::try_cast_slice(bytes).is_ok_and(all_finite::<f32>)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with this many bytes before the hash's digits in its header, and these numbers.
    fn file(before: usize, numbers: &[f32]) -> (Vec<u8>, usize) {
        let header = format!("{}{}", " ".repeat(before), field(NO_HASH));
        let header = header.clone() + &" ".repeat((8 + header.len()).next_multiple_of(64) - 8 - header.len());
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        numbers.iter().for_each(|x| bytes.extend(x.to_le_bytes()));
        let hash = blake3::hash(&bytes).to_hex();
        let at = 8 + before + KEY.len();
        bytes[at..at + NO_HASH.len()].copy_from_slice(hash.as_bytes());
        (bytes, 8 + header.len())
    }

    /// Whether the numbers are finite, if the hash is right.
    fn finite(bytes: &[u8], data: usize) -> Option<bool> {
        verify("m", &bytes[8..data], bytes, &|_, part| Ok(part)).ok()
    }

    #[test]
    fn a_hash_is_found_right_wherever_its_digits_are() {
        let mut numbers = vec![1.5_f32; 2 << 20];
        // Within a piece, over the end of one, and over that of the first half.
        for before in [0, 1000, (256 << 10) - 40, (4 << 20) - 80] {
            let (mut bytes, data) = file(before, &numbers);
            assert_eq!(finite(&bytes, data), Some(true), "{before}");
            for at in [data, bytes.len() - 1] {
                bytes[at] ^= 1;
                assert_eq!(finite(&bytes, data), None, "{before}, byte {at}");
                bytes[at] ^= 1;
            }
        }
        for at in [0, 1 << 20, (2 << 20) - 1] {
            let good = std::mem::replace(&mut numbers[at], f32::NAN);
            let (bytes, data) = file(7, &numbers);
            assert_eq!(finite(&bytes, data), Some(false), "number {at}");
            numbers[at] = good;
        }
    }

    #[test]
    fn bytes_that_cannot_be_read_are_an_error_of_their_own() {
        let (bytes, data) = file(0, &vec![1.5_f32; 2 << 20]);
        for (kind, part) in [
            (std::io::ErrorKind::UnexpectedEof, "m: the file was cut short while it was read"),
            (std::io::ErrorKind::PermissionDenied, "m: cannot read: permission denied"),
        ] {
            let read = |start, part| if start < 4 << 20 { Ok(part) } else { Err(kind.into()) };
            let e = verify("m", &bytes[8..data], &bytes[..], &read).unwrap_err().to_string();
            assert_eq!(e, part);
        }
    }
}
