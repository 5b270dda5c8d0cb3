//! The model artifact: one file in safetensors layout.
//!
//! An eight-byte header length, a JSON header, then the tensors' little-endian bytes. The header's `__metadata__` holds the
//! model as JSON text under sorted keys: `planish` (format version), `target`, `pipeline`, `architecture` or `fit`, `record`; and
//! `blake3`, the hash of the whole file with the hash's own 64 digits taken as zeros. The header is padded with spaces so
//! that tensors start on 64 bytes. There is no time, path or thread count in it: the same run gives the same file.
//! `docs/formats.md` has the details.

use crate::atomic::write_file;
use crate::error::IoError;
use planish_linreg::FittedLinearRegression;
use planish_model::{LinearPredictor, Model, ModelError, NetworkPredictor, Predictor, Record};
use planish_nn::{Plan, Sequential};
use planish_tabular::{Design, Encoder, Target};
use planish_tensor::AlignedVec;
use safetensors::{Dtype, SafeTensors};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// The version of the format.
const FORMAT: &str = "1";
/// What stands for the hash while the file is hashed.
const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// Longest header that is read.
const MAX_HEADER: u64 = 100_000_000;

/// Writes a model, whole or not at all.
///
/// # Errors
/// A file that cannot be written.
pub fn save_model(model: &Model, path: &Path) -> Result<(), IoError> {
    let name = path.display().to_string();
    write_file(path, |w| write_model(model, w).map_err(IoError::system(&name, "write")))
}

/// The artifact's bytes.
pub fn model_to_bytes(model: &Model) -> Vec<u8> {
    let mut out = Vec::new();
    write_model(model, &mut out).expect("writing to memory does not fail");
    out
}

/// Reads a model and verifies its hash before anything else is believed.
///
/// # Errors
/// A file that cannot be read, is no artifact, was changed or cut, or holds parts that do not belong together.
pub fn load_model(path: &Path) -> Result<Model, IoError> {
    let name = path.display().to_string();
    if path.is_dir() {
        return Err(IoError::file(&name, "it is a folder, not a model"));
    }
    let bytes = std::fs::read(path).map_err(IoError::system(&name, "read"))?;
    model_from_bytes(&name, &bytes)
}

/// One tensor to be written.
struct TensorOut {
    name: String,
    dtype: &'static str,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

fn write_model(model: &Model, out: &mut dyn Write) -> std::io::Result<()> {
    let tensors = tensors(model);
    let header = header(model, &tensors);
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(header.len() as u64).to_le_bytes());
    hasher.update(header.as_bytes());
    for t in &tensors {
        hasher.update(&t.bytes);
    }
    let header = header.replacen(&hash_field(NO_HASH), &hash_field(hasher.finalize().to_hex().as_str()), 1);
    out.write_all(&(header.len() as u64).to_le_bytes())?;
    out.write_all(header.as_bytes())?;
    tensors.iter().try_for_each(|t| out.write_all(&t.bytes))
}

fn hash_field(hash: &str) -> String {
    format!("\"blake3\":\"{hash}\"")
}

fn tensors(model: &Model) -> Vec<TensorOut> {
    match model.predictor() {
        Predictor::Network(n) => {
            let tensor = |p: &planish_nn::Param| TensorOut {
                name: p.name.clone(),
                dtype: "F32",
                shape: p.shape.clone(),
                bytes: n.params[p.range.clone()].iter().flat_map(|x| x.to_le_bytes()).collect(),
            };
            n.plan.layout().params.iter().map(tensor).collect()
        }
        Predictor::Linear(l) => {
            let coef = &l.fit.responses[0].coef;
            let bytes = coef.iter().flat_map(|c| c.to_f64().to_le_bytes()).collect();
            vec![TensorOut { name: "coef".to_owned(), dtype: "F64", shape: vec![coef.len()], bytes }]
        }
        _ => Vec::new(),
    }
}

/// The header, padded, with zeros for the hash.
fn header(model: &Model, tensors: &[TensorOut]) -> String {
    let json = |v: &dyn erased::Json| serde_json::Value::String(v.json());
    let mut metadata = BTreeMap::from([
        ("planish", FORMAT.into()),
        ("blake3", NO_HASH.into()),
        ("target", json(model.target())),
        ("record", json(model.record())),
    ]);
    match model.predictor() {
        Predictor::Network(n) => {
            metadata.insert("pipeline", json(&n.encoder));
            metadata.insert("architecture", json(&n.sequential));
        }
        Predictor::Linear(l) => {
            metadata.insert("pipeline", json(&l.design));
            metadata.insert("fit", json(&l.fit));
        }
        _ => {}
    }
    let mut all = serde_json::Map::new();
    all.insert("__metadata__".to_owned(), serde_json::json!(metadata));
    let mut at = 0;
    for t in tensors {
        let end = at + t.bytes.len();
        all.insert(
            t.name.clone(),
            serde_json::json!({"dtype": t.dtype, "shape": t.shape, "data_offsets": [at, end]}),
        );
        at = end;
    }
    let mut header = serde_json::Value::Object(all).to_string();
    let padded = (8 + header.len()).next_multiple_of(64) - 8;
    header.extend(std::iter::repeat_n(' ', padded - header.len()));
    header
}

/// Serialisation behind a `dyn`, so that parts of different types go through one closure.
mod erased {
    pub(super) trait Json {
        fn json(&self) -> String;
    }
    impl<T: serde::Serialize> Json for T {
        fn json(&self) -> String {
            serde_json::to_string(self).expect("plain data serialises")
        }
    }
}

/// Reads a model from an artifact's bytes; `name` is used in messages.
///
/// # Errors
/// As [`load_model`].
pub fn model_from_bytes(name: &str, bytes: &[u8]) -> Result<Model, IoError> {
    let fail = |what: &str| IoError::file(name, what);
    let foreign = || fail("this is not a Planish model");
    let length =
        bytes.get(..8).map(|b| u64::from_le_bytes(b.try_into().expect("eight bytes"))).ok_or_else(foreign)?;
    if length > MAX_HEADER || bytes.get(8) != Some(&b'{') {
        return Err(foreign());
    }
    let header = bytes.get(8..8 + length as usize).ok_or_else(|| fail("the file is cut short"))?;
    verify(header, bytes).map_err(fail)?;
    let tensors = SafeTensors::deserialize(bytes)
        .map_err(|_| fail("the file is damaged: its tensors do not fit its header"))?;
    let (_, info) = SafeTensors::read_metadata(bytes).map_err(|_| foreign())?;
    let metadata = info.metadata().clone().unwrap_or_default();
    match metadata.get("planish").map(String::as_str) {
        Some(FORMAT) => {}
        Some(other) => {
            return Err(fail(&format!(
                "it has format {other}; this program reads format {FORMAT}: use a newer planish"
            )));
        }
        None => return Err(foreign()),
    }
    let parts = Parts { name, metadata: metadata.into_iter().collect(), tensors };
    let predictor =
        if parts.metadata.contains_key("architecture") { parts.network()? } else { parts.linear()? };
    let (target, record): (Target, Record) = (parts.json("target")?, parts.json("record")?);
    Model::new(target, predictor, record).map_err(|reason| IoError::Model { file: name.to_owned(), reason })
}

/// Checks the file's hash.
fn verify(header: &[u8], bytes: &[u8]) -> Result<(), &'static str> {
    let text = std::str::from_utf8(header).map_err(|_| "this is not a Planish model")?;
    let (start, _) = text.match_indices("\"blake3\":\"").next().ok_or("this is not a Planish model")?;
    let start = start + "\"blake3\":\"".len();
    let stored = text.get(start..start + 64).ok_or("the file is damaged")?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(&bytes[..8 + start]).update(NO_HASH.as_bytes()).update(&bytes[8 + start + 64..]);
    if hasher.finalize().to_hex().as_str() == stored {
        Ok(())
    } else {
        Err("the file is damaged: its hash does not match its content")
    }
}

/// The parts of an artifact whose hash was right.
struct Parts<'a> {
    name: &'a str,
    metadata: BTreeMap<String, String>,
    tensors: SafeTensors<'a>,
}

impl Parts<'_> {
    fn json<T: DeserializeOwned>(&self, key: &str) -> Result<T, IoError> {
        let text = self
            .metadata
            .get(key)
            .ok_or_else(|| IoError::file(self.name, format!("the part {key:?} is missing")))?;
        serde_json::from_str(text)
            .map_err(|e| IoError::file(self.name, format!("the part {key:?} cannot be read: {e}")))
    }

    fn network(&self) -> Result<Predictor, IoError> {
        let (encoder, sequential): (Encoder, Sequential) =
            (self.json("pipeline")?, self.json("architecture")?);
        let model_error = |reason: ModelError| IoError::Model { file: self.name.to_owned(), reason };
        let plan = Plan::new(&sequential).map_err(|e| model_error(e.into()))?;
        // Sizes are compared before anything is allocated by them.
        let stored: usize = self.tensors.iter().map(|(_, t)| t.data().len()).sum();
        if stored != plan.layout().count() * 4 {
            return Err(IoError::file(self.name, "its tensors do not fit its architecture"));
        }
        let mut params = AlignedVec::zeros(plan.layout().len);
        for p in &plan.layout().params {
            let t = self
                .tensors
                .tensor(&p.name)
                .map_err(|_| IoError::file(self.name, format!("tensor {:?} is missing", p.name)))?;
            if t.dtype() != Dtype::F32 || t.shape() != p.shape {
                return Err(IoError::file(
                    self.name,
                    format!("tensor {:?} has the wrong type or shape", p.name),
                ));
            }
            let numbers =
                t.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().expect("four bytes")));
            params[p.range.clone()].iter_mut().zip(numbers).for_each(|(x, v)| *x = v);
        }
        Ok(Predictor::Network(NetworkPredictor { encoder, sequential, plan, params }))
    }

    fn linear(&self) -> Result<Predictor, IoError> {
        let (design, fit): (Design, FittedLinearRegression) = (self.json("pipeline")?, self.json("fit")?);
        Ok(Predictor::Linear(LinearPredictor { design, fit }))
    }
}

#[cfg(test)]
mod tests;
