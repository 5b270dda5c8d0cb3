//! Writing an artifact: the header, then each tensor straight from where it lies. Nothing is gathered in memory.
//!
//! The hash stands in the header, before what it is the hash of, so the tensors are read twice: once to hash, with all cores if
//! they are large, and once to write.

use super::hash::{NO_HASH, field, update};
use super::{FORMAT, IoError, MemberHead, member_prefix};
use crate::atomic::write_file;
use crate::forest;
use planish_model::{LinearModel, Model, Predictor, Record};
use planish_tabular::Target;
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
    name: String,
    dtype: &'static str,
    shape: Cow<'a, [usize]>,
    bytes: Cow<'a, [u8]>,
}

fn write_model(model: &Model, out: &mut dyn Write) -> std::io::Result<()> {
    let tensors = tensors(model.predictor());
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

/// The tensors of what predicts. Those of a blend's members have their places before their names; wide numbers come first, so that each lies
/// at a multiple of its size.
fn tensors(predictor: &Predictor) -> Vec<TensorOut<'_>> {
    match predictor {
        Predictor::Network(n) => {
            let params = n.plan.layout().params.iter().map(|p| network_tensor(p, &n.params));
            params.chain(n.plan.state_layout().params.iter().map(|p| network_tensor(p, &n.state))).collect()
        }
        Predictor::Linear(l) => vec![coefficients(l)],
        Predictor::Trees(t) => forest::tensors(&t.forest, &t.binner).into_iter().map(of_list).collect(),
        Predictor::Blend(b) => {
            let mut all: Vec<TensorOut<'_>> = Vec::new();
            for (place, member) in b.members.iter().enumerate() {
                let of_member = tensors(&member.predictor).into_iter();
                all.extend(of_member.map(|t| TensorOut { name: member_prefix(place) + &t.name, ..t }));
            }
            all.sort_by_key(|t| std::cmp::Reverse(width(t.dtype)));
            all
        }
    }
}

/// The bits of a number of this type.
fn width(dtype: &str) -> u32 {
    dtype[1..].parse().expect("a letter and the bits")
}

/// A linear model's coefficients, predictor by predictor.
fn coefficients(l: &LinearModel) -> TensorOut<'_> {
    let predictors = l.fit.coefficients();
    let coef = predictors.iter().flat_map(|c| &c.coef);
    let bytes = coef.flat_map(|c| c.to_le_bytes()).collect();
    // Least squares came first and has a list.
    let is_list = l.fit.least_squares().is_some();
    let shape = if is_list { vec![l.design.width()] } else { vec![predictors.len(), l.design.width()] };
    TensorOut { name: "coef".to_owned(), dtype: "F64", shape: shape.into(), bytes }
}

fn of_list(list: forest::Listed) -> TensorOut<'static> {
    let forest::Listed { name, dtype, shape, bytes, .. } = list;
    TensorOut { name: name.to_owned(), dtype, shape: shape.into(), bytes: bytes.into() }
}

fn network_tensor<'a>(p: &'a planish_nn::Param, params: &'a [f32]) -> TensorOut<'a> {
    let bytes = little_endian(&params[p.range.clone()]);
    TensorOut { name: p.name.clone(), dtype: "F32", shape: (&p.shape[..]).into(), bytes }
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
    let mut metadata =
        BTreeMap::from([("planish".to_owned(), FORMAT.into()), ("blake3".to_owned(), NO_HASH.into())]);
    add_parts("", model.target(), model.record(), model.predictor(), &mut metadata);
    if let Ok(proof) = model.prove(Exec::best()) {
        let bits: Vec<String> = proof.iter().map(|bits| format!("{bits:016x}")).collect();
        metadata.insert("proof".to_owned(), json(&bits));
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

/// Adds the parts of a model that are JSON, each under its name behind `before`.
fn add_parts(
    before: &str,
    target: &Target,
    record: &Record,
    predictor: &Predictor,
    metadata: &mut BTreeMap<String, serde_json::Value>,
) {
    let mut add = |name: &str, part| drop(metadata.insert(format!("{before}{name}"), part));
    add("target", json(target));
    add("record", json(record));
    match predictor {
        Predictor::Network(n) => {
            add("pipeline", json(&n.encoder));
            add("architecture", json(&n.sequential));
        }
        Predictor::Trees(t) => {
            add("pipeline", json(&t.features));
            add("trees", json(&forest::Head::of(&t.forest)));
            add("bins", json(&forest::without_cells(&t.binner)));
        }
        Predictor::Linear(l) => {
            add("pipeline", json(&l.design));
            // Least squares came first and has a part of its own.
            match l.fit.least_squares() {
                Some(fit) => add("fit", json(fit)),
                None => add("linear_model", json(&l.fit)),
            }
        }
        Predictor::Blend(b) => {
            let heads: Vec<MemberHead> = b.members.iter().map(MemberHead::of).collect();
            add("members", json(&heads));
            for (place, m) in b.members.iter().enumerate() {
                add_parts(&member_prefix(place), &m.target, &m.record, &m.predictor, metadata);
            }
        }
    }
}

fn json(part: &impl Serialize) -> serde_json::Value {
    serde_json::Value::String(serde_json::to_string(part).expect("plain data serialises"))
}
