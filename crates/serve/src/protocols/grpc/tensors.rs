//! Messages of an inference as tensors, and predictions as messages.
//!
//! A request has its elements in the inputs' typed `contents`, or those of all inputs as little-endian bytes in `raw_input_contents`; the answer
//! has them in the same way.

use super::generated::inference::infer_parameter::ParameterChoice;
use super::generated::inference::model_infer_request::InferInputTensor;
use super::generated::inference::model_infer_response::InferOutputTensor;
use super::generated::inference::{InferTensorContents, ModelInferRequest, ModelInferResponse};
use crate::error::{ApiError, quoted};
use crate::models::served::Served;
use crate::options::Options;
use crate::protocols::tensor::{Elements, Tensor, about, elements_of};
use crate::protocols::v2::datatype::Datatype;
use crate::protocols::v2::request::no_classification;
use crate::protocols::v2::{binary, response};
use bytes::Bytes;
use planish_model::Predictions;
use std::borrow::Cow;

/// The tensors of a request.
pub(super) fn read<'a>(
    request: &'a ModelInferRequest,
    options: &Options,
) -> Result<Vec<Tensor<'a>>, ApiError> {
    let (inputs, raw) = (&request.inputs, &request.raw_input_contents);
    if raw.is_empty() {
        return inputs.iter().map(|input| tensor(input, None, options)).collect();
    }
    if let Some(both) = inputs.iter().find(|input| input.contents.as_ref().is_some_and(|c| filled(c) > 0)) {
        return Err(about(&both.name, "it has \"contents\", and the request \"raw_input_contents\" too"));
    }
    if raw.len() != inputs.len() {
        return Err(ApiError::bad_request(format!(
            "raw_input_contents has {} elements for {} inputs",
            raw.len(),
            inputs.len()
        )));
    }
    inputs.iter().zip(raw).map(|(input, raw)| tensor(input, Some(raw), options)).collect()
}

fn tensor<'a>(
    input: &'a InferInputTensor,
    raw: Option<&'a Bytes>,
    options: &Options,
) -> Result<Tensor<'a>, ApiError> {
    let name = &input.name;
    let fail = |what: String| about(name, what);
    let lengths = input.shape.iter().map(|&n| usize::try_from(n)).collect::<Result<Vec<_>, _>>();
    let shape = lengths.map_err(|_| about(name, format!("shape {:?} has a negative length", input.shape)))?;
    let elements = elements_of(name, &shape, options)?;
    let datatype = Datatype::of(&input.datatype)
        .ok_or_else(|| about(name, format!("unknown datatype {}", quoted(&input.datatype))))?;
    let data = match (raw, &input.contents) {
        (Some(bytes), _) => binary::read(datatype, bytes, elements).map_err(fail)?,
        (None, Some(contents)) => typed(datatype, contents).map_err(fail)?,
        (None, None) => return Err(about(name, "it has neither \"contents\" nor \"raw_input_contents\"")),
    };
    if data.len() != elements {
        let what = format!("shape {shape:?} needs {elements} elements, contents has {}", data.len());
        return Err(about(name, what));
    }
    Ok(Tensor { name: Cow::Borrowed(name), shape, data })
}

/// The number of elements in all fields together.
fn filled(c: &InferTensorContents) -> usize {
    c.bool_contents.len()
        + c.int_contents.len()
        + c.int64_contents.len()
        + c.uint_contents.len()
        + c.uint64_contents.len()
        + c.fp32_contents.len()
        + c.fp64_contents.len()
        + c.bytes_contents.len()
}

/// The elements in the field of this datatype, which must be the only one that is filled.
fn typed(datatype: Datatype, c: &InferTensorContents) -> Result<Elements<'_>, String> {
    macro_rules! numbers {
        ($field:ident) => {
            (stringify!($field), Elements::Numbers(c.$field.iter().map(|&x| x as f64).collect()))
        };
    }
    let (field, data) = match datatype {
        Datatype::Bool => {
            let numbers = c.bool_contents.iter().map(|&b| f64::from(u8::from(b)));
            ("bool_contents", Elements::Numbers(numbers.collect()))
        }
        Datatype::Int(64, true) => numbers!(int64_contents),
        Datatype::Int(_, true) => numbers!(int_contents),
        Datatype::Int(64, false) => numbers!(uint64_contents),
        Datatype::Int(_, false) => numbers!(uint_contents),
        Datatype::Float(16) => return Err("FP16 is sent in raw_input_contents only".to_owned()),
        Datatype::Float(32) => numbers!(fp32_contents),
        Datatype::Float(_) => numbers!(fp64_contents),
        Datatype::Bytes => ("bytes_contents", texts(&c.bytes_contents)?),
    };
    if filled(c) != data.len() {
        return Err(format!("elements of its datatype are in {field} only"));
    }
    datatype.check(&data)?;
    Ok(data)
}

fn texts(bytes: &[Bytes]) -> Result<Elements<'_>, String> {
    let text = |(i, bytes)| match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Some(Cow::Borrowed(text))),
        Err(_) => Err(format!("element {i} is not UTF-8")),
    };
    bytes.iter().map(|b| &b[..]).enumerate().map(text).collect::<Result<_, _>>().map(Elements::Texts)
}

/// The answer with the outputs that were asked for, in the order in which they were.
pub(super) fn write(
    served: &Served,
    request: &ModelInferRequest,
    predictions: &Predictions,
) -> Result<ModelInferResponse, ApiError> {
    let wanted = wanted(request)?;
    let chosen = response::chosen(served, predictions, wanted.as_deref(), ())?;
    let mut answer = ModelInferResponse {
        model_name: served.name.clone(),
        model_version: served.version.to_string(),
        id: request.id.clone(),
        ..ModelInferResponse::default()
    };
    for (output, ()) in chosen {
        let mut contents = None;
        if request.raw_input_contents.is_empty() {
            contents = output.data.as_ref().map(to_contents);
        } else if let Some(data) = &output.data {
            let mut bytes = Vec::new();
            data.put(&mut bytes);
            answer.raw_output_contents.push(bytes);
        }
        answer.outputs.push(InferOutputTensor {
            name: output.name.to_owned(),
            datatype: output.datatype.to_owned(),
            shape: output.shape.iter().map(|&n| n as i64).collect(),
            contents,
            ..InferOutputTensor::default()
        });
    }
    Ok(answer)
}

/// The names of the outputs that are asked for; nothing where all are.
fn wanted(request: &ModelInferRequest) -> Result<Option<Vec<response::Named<'_, ()>>>, ApiError> {
    for output in &request.outputs {
        let classes = output.parameters.get("classification").and_then(|p| p.parameter_choice.as_ref());
        if matches!(classes, Some(ParameterChoice::Int64Param(1..) | ParameterChoice::Uint64Param(1..))) {
            return Err(no_classification(&output.name));
        }
    }
    let names = request.outputs.iter().map(|o| (Cow::Borrowed(&*o.name), ()));
    Ok(Some(names.collect::<Vec<_>>()).filter(|names| !names.is_empty()))
}

fn to_contents(data: &response::Data<'_>) -> InferTensorContents {
    match data {
        response::Data::Numbers(x) => {
            InferTensorContents { fp64_contents: x.to_vec(), ..InferTensorContents::default() }
        }
        response::Data::Texts(texts) => {
            let bytes_contents = texts.iter().map(|t| Bytes::copy_from_slice(t.as_bytes())).collect();
            InferTensorContents { bytes_contents, ..InferTensorContents::default() }
        }
    }
}
