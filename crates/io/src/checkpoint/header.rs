//! The head of a checkpoint file: a fixed beginning, then a header in bincode. The only file that uses bincode.
//!
//! | bytes | content |
//! |---|---|
//! | 0–7 | `PLANCKPT` |
//! | 8–15 | version of the format, little-endian |
//! | 16–23 | length of the header |
//! | 24–55 | BLAKE3 of bytes 0–23 and the header |
//! | 56 … | the header |
//!
//! Nothing is decoded before its length is known to be small and its hash to be right.

use super::identity::Fingerprint;
use crate::error::IoError;
use crate::forest::Head;
use planish_train::Progress;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Read;
use std::path::Path;

const MAGIC: &[u8; 8] = b"PLANCKPT";
/// The version of the format.
const FORMAT: u64 = 2;
/// Bytes before the header.
pub(super) const FIXED: usize = 56;
/// The longest header that is read or written: a history of some hundred thousand epochs.
const LIMIT: usize = 64 << 20;

/// What a file holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum Kind {
    /// A run between two steps, or of trees between two rounds.
    Run,
    /// The kept weights of an epoch.
    Kept,
}

/// What is small of trees between two rounds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct TreesHead {
    pub(super) stage: planish_trees::Stage,
    pub(super) history: planish_trees::History,
    pub(super) forest: Head,
}

/// The header of a checkpoint file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Header {
    /// The version of the program. Another version may compute other bits.
    pub(super) planish: String,
    pub(super) kind: Kind,
    pub(super) fingerprint: Fingerprint,
    pub(super) epoch: u64,
    /// Where the run stands, for [`Kind::Run`].
    pub(super) progress: Option<Progress>,
    /// What is small of trees between two rounds.
    pub(super) trees: Option<TreesHead>,
    /// Name and length of each arena, in order; of trees in bytes.
    pub(super) arenas: Vec<(String, u64)>,
}

/// The version of the program.
pub(super) fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

fn config() -> impl bincode::config::Config {
    bincode::config::standard().with_fixed_int_encoding().with_limit::<LIMIT>()
}

fn hash(fixed: &[u8], header: &[u8]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&fixed[..24]);
    hasher.update(header);
    hasher.finalize()
}

/// Whether a file begins as those of a checkpoint do.
pub(super) fn is_one(path: &Path) -> bool {
    let mut start = [0; MAGIC.len()];
    File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == *MAGIC
}

impl Header {
    /// The bytes of an arena.
    pub(super) fn bytes(&self, arena: usize) -> u64 {
        let numbers = self.arenas[arena].1;
        if self.trees.is_some() { numbers } else { numbers.saturating_mul(4) }
    }

    /// The head of the file.
    pub(super) fn to_bytes(&self, file: &str) -> Result<Vec<u8>, IoError> {
        let header = bincode::serde::encode_to_vec(self, config())
            .map_err(|e| IoError::file(file, format!("cannot encode the checkpoint: {e}")))?;
        if header.len() > LIMIT {
            return Err(IoError::file(file, "the checkpoint's header is too long"));
        }
        let mut out = vec![0; FIXED];
        out[..8].copy_from_slice(MAGIC);
        out[8..16].copy_from_slice(&FORMAT.to_le_bytes());
        out[16..24].copy_from_slice(&(header.len() as u64).to_le_bytes());
        let hash = hash(&out, &header);
        out[24..56].copy_from_slice(hash.as_bytes());
        out.extend(header);
        Ok(out)
    }

    /// Reads the head of a file; gives the header and its hash.
    pub(super) fn read(file: &str, from: &mut dyn Read, kind: Kind) -> Result<(Header, [u8; 32]), IoError> {
        let damaged = || IoError::file(file, "the checkpoint is damaged or cut short");
        let mut fixed = [0; FIXED];
        from.read_exact(&mut fixed).map_err(|_| damaged())?;
        if fixed[..8] != MAGIC[..] {
            return Err(IoError::file(file, "it is not a checkpoint"));
        }
        let number = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| fixed[at + i]));
        if number(8) != FORMAT {
            let what = format!("it is a checkpoint of format {}, this program reads {FORMAT}", number(8));
            return Err(IoError::file(file, what));
        }
        if number(16) > LIMIT as u64 {
            return Err(damaged());
        }
        let mut header = Vec::new();
        let length = number(16);
        from.take(length).read_to_end(&mut header).map_err(IoError::system(file, "read"))?;
        let found = hash(&fixed, &header);
        if header.len() as u64 != length || found.as_bytes()[..] != fixed[24..56] {
            return Err(damaged());
        }
        let (header, used): (Header, usize) =
            bincode::serde::decode_from_slice(&header, config()).map_err(|_| damaged())?;
        if used as u64 != length || header.kind != kind {
            return Err(damaged());
        }
        if header.planish != version() {
            let what = format!(
                "it was written by planish {}, this is {}: finish the run with that version, or start anew",
                header.planish,
                version()
            );
            return Err(IoError::file(file, what));
        }
        Ok((header, *found.as_bytes()))
    }
}
