//! An inference request: JSON, and after it, where the binary extension is used, the tensors' bytes in order.

use super::binary;
use super::datatype::Datatype;
use super::nested::Nested;
use super::ports::check_count;
use crate::error::{ApiError, not_understood, quoted};
use crate::limits::depth::check_depth;
use crate::models::served::Served;
use crate::options::Options;
use crate::protocols::tensor::{Elements, Tensor, about, elements_of};
use hyper::HeaderMap;
use serde::Deserialize;
use std::borrow::Cow;

/// The header that gives the length of the JSON before the tensors' bytes.
pub(crate) const JSON_LENGTH: &str = "inference-header-content-length";

/// A request that was understood.
#[derive(Debug)]
pub(crate) struct Inference<'a> {
    pub(crate) tensors: Vec<Tensor<'a>>,
    pub(crate) wanted: RequestedOutputs,
}

/// What the answer is to have.
#[derive(Debug)]
pub(crate) struct RequestedOutputs {
    pub(crate) id: Option<String>,
    /// The outputs that were asked for by name, and whether in binary.
    pub(crate) outputs: Option<Vec<(Cow<'static, str>, bool)>>,
    /// Whether outputs that were not named are to be binary.
    pub(crate) binary: bool,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(default)]
    parameters: Option<RequestParameters>,
    #[serde(borrow)]
    inputs: Vec<Input<'a>>,
    #[serde(borrow)]
    outputs: Option<Vec<Output<'a>>>,
}

#[derive(Deserialize, Default)]
struct RequestParameters {
    #[serde(default)]
    binary_data_output: bool,
}

#[derive(Deserialize)]
struct Input<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    shape: Vec<usize>,
    #[serde(borrow)]
    datatype: Cow<'a, str>,
    #[serde(default)]
    parameters: Option<InputParameters>,
    #[serde(borrow)]
    data: Option<Nested<'a>>,
}

#[derive(Deserialize, Default)]
struct InputParameters {
    binary_data_size: Option<usize>,
}

#[derive(Deserialize)]
struct Output<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(default)]
    parameters: Option<OutputParameters>,
}

#[derive(Deserialize, Default)]
struct OutputParameters {
    binary_data: Option<bool>,
    #[serde(default)]
    classification: u64,
}

/// Reads a request.
pub(crate) fn read<'a>(
    headers: &HeaderMap,
    body: &'a [u8],
    served: &Served,
    options: &Options,
) -> Result<Inference<'a>, ApiError> {
    let (json, mut blobs) = body.split_at(json_length(headers, body.len())?);
    check_depth(json, options.json_depth)?;
    let parsed: Body<'a> = serde_json::from_slice(json).map_err(|e| not_understood(&e))?;
    check_count("inputs", parsed.inputs.len(), served, options)?;
    check_count("outputs", parsed.outputs.as_ref().map_or(0, Vec::len), served, options)?;
    let tensors =
        parsed.inputs.into_iter().map(|i| tensor(i, &mut blobs, options)).collect::<Result<_, _>>()?;
    if !blobs.is_empty() {
        return Err(ApiError::bad_request(format!(
            "{} bytes after the last tensor belong to none",
            blobs.len()
        )));
    }
    let binary = parsed.parameters.unwrap_or_default().binary_data_output;
    let outputs = parsed.outputs.map(|all| all.into_iter().map(|o| output(o, binary)).collect());
    let wanted =
        RequestedOutputs { id: parsed.id.map(Cow::into_owned), outputs: outputs.transpose()?, binary };
    Ok(Inference { tensors, wanted })
}

fn json_length(headers: &HeaderMap, all: usize) -> Result<usize, ApiError> {
    let Some(sent) = headers.get(JSON_LENGTH) else { return Ok(all) };
    let length = sent.to_str().ok().and_then(|t| t.parse().ok());
    length.filter(|&n| n <= all).ok_or_else(|| {
        ApiError::bad_request(format!("the header {JSON_LENGTH:?} is no length within a body of {all} bytes"))
    })
}

fn output(o: Output<'_>, binary: bool) -> Result<(Cow<'static, str>, bool), ApiError> {
    let parameters = o.parameters.unwrap_or_default();
    if parameters.classification > 0 {
        return Err(no_classification(&o.name));
    }
    Ok((o.name.into_owned().into(), parameters.binary_data.unwrap_or(binary)))
}

/// The refusal of a request for the best classes of an output.
pub(crate) fn no_classification(output: &str) -> ApiError {
    let what = format!("output {}: the classification extension is not offered", quoted(output));
    ApiError::bad_request(what)
}

fn tensor<'a>(input: Input<'a>, blobs: &mut &'a [u8], options: &Options) -> Result<Tensor<'a>, ApiError> {
    let name = &input.name;
    let elements = elements_of(name, &input.shape, options)?;
    let datatype = Datatype::of(&input.datatype)
        .ok_or_else(|| about(name, format!("unknown datatype {}", quoted(&input.datatype))))?;
    let size = input.parameters.unwrap_or_default().binary_data_size;
    let data = match (input.data, size) {
        (Some(_), Some(_)) => return Err(about(name, "it has both \"data\" and \"binary_data_size\"")),
        (None, None) => return Err(about(name, "it has neither \"data\" nor \"binary_data_size\"")),
        (None, Some(size)) => {
            let left = blobs.len();
            let too_few = || about(name, format!("binary_data_size is {size}, but {left} bytes are left"));
            let (blob, rest) = blobs.split_at_checked(size).ok_or_else(too_few)?;
            *blobs = rest;
            binary::read(datatype, blob, elements).map_err(|what| about(name, what))?
        }
        (Some(nested), None) => {
            if nested.dims.len() > 1 && nested.dims != input.shape {
                return Err(about(
                    name,
                    format!("data nests as {:?}, its shape is {:?}", nested.dims, input.shape),
                ));
            }
            datatype.check(&nested.data).map_err(|what| about(name, what))?;
            match (datatype, nested.data) {
                (Datatype::Bytes, Elements::Numbers(nulls)) => Elements::Texts(vec![None; nulls.len()]),
                (_, data) => data,
            }
        }
    };
    if data.len() != elements {
        let what = format!("shape {:?} needs {elements} elements, data has {}", input.shape, data.len());
        return Err(about(name, what));
    }
    Ok(Tensor { name: input.name, shape: input.shape, data })
}
