//! Reading an artifact. The hash is verified before anything else is believed, and then the parts are checked against each
//! other.
//!
//! A small file is read, and its tensors are copied into an arena. A large one is mapped, and the network predicts straight from the
//! map if the tensors lie there in the network's order, as in every file that Planish writes; otherwise they are copied as well and the
//! map is let go.

use super::hash::verify;
use super::{FORMAT, IoError};
use crate::mmap::Map;
use planish_linreg::FittedLinearRegression;
use planish_model::{
    LinearModelPredictor, LinearPredictor, Model, ModelError, NetworkPredictor, Params, Predictor, Record,
};
use planish_nn::{Layout, Plan, Sequential};
use planish_tabular::{Design, Encoder, Target};
use planish_tensor::AlignedVec;
use safetensors::tensor::{Metadata, TensorInfo};
use safetensors::{Dtype, SafeTensors};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::Path;

/// Longest header that is read.
pub(super) const MAX_HEADER: u64 = 100_000_000;
/// Bytes from which a file is mapped; below, a copy costs nothing and no change of the file can harm.
const MAPPED: u64 = 4 << 20;

/// Reads a model and verifies its hash before anything else is believed.
///
/// A file of 4 MiB or more is mapped, not read, and stays so for the life of the model and its copies: replace it by renaming
/// another over it, as [`save_model`](super::save_model) does. One that is written over in place changes the model that was read
/// from it, and one that is cut short ends the process.
///
/// # Errors
/// A file that cannot be read, is no artifact, was changed or cut, or holds parts that do not belong together.
pub fn load_model(path: &Path) -> Result<Model, IoError> {
    let name = path.display().to_string();
    if path.is_dir() {
        return Err(IoError::file(&name, "it is a folder, not a model"));
    }
    if let Some(map) = map(path).map_err(IoError::system(&name, "read"))? {
        let parts = Parts::new(&name, map.bytes())?;
        if !map.is_whole() {
            return Err(IoError::file(&name, "the file was cut short while it was read"));
        }
        return parts.model(Bytes::Mapped(map));
    }
    let bytes = std::fs::read(path).map_err(IoError::system(&name, "read"))?;
    model_from_bytes(&name, &bytes)
}

/// The file as a map, if it is large and a file, and the system maps it.
fn map(path: &Path) -> std::io::Result<Option<Map>> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    let len = usize::try_from(metadata.len()).ok().filter(|_| metadata.is_file() && metadata.len() >= MAPPED);
    Ok(len.and_then(|len| Map::new(file, len).ok()))
}

/// Reads a model from an artifact's bytes; `name` is used in messages.
///
/// # Errors
/// As [`load_model`].
pub fn model_from_bytes(name: &str, bytes: &[u8]) -> Result<Model, IoError> {
    Parts::new(name, bytes)?.model(Bytes::Borrowed(bytes))
}

/// Where an artifact's bytes are.
enum Bytes<'a> {
    Borrowed(&'a [u8]),
    Mapped(Map),
}

impl Bytes<'_> {
    fn all(&self) -> &[u8] {
        match self {
            Bytes::Borrowed(bytes) => bytes,
            Bytes::Mapped(map) => map.bytes(),
        }
    }
}

/// What the header of an artifact whose hash was right says; it borrows nothing, so that a map can be handed on.
struct Parts<'a> {
    name: &'a str,
    metadata: BTreeMap<String, String>,
    tensors: HashMap<String, TensorInfo>,
    /// Where the tensors begin.
    data: usize,
    /// Whether all that follows the header is known to be finite `f32`.
    finite: bool,
}

impl<'a> Parts<'a> {
    fn new(name: &'a str, bytes: &[u8]) -> Result<Self, IoError> {
        let fail = |what: &str| IoError::file(name, what);
        let foreign = || fail("this is not a Planish model");
        let length = bytes
            .get(..8)
            .map(|b| u64::from_le_bytes(b.try_into().expect("eight bytes")))
            .ok_or_else(foreign)?;
        if length > MAX_HEADER || bytes.get(8) != Some(&b'{') {
            return Err(foreign());
        }
        let data = 8 + length as usize;
        let header = bytes.get(8..data).ok_or_else(|| fail("the file is cut short"))?;
        let finite = verify(header, bytes).map_err(fail)?;
        let unfit = |_| fail("the file is damaged: its tensors do not fit its header");
        SafeTensors::deserialize(bytes).map_err(unfit)?;
        let (_, info): (usize, Metadata) = SafeTensors::read_metadata(bytes).map_err(|_| foreign())?;
        let metadata: BTreeMap<String, String> =
            info.metadata().clone().unwrap_or_default().into_iter().collect();
        match metadata.get("planish").map(String::as_str) {
            Some(FORMAT) => {}
            Some(other) => {
                return Err(fail(&format!(
                    "it has format {other}; this program reads format {FORMAT}: use a newer planish"
                )));
            }
            None => return Err(foreign()),
        }
        let tensors = info.tensors().into_iter().map(|(name, t)| (name, t.clone())).collect();
        Ok(Parts { name, metadata, tensors, data, finite })
    }

    fn model(&self, bytes: Bytes<'_>) -> Result<Model, IoError> {
        let predictor = if self.metadata.contains_key("architecture") {
            self.network(bytes)?
        } else if self.metadata.contains_key("linear_model") {
            let (design, fit) = (self.json("pipeline")?, self.json("linear_model")?);
            Predictor::LinearModel(LinearModelPredictor { design, fit })
        } else {
            self.linear()?
        };
        let (target, record): (Target, Record) = (self.json("target")?, self.json("record")?);
        let model = Model::new(target, predictor, record).map_err(|reason| self.model_error(reason))?;
        if !self.metadata.contains_key("proof") {
            return Ok(model);
        }
        let bits = |text: &String| u64::from_str_radix(text, 16).ok();
        let proof: Option<_> = self.json::<Vec<String>>("proof")?.iter().map(bits).collect();
        let proof = proof
            .ok_or_else(|| IoError::file(self.name, "the part \"proof\" is of no hexadecimal numbers"))?;
        Ok(model.with_proof(proof))
    }

    fn model_error(&self, reason: ModelError) -> IoError {
        IoError::Model { file: self.name.to_owned(), reason }
    }

    fn json<T: DeserializeOwned>(&self, key: &str) -> Result<T, IoError> {
        let text = self
            .metadata
            .get(key)
            .ok_or_else(|| IoError::file(self.name, format!("the part {key:?} is missing")))?;
        serde_json::from_str(text)
            .map_err(|e| IoError::file(self.name, format!("the part {key:?} cannot be read: {e}")))
    }

    fn network(&self, bytes: Bytes<'_>) -> Result<Predictor, IoError> {
        let (encoder, sequential): (Encoder, Sequential) =
            (self.json("pipeline")?, self.json("architecture")?);
        let plan = Plan::new(&sequential).map_err(|e| self.model_error(e.into()))?;
        // Sizes are compared before anything is allocated by them.
        let stored: usize = self.tensors.values().map(|t| t.data_offsets.1 - t.data_offsets.0).sum();
        let numbers = plan.layout().count() + plan.state_layout().count();
        if stored != numbers * size_of::<f32>() {
            return Err(IoError::file(self.name, "its tensors do not fit its architecture"));
        }
        let state = self.arena(plan.state_layout(), &bytes)?.into();
        let (plan, params) = self.params(&sequential, plan, bytes)?;
        Ok(Predictor::Network(NetworkPredictor { encoder, sequential, plan, params, state }))
    }

    /// The parameters where they are, with a plan for that, or a copy for the plan given.
    fn params(
        &self,
        sequential: &Sequential,
        plan: Plan,
        bytes: Bytes<'_>,
    ) -> Result<(Plan, Params), IoError> {
        let bytes = match bytes {
            Bytes::Mapped(map) => {
                let contiguous = Plan::contiguous(sequential).map_err(|e| self.model_error(e.into()))?;
                match self.in_place(contiguous.layout(), map)? {
                    Ok(params) => return Ok((contiguous, params)),
                    Err(map) => Bytes::Mapped(map),
                }
            }
            borrowed => borrowed,
        };
        let params = self.arena(plan.layout(), &bytes)?.into();
        Ok((plan, params))
    }

    /// The map as parameters of this layout, or back if they lie otherwise.
    fn in_place(&self, layout: &Layout, map: Map) -> Result<Result<Params, Map>, IoError> {
        let places = self.places(layout)?;
        let alike = layout.params.iter().zip(&places).all(|(p, &at)| p.range.start * size_of::<f32>() == at);
        Ok(match alike {
            true if self.finite => map.numbers(self.data, layout.len).map(Params::known_finite),
            true => map.numbers(self.data, layout.len).map(Params::new),
            false => Err(map),
        })
    }

    /// A copy of a layout's tensors.
    fn arena(&self, layout: &Layout, bytes: &Bytes<'_>) -> Result<AlignedVec<f32>, IoError> {
        let too_large = || self.model_error(planish_nn::NnError::TooLarge.into());
        let mut arena = AlignedVec::try_zeros(layout.len).ok_or_else(too_large)?;
        for (p, at) in layout.params.iter().zip(self.places(layout)?) {
            let from = &bytes.all()[self.data + at..][..p.range.len() * size_of::<f32>()];
            copy_numbers(from, &mut arena[p.range.clone()]);
        }
        Ok(arena)
    }

    /// Where each tensor of the layout begins, in bytes after the header.
    fn places(&self, layout: &Layout) -> Result<Vec<usize>, IoError> {
        let place = |p: &planish_nn::Param| match self.tensors.get(&p.name) {
            None => Err(IoError::file(self.name, format!("tensor {:?} is missing", p.name))),
            Some(t) if t.dtype != Dtype::F32 || t.shape != p.shape => {
                Err(IoError::file(self.name, format!("tensor {:?} has the wrong type or shape", p.name)))
            }
            Some(t) => Ok(t.data_offsets.0),
        };
        layout.params.iter().map(place).collect()
    }

    fn linear(&self) -> Result<Predictor, IoError> {
        let (design, fit): (Design, FittedLinearRegression) = (self.json("pipeline")?, self.json("fit")?);
        Ok(Predictor::Linear(LinearPredictor { design, fit }))
    }
}

fn copy_numbers(from: &[u8], to: &mut [f32]) {
    let numbers = from.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().expect("four bytes")));
    to.iter_mut().zip(numbers).for_each(|(x, v)| *x = v);
}
