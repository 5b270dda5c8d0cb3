//! The model artifact: one file in safetensors layout.
//!
//! An eight-byte header length, a JSON header, then the tensors' little-endian bytes. The header's `__metadata__` holds the
//! model as JSON text under sorted keys: `planish` (format version), `target`, `pipeline`, `architecture` or `fit` or `trees` and `bins` or `members`, `record`; and
//! `blake3`, the hash of the whole file with the hash's own 64 digits taken as zeros. The header is padded with spaces so
//! that tensors start on 64 bytes. There is no time, path or thread count in it: the same run gives the same file.
//! `docs/formats.md` has the details.

mod hash;
mod own;
mod read;
mod recognise;
mod tree;
mod write;

use crate::error::IoError;
pub use read::{load_model, load_model_mapped, model_from_bytes};
pub(crate) use recognise::is_model;
pub use write::{model_to_bytes, save_model};

use planish_model::Member;
use serde::{Deserialize, Serialize};

/// What stands beside the parts of a blend's member.
#[derive(Serialize, Deserialize)]
struct MemberHead {
    name: String,
    weight: f64,
}

impl MemberHead {
    fn of(member: &Member) -> MemberHead {
        MemberHead { name: member.name.clone(), weight: member.weight }
    }
}

/// What stands before the names of a member's parts and tensors.
fn member_prefix(place: usize) -> String {
    format!("members.{place}.")
}

/// The version of the format.
const FORMAT: &str = "1";

#[cfg(test)]
mod linear_bits;
#[cfg(test)]
mod tests;
