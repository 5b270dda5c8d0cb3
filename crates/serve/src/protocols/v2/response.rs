//! The answer to an inference: JSON, and after it the tensors that were asked for in binary.

use super::request::{JSON_LENGTH, RequestedOutputs};
use super::{binary, ports};
use crate::error::{ApiError, Reason, quoted};
use crate::models::served::Served;
use crate::protocols::reply::{self, Reply};
use hyper::StatusCode;
use hyper::header::HeaderName;
use planish_model::Predictions;
use serde::Serialize;
use serde_json::to_writer;
use std::borrow::Cow;

/// An output with its values.
pub(crate) struct Output<'a> {
    pub(crate) name: &'static str,
    pub(crate) datatype: &'static str,
    pub(crate) shape: Vec<usize>,
    /// The bytes of the values in binary, after the JSON.
    in_binary: Option<usize>,
    /// None when the values are in binary.
    pub(crate) data: Option<Data<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Data<'a> {
    Numbers(&'a [f64]),
    Texts(Vec<&'a str>),
}

/// Writes the answer with the outputs that were asked for, in the order in which they were.
pub(crate) fn write(
    served: &Served,
    wanted: &RequestedOutputs,
    predictions: &Predictions,
) -> Result<Reply, ApiError> {
    let mut blobs = Vec::new();
    let chosen = chosen(served, predictions, wanted.outputs.as_deref(), wanted.binary)?;
    let outputs =
        chosen.into_iter().map(|(o, in_binary)| if in_binary { to_binary(o, &mut blobs) } else { o });
    let outputs: Vec<Output<'_>> = outputs.collect();
    let json = json(served, wanted.id.as_deref(), &outputs);
    let mut body = json.map_err(|e| ApiError::new(Reason::Internal, e.to_string()))?;
    if blobs.is_empty() {
        return Ok(reply::whole(StatusCode::OK, reply::JSON, body));
    }
    let length = body.len();
    body.append(&mut blobs);
    let mut reply = reply::whole(StatusCode::OK, "application/octet-stream", body);
    reply.headers_mut().insert(HeaderName::from_static(JSON_LENGTH), length.into());
    Ok(reply)
}

/// The answer's JSON, with its known names written by hand: through serde they take longer than a small network's prediction.
fn json(served: &Served, id: Option<&str>, outputs: &[Output<'_>]) -> Result<Vec<u8>, serde_json::Error> {
    let mut out = Vec::with_capacity(256);
    let put = |out: &mut Vec<u8>, text: &str| out.extend_from_slice(text.as_bytes());
    put(&mut out, r#"{"model_name":"#);
    to_writer(&mut out, &served.name)?;
    put(&mut out, r#","model_version":""#);
    to_writer(&mut out, &served.version)?;
    put(&mut out, r#"""#);
    if let Some(id) = id {
        put(&mut out, r#","id":"#);
        to_writer(&mut out, id)?;
    }
    put(&mut out, r#","outputs":["#);
    for (i, output) in outputs.iter().enumerate() {
        put(&mut out, if i == 0 { r#"{"name":""# } else { r#",{"name":""# });
        put(&mut out, output.name);
        put(&mut out, r#"","datatype":""#);
        put(&mut out, output.datatype);
        put(&mut out, r#"","shape":"#);
        to_writer(&mut out, &output.shape)?;
        if let Some(bytes) = output.in_binary {
            put(&mut out, r#","parameters":{"binary_data_size":"#);
            to_writer(&mut out, &bytes)?;
            put(&mut out, "}");
        }
        if let Some(data) = &output.data {
            put(&mut out, r#","data":"#);
            to_writer(&mut out, data)?;
        }
        put(&mut out, "}");
    }
    put(&mut out, "]}");
    Ok(out)
}

/// The name of an output that is asked for, and what is said of it.
pub(crate) type Named<'a, T> = (Cow<'a, str>, T);

/// The outputs that were asked for, and what was said of each (here: whether in binary); all, if none was named.
pub(crate) fn chosen<'a, T: Copy>(
    served: &'a Served,
    predictions: &'a Predictions,
    wanted: Option<&[Named<'_, T>]>,
    otherwise: T,
) -> Result<Vec<(Output<'a>, T)>, ApiError> {
    let mut left = outputs(served, predictions);
    let Some(wanted) = wanted else {
        return Ok(left.into_iter().map(|output| (output, otherwise)).collect());
    };
    let mut take = |(name, said): &Named<'_, T>| match left.iter().position(|o| o.name == *name) {
        Some(at) => Ok((left.remove(at), *said)),
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
    let ports = ports::outputs(served).into_iter();
    let values = match predictions {
        Predictions::Numbers(y) => vec![Data::Numbers(y)],
        Predictions::Probabilities(p) => {
            let names = served.model.target().classes();
            let labels = (0..rows).filter_map(|i| predictions.class(i)).map(|c| names[c].as_str()).collect();
            vec![Data::Texts(labels), Data::Numbers(p.as_slice())]
        }
    };
    ports
        .zip(values)
        .map(|(port, data)| Output {
            name: port.name,
            datatype: port.datatype,
            // A length that metadata give as -1 is the number of rows.
            shape: port.shape.iter().map(|&n| usize::try_from(n).unwrap_or(rows)).collect(),
            in_binary: None,
            data: Some(data),
        })
        .collect()
}

impl Data<'_> {
    /// Appends the values as the binary extension and gRPC have them.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        match self {
            Data::Numbers(numbers) => binary::put_numbers(out, numbers),
            Data::Texts(texts) => binary::put_texts(out, texts.iter().copied()),
        }
    }
}

fn to_binary<'a>(output: Output<'a>, blobs: &mut Vec<u8>) -> Output<'a> {
    let before = blobs.len();
    output.data.iter().for_each(|data| data.put(blobs));
    Output { in_binary: Some(blobs.len() - before), data: None, ..output }
}
