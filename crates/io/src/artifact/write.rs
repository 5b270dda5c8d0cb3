//! Writing an artifact: the header, then each tensor straight from where it lies. Nothing is gathered in memory.
//!
//! The hash stands in the header, before what it is the hash of, so the tensors are read twice: once to hash, with all cores if
//! they are large, and once to write.

use super::hash::{NO_HASH, field, update};
use super::{FORMAT, IoError};
use crate::atomic::write_file;
use crate::forest;
use planish_model::{LinearModel, Model, Predictor};
use planish_tensor::Exec;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

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

/// One tensor to be written.
struct TensorOut<'a> {
    name: &'a str,
    dtype: &'static str,
    shape: &'a [usize],
    bytes: Cow<'a, [u8]>,
}

fn write_model(model: &Model, out: &mut dyn Write) -> std::io::Result<()> {
    let (coef, coef_shape) = model.linear().map_or_else(Default::default, coefficients);
    let lists = model.trees().map_or_else(Vec::new, |t| forest::tensors(&t.forest, &t.binner));
    let tensors = match model.predictor() {
        Predictor::Network(n) => {
            let params = n.plan.layout().params.iter().map(|p| network_tensor(p, &n.params));
            params.chain(n.plan.state_layout().params.iter().map(|p| network_tensor(p, &n.state))).collect()
        }
        Predictor::Linear(_) => {
            let bytes = coef.iter().flat_map(|c| c.to_le_bytes()).collect();
            vec![TensorOut { name: "coef", dtype: "F64", shape: &coef_shape, bytes }]
        }
        Predictor::Trees(_) => lists.iter().map(of_list).collect(),
    };
    let header = header(model, &tensors);
    let length = (header.len() as u64).to_le_bytes();
    let mut hasher = blake3::Hasher::new();
    hasher.update(&length).update(header.as_bytes());
    tensors.iter().for_each(|t| update(&mut hasher, &t.bytes));
    let hash = hasher.finalize().to_hex();
    out.write_all(&length)?;
    out.write_all(header.replacen(&field(NO_HASH), &field(hash.as_str()), 1).as_bytes())?;
    tensors.iter().try_for_each(|t| out.write_all(&t.bytes))
}

/// A linear model's coefficients, predictor by predictor, and the shape of their tensor.
fn coefficients(l: &LinearModel) -> (Vec<f64>, Vec<usize>) {
    let predictors = l.fit.coefficients();
    let coef = predictors.iter().flat_map(|c| c.coef.clone()).collect();
    // Least squares came first and has a list.
    let is_list = l.fit.least_squares().is_some();
    (coef, if is_list { vec![l.design.width()] } else { vec![predictors.len(), l.design.width()] })
}

fn of_list(list: &forest::Listed) -> TensorOut<'_> {
    TensorOut { name: list.name, dtype: list.dtype, shape: &list.shape, bytes: Cow::Borrowed(&list.bytes) }
}

fn network_tensor<'a>(p: &'a planish_nn::Param, params: &'a [f32]) -> TensorOut<'a> {
    TensorOut { name: &p.name, dtype: "F32", shape: &p.shape, bytes: little_endian(&params[p.range.clone()]) }
}

/// The little-endian bytes: on most machines those that are there.
fn little_endian(numbers: &[f32]) -> Cow<'_, [u8]> {
    if cfg!(target_endian = "little") {
        Cow::Borrowed(bytemuck::cast_slice(numbers))
    } else {
        Cow::Owned(numbers.iter().flat_map(|x| x.to_le_bytes()).collect())
    }
}

/// The header, padded, with zeros for the hash.
fn header(model: &Model, tensors: &[TensorOut<'_>]) -> String {
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
        Predictor::Trees(t) => {
            metadata.insert("pipeline", json(&t.features));
            metadata.insert("trees", json(&forest::Head::of(&t.forest)));
            metadata.insert("bins", json(&forest::without_cells(&t.binner)));
        }
        Predictor::Linear(l) => {
            metadata.insert("pipeline", json(&l.design));
            // Least squares came first and has a part of its own.
            match l.fit.least_squares() {
                Some(fit) => metadata.insert("fit", json(fit)),
                None => metadata.insert("linear_model", json(&l.fit)),
            };
        }
    }
    if let Ok(proof) = model.prove(Exec::best()) {
        let bits: Vec<String> = proof.iter().map(|bits| format!("{bits:016x}")).collect();
        metadata.insert("proof", json(&bits));
    }
    let mut all = serde_json::Map::new();
    all.insert("__metadata__".to_owned(), serde_json::json!(metadata));
    let mut at = 0;
    for t in tensors {
        let end = at + t.bytes.len();
        all.insert(
            t.name.to_owned(),
            serde_json::json!({"dtype": t.dtype, "shape": t.shape, "data_offsets": [at, end]}),
        );
        at = end;
    }
    let mut header = serde_json::Value::Object(all).to_string();
    let padded = (8 + header.len()).next_multiple_of(64) - 8;
    header.extend(std::iter::repeat_n(' ', padded - header.len()));
    header
}

fn json(part: &impl Serialize) -> serde_json::Value {
    serde_json::Value::String(serde_json::to_string(part).expect("plain data serialises"))
}
