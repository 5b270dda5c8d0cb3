//! Reading an artifact. The hash is verified before anything else is believed, and then the parts are checked against each
//! other.
//!
//! A small file is read, and its tensors are copied into an arena. A large one is read into memory that its network predicts straight
//! from, or is mapped for that if so asked, if the tensors lie there in the network's order, as in every file that Planish writes;
//! otherwise they are copied as well and the file's bytes are let go.

use super::hash::{CUT, unread, verify};
use super::own::{Own, Positioned};
use super::{FORMAT, IoError, MemberHead, member_prefix};
use crate::forest;
use crate::mmap::Map;
use crate::model_files::require_regular;
use planish_model::{
    Blend, LinearFit, LinearModel, MAX_MEMBERS, Member, Model, ModelError, NetworkPredictor, Params,
    Predictor, Record, TreesPredictor,
};
use planish_nn::{Layout, Plan, Sequential};
use planish_tabular::{Encoder, Target};
use planish_tensor::AlignedVec;
use safetensors::tensor::{Metadata, TensorInfo};
use safetensors::{Dtype, SafeTensors};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Longest header that is read.
pub(super) const MAX_HEADER: u64 = 100_000_000;
/// Bytes from which a file's numbers stay where they were read to, or mapped; below, a copy costs nothing.
const LARGE: u64 = 4 << 20;

/// Reads a model into memory of its own and verifies its hash before anything else is believed. What happens to the file afterwards
/// does not reach the model. A pipe is read to its end, for which it may wait.
///
/// # Errors
/// A file that cannot be read, is no artifact, was changed or cut, also while it was read, or holds parts that do not belong together.
pub fn load_model(path: &Path) -> Result<Model, IoError> {
    let name = path.display().to_string();
    match open(&name, path)? {
        (file, None) => read_small(&name, file),
        (file, Some(len)) => read_large(&name, file, len),
    }
}

/// As [`load_model`], but a file of 4 MiB or more is mapped, not read, and stays so for the life of the model and its copies, so that
/// several processes share its pages; whether it is so is told beside the model.
///
/// Replace such a file by renaming another over it, as [`save_model`](super::save_model) does. One that is written over in place
/// changes the model that was read from it, and one that is cut short ends the process.
///
/// # Errors
/// As [`load_model`], or no regular file.
pub fn load_model_mapped(path: &Path) -> Result<(Model, bool), IoError> {
    require_regular(path)?;
    let name = path.display().to_string();
    let (file, len) = open(&name, path)?;
    let Some(len) = len else { return Ok((read_small(&name, file)?, false)) };
    let again = file.try_clone().map_err(IoError::system(&name, "read"))?;
    let Ok(map) = Map::new(again, len) else { return Ok((read_large(&name, file, len)?, false)) };
    let parts = Parts::new(&name, map.bytes())?;
    if !map.is_whole() {
        return Err(IoError::file(&name, CUT));
    }
    parts.model(Bytes::Mapped(map))
}

/// The file, and its length if it is a large one that lies on a disk.
fn open(name: &str, path: &Path) -> Result<(File, Option<usize>), IoError> {
    if path.is_dir() {
        return Err(IoError::file(name, "it is a folder, not a model"));
    }
    let file = File::open(path).map_err(IoError::system(name, "read"))?;
    let metadata = file.metadata().map_err(IoError::system(name, "read"))?;
    let large = metadata.is_file() && metadata.len() >= LARGE;
    Ok((file, usize::try_from(metadata.len()).ok().filter(|_| large)))
}

fn read_small(name: &str, mut file: File) -> Result<Model, IoError> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(IoError::system(name, "read"))?;
    model_from_bytes(name, &bytes)
}

fn read_large(name: &str, file: File, len: usize) -> Result<Model, IoError> {
    let file = Positioned::new(file);
    let read = |bytes: &mut [u8], offset| file.read_exact(bytes, offset).map_err(|e| unread(name, e));
    let mut start = [0; 9];
    read(&mut start, 0)?;
    // No longer than the file: memory is asked for by what is there, not by what the file says.
    let mut head = vec![0; data_start(name, &start, len)?];
    let (length, header) = head.split_at_mut(8);
    length.copy_from_slice(&start[..8]);
    read(header, 8)?;
    let (own, finite) = Own::read(name, &file, len, &head)?;
    let data = head.len();
    drop(head);
    Ok(Parts::believed(name, own.bytes(), data, finite)?.model(Bytes::Own(own))?.0)
}

/// Reads a model from an artifact's bytes; `name` is used in messages.
///
/// # Errors
/// As [`load_model`].
pub fn model_from_bytes(name: &str, bytes: &[u8]) -> Result<Model, IoError> {
    Ok(Parts::new(name, bytes)?.model(Bytes::Borrowed(bytes))?.0)
}

/// Where the header of a file that begins so and has this length ends.
fn data_start(name: &str, start: &[u8], len: usize) -> Result<usize, IoError> {
    let length = start.first_chunk().map(|b| u64::from_le_bytes(*b)).filter(|&n| n <= MAX_HEADER);
    let (Some(length), Some(b'{')) = (length, start.get(8)) else {
        return Err(IoError::file(name, "this is not a Planish model"));
    };
    let data = 8 + length as usize;
    if data > len {
        return Err(IoError::file(name, "the file is cut short"));
    }
    Ok(data)
}

/// Where an artifact's bytes are.
enum Bytes<'a> {
    Borrowed(&'a [u8]),
    Own(Own),
    Mapped(Map),
}

impl Bytes<'_> {
    fn all(&self) -> &[u8] {
        match self {
            Bytes::Borrowed(bytes) => bytes,
            Bytes::Own(own) => own.bytes(),
            Bytes::Mapped(map) => map.bytes(),
        }
    }

    /// The numbers from `start` on as parameters, if they can stay where they are.
    ///
    /// # Errors
    /// The bytes back, if they cannot.
    fn params(self, start: usize, count: usize, finite: bool) -> Result<Params, Self> {
        match self {
            Bytes::Borrowed(_) => Err(self),
            Bytes::Own(own) => own.numbers(start, count).map(|n| params_of(n, finite)).map_err(Bytes::Own),
            Bytes::Mapped(map) => {
                map.numbers(start, count).map(|n| params_of(n, finite)).map_err(Bytes::Mapped)
            }
        }
    }
}

fn params_of(numbers: impl AsRef<[f32]> + Send + Sync + 'static, finite: bool) -> Params {
    if finite { Params::known_finite(numbers) } else { Params::new(numbers) }
}

/// What the header of an artifact whose hash was right says; it borrows nothing of the bytes, so that they can be handed on.
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
    /// Of these bytes, if they have the hash.
    fn new(name: &'a str, bytes: &[u8]) -> Result<Self, IoError> {
        let data = data_start(name, bytes, bytes.len())?;
        let finite = verify(name, &bytes[8..data], bytes, &|_, part| Ok(part))?;
        Parts::believed(name, bytes, data, finite)
    }

    /// Of bytes whose hash was verified.
    fn believed(name: &'a str, bytes: &[u8], data: usize, finite: bool) -> Result<Self, IoError> {
        let fail = |what: &str| IoError::file(name, what);
        let foreign = || fail("this is not a Planish model");
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

    /// The model, and whether its parameters are where the bytes were.
    fn model(&self, bytes: Bytes<'_>) -> Result<(Model, bool), IoError> {
        let (predictor, in_place) = match self.metadata.contains_key("members") {
            true => (self.blend(&bytes)?, false),
            false => self.predictor(bytes)?,
        };
        let (target, record): (Target, Record) = (self.json("target")?, self.json("record")?);
        let model = Model::new(target, predictor, record).map_err(|reason| self.model_error(reason))?;
        if !self.metadata.contains_key("proof") {
            return Ok((model, in_place));
        }
        let bits = |text: &String| u64::from_str_radix(text, 16).ok();
        let proof: Option<_> = self.json::<Vec<String>>("proof")?.iter().map(bits).collect();
        let proof = proof
            .ok_or_else(|| IoError::file(self.name, "the part \"proof\" is of no hexadecimal numbers"))?;
        Ok((model.with_proof(proof), in_place))
    }

    /// What predicts, if it is no blend.
    fn predictor(&self, bytes: Bytes<'_>) -> Result<(Predictor, bool), IoError> {
        if self.metadata.contains_key("architecture") {
            return self.network(bytes);
        }
        if self.metadata.contains_key("trees") {
            return Ok((self.trees(&bytes)?, false));
        }
        let design = self.json("pipeline")?;
        let fit = match self.metadata.contains_key("linear_model") {
            true => self.json("linear_model")?,
            false => LinearFit::LeastSquares(self.json("fit")?),
        };
        Ok((Predictor::Linear(LinearModel { design, fit }), false))
    }

    fn blend(&self, bytes: &Bytes<'_>) -> Result<Predictor, IoError> {
        let heads: Vec<MemberHead> = self.json("members")?;
        if heads.len() > MAX_MEMBERS {
            return Err(IoError::file(self.name, "it has more members than a blend may have"));
        }
        let member = |(place, MemberHead { name, weight }): (usize, MemberHead)| {
            let of_member = self.of_member(place);
            let (predictor, _) = of_member.predictor(Bytes::Borrowed(bytes.all()))?;
            let (target, record) = (of_member.json("target")?, of_member.json("record")?);
            Ok(Member { name, weight, target, predictor, record })
        };
        let members = heads.into_iter().enumerate().map(member).collect::<Result<_, IoError>>()?;
        Ok(Predictor::Blend(Blend { members }))
    }

    /// The parts and tensors of a blend's member, under the names that they have in a file of their own.
    fn of_member(&self, place: usize) -> Parts<'a> {
        let before = member_prefix(place);
        let own = |name: &str| name.strip_prefix(&before).map(str::to_owned);
        Parts {
            name: self.name,
            metadata: self
                .metadata
                .iter()
                .filter_map(|(name, part)| Some((own(name)?, part.clone())))
                .collect(),
            tensors: self.tensors.iter().filter_map(|(name, t)| Some((own(name)?, t.clone()))).collect(),
            data: self.data,
            finite: self.finite,
        }
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

    fn trees(&self, bytes: &Bytes<'_>) -> Result<Predictor, IoError> {
        let tensors = ListsOf { parts: self, bytes: bytes.all() };
        Ok(Predictor::Trees(Box::new(TreesPredictor::new(
            self.json("pipeline")?,
            forest::with_cells(&tensors, self.json("bins")?)?,
            forest::forest(&tensors, self.json("trees")?)?,
        ))))
    }

    fn network(&self, bytes: Bytes<'_>) -> Result<(Predictor, bool), IoError> {
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
        let contiguous = Plan::contiguous(&sequential).map_err(|e| self.model_error(e.into()))?;
        let (plan, params, in_place) = match self.in_place(contiguous.layout(), bytes)? {
            Ok(params) => (contiguous, params, true),
            Err(bytes) => {
                let params = self.arena(plan.layout(), &bytes)?.into();
                (plan, params, false)
            }
        };
        let network = NetworkPredictor { encoder, sequential, plan, params, state };
        Ok((Predictor::Network(network), in_place))
    }

    /// The bytes as parameters of this layout, or back if they lie otherwise.
    fn in_place<'b>(&self, layout: &Layout, bytes: Bytes<'b>) -> Result<Result<Params, Bytes<'b>>, IoError> {
        let places = self.places(layout)?;
        let alike = layout.params.iter().zip(&places).all(|(p, &at)| p.range.start * size_of::<f32>() == at);
        Ok(if alike { bytes.params(self.data, layout.len, self.finite) } else { Err(bytes) })
    }

    /// A copy of a layout's tensors.
    fn arena(&self, layout: &Layout, bytes: &Bytes<'_>) -> Result<AlignedVec<f32>, IoError> {
        // As many numbers are in the file, so it is no fault of its.
        let mut arena = AlignedVec::try_zeros(layout.len).ok_or_else(|| IoError::memory(self.name))?;
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
}

/// The tensors of trees.
struct ListsOf<'p, 'a> {
    parts: &'p Parts<'a>,
    bytes: &'p [u8],
}

impl forest::Tensors for ListsOf<'_, '_> {
    fn bytes(&self, name: &str, dtype: Dtype, each: usize) -> Result<&[u8], IoError> {
        let fits =
            |shape: &[usize]| matches!((shape, each), ([_], 1)) || matches!(shape, [_, n] if *n == each);
        match self.parts.tensors.get(name) {
            None => Err(self.fail(&format!("tensor {name:?} is missing"))),
            Some(t) if t.dtype != dtype || !fits(&t.shape) => {
                Err(self.fail(&format!("tensor {name:?} has the wrong type or shape")))
            }
            Some(t) => Ok(&self.bytes[self.parts.data..][t.data_offsets.0..t.data_offsets.1]),
        }
    }

    fn fail(&self, what: &str) -> IoError {
        IoError::file(self.parts.name, what)
    }
}

fn copy_numbers(from: &[u8], to: &mut [f32]) {
    let numbers = from.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().expect("four bytes")));
    to.iter_mut().zip(numbers).for_each(|(x, v)| *x = v);
}
