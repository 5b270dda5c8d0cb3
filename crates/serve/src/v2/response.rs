//! The answer to an inference: JSON, and after it the tensors that were asked for in binary.

use super::binary;
use super::request::{JSON_LENGTH, Request};
use crate::error::{ApiError, Reason, quoted};
use crate::reply::{self, Reply};
use crate::served::Served;
use hyper::StatusCode;
use hyper::header::HeaderName;
use planish_model::Predictions;
use serde::Serialize;

#[derive(Serialize)]
struct Answer<'a> {
    model_name: &'a str,
    model_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    outputs: Vec<Output<'a>>,
}

#[derive(Serialize)]
struct Output<'a> {
    name: &'static str,
    datatype: &'static str,
    shape: Vec<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Parameters>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Data<'a>>,
}

#[derive(Serialize)]
struct Parameters {
    binary_data_size: usize,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    Numbers(&'a [f64]),
    Texts(Vec<&'a str>),
}

/// Writes the answer with the outputs that were asked for, in the order in which they were.
pub(crate) fn write(
    served: &Served,
    request: &Request<'_>,
    predictions: &Predictions,
) -> Result<Reply, ApiError> {
    let mut blobs = Vec::new();
    let chosen = chosen(served, request, outputs(served, predictions))?;
    let outputs =
        chosen.into_iter().map(|(o, in_binary)| if in_binary { to_binary(o, &mut blobs) } else { o });
    let outputs = outputs.collect();
    let answer = Answer {
        model_name: &served.name,
        model_version: served.version.to_string(),
        id: request.id.as_deref(),
        outputs,
    };
    if blobs.is_empty() {
        return reply::json(&answer);
    }
    let mut body = serde_json::to_vec(&answer).map_err(|e| ApiError::new(Reason::Internal, e.to_string()))?;
    let length = body.len();
    body.append(&mut blobs);
    let mut reply = reply::whole(StatusCode::OK, "application/octet-stream", body);
    reply.headers_mut().insert(HeaderName::from_static(JSON_LENGTH), length.into());
    Ok(reply)
}

/// The outputs that were asked for, and whether in binary.
fn chosen<'a>(
    served: &Served,
    request: &Request<'_>,
    all: Vec<Output<'a>>,
) -> Result<Vec<(Output<'a>, bool)>, ApiError> {
    let Some(wanted) = &request.outputs else {
        return Ok(all.into_iter().map(|output| (output, request.binary)).collect());
    };
    let mut left = all;
    let mut take = |(name, in_binary): &(std::borrow::Cow<'_, str>, bool)| match left
        .iter()
        .position(|o| o.name == *name)
    {
        Some(at) => Ok((left.remove(at), *in_binary)),
        None => Err(ApiError::bad_request(format!(
            "model {} has no output {}, or it was asked for twice",
            quoted(&served.name),
            quoted(name)
        ))),
    };
    wanted.iter().map(&mut take).collect()
}

fn outputs<'a>(served: &'a Served, predictions: &'a Predictions) -> Vec<Output<'a>> {
    let rows = predictions.rows();
    let output =
        |name, datatype, shape, data| Output { name, datatype, shape, parameters: None, data: Some(data) };
    match predictions {
        Predictions::Numbers(y) => vec![output("prediction", "FP64", vec![rows], Data::Numbers(y))],
        Predictions::Probabilities(p) => {
            let names = served.model.target().classes();
            let labels = (0..rows).filter_map(|i| predictions.class(i)).map(|c| names[c].as_str()).collect();
            vec![
                output("prediction", "BYTES", vec![rows], Data::Texts(labels)),
                output("probabilities", "FP64", vec![rows, names.len()], Data::Numbers(p.as_slice())),
            ]
        }
    }
}

fn to_binary<'a>(output: Output<'a>, blobs: &mut Vec<u8>) -> Output<'a> {
    let before = blobs.len();
    match &output.data {
        Some(Data::Numbers(numbers)) => binary::put_numbers(blobs, numbers),
        Some(Data::Texts(texts)) => binary::put_texts(blobs, texts.iter().copied()),
        None => {}
    }
    let parameters = Some(Parameters { binary_data_size: blobs.len() - before });
    Output { parameters, data: None, ..output }
}
