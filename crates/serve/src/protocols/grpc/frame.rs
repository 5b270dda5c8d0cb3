//! The one message of a call, as it came: its frame, its compression, and the memory that decoding it will take.
//!
//! Two bytes of a message can become a tensor of hundreds, so the parts of a message are counted before tonic decodes it, and what
//! they will take is reserved like the body itself.

use crate::error::{ApiError, Reason};
use crate::limits::body::{Reservation, gunzip};
use bytes::Bytes;
use hyper::HeaderMap;
use prost::encoding::{WireType, decode_key, decode_varint};

/// Bytes of a frame before its message: a flag, and the length.
const HEAD: usize = 5;
/// Memory that an input, an output, a parameter or a text of the first two levels takes at most.
const PART: usize = 400;
/// Memory that an element of `bytes_contents` takes beside its text.
const TEXT: usize = 32;
/// How much more memory than its longest message a request may take.
const GROWTH: usize = 8;
/// Fields of `ModelInferRequest` that are messages with fields of their own: inputs and outputs.
const INPUTS: u32 = 5;
const OUTPUTS: u32 = 6;
/// The field of an input that is a message with texts in it.
const CONTENTS: u32 = 5;

/// The frame, its message decompressed.
pub(super) fn plain(
    headers: &HeaderMap,
    body: Bytes,
    limit: usize,
    reserved: &mut Reservation,
) -> Result<Bytes, ApiError> {
    let Some((head, message)) = body.split_first_chunk::<HEAD>() else {
        return Err(ApiError::bad_request("the body is no gRPC message"));
    };
    let [flag, length @ ..] = *head;
    if u32::from_be_bytes(length) as usize != message.len() {
        return Err(ApiError::bad_request("the body is not one whole gRPC message"));
    }
    match (flag, headers.get("grpc-encoding").map(|e| e.as_bytes())) {
        (0, _) => Ok(body),
        (1, Some(b"gzip")) => {
            let message = gunzip(message, limit, reserved)?;
            let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
            Ok([&[0], &length.to_be_bytes()[..], &message].concat().into())
        }
        (1, Some(_)) => Err(ApiError::new(Reason::Encoding, "messages may be plain or compressed by gzip")),
        _ => Err(ApiError::bad_request("the message is compressed, and no grpc-encoding says how")),
    }
}

/// Holds the memory that decoding an inference will take.
pub(super) fn check_memory(frame: &[u8], limit: usize, reserved: &mut Reservation) -> Result<(), ApiError> {
    let memory = memory(frame.get(HEAD..).unwrap_or_default());
    let memory =
        memory.ok_or_else(|| ApiError::bad_request("the message cannot be understood as protobuf"))?;
    if memory > limit.saturating_mul(GROWTH) {
        return Err(ApiError::new(Reason::TooLarge, "the message has too many inputs, outputs or elements"));
    }
    reserved.grow(memory)
}

/// The memory that the parts of a `ModelInferRequest` take, beside their bytes; nothing for what is no message.
fn memory(message: &[u8]) -> Option<usize> {
    let mut sum = 0;
    let mut outer = Fields { rest: message };
    while let Some(field) = outer.next_field()? {
        sum += PART;
        if !matches!(field.tag, INPUTS | OUTPUTS) {
            continue;
        }
        let mut inner = Fields { rest: field.bytes };
        while let Some(part) = inner.next_field()? {
            sum += PART;
            if (field.tag, part.tag) == (INPUTS, CONTENTS) {
                let mut texts = Fields { rest: part.bytes };
                while texts.next_field()?.is_some() {
                    sum += TEXT;
                }
            }
        }
    }
    Some(sum)
}

/// The fields of a message that have a length, one after another; numbers take little memory and are skipped.
struct Fields<'a> {
    rest: &'a [u8],
}

struct Field<'a> {
    tag: u32,
    bytes: &'a [u8],
}

impl<'a> Fields<'a> {
    /// The next field, nothing after the last; none for what is no message.
    fn next_field(&mut self) -> Option<Option<Field<'a>>> {
        while !self.rest.is_empty() {
            let (tag, kind) = decode_key(&mut self.rest).ok()?;
            let length = match kind {
                WireType::Varint => decode_varint(&mut self.rest).ok().map(|_| 0)?,
                WireType::SixtyFourBit => 8,
                WireType::ThirtyTwoBit => 4,
                WireType::LengthDelimited => decode_varint(&mut self.rest).ok()?,
                WireType::StartGroup | WireType::EndGroup => return None,
            };
            let (bytes, rest) = self.rest.split_at_checked(usize::try_from(length).ok()?)?;
            self.rest = rest;
            if kind == WireType::LengthDelimited {
                return Some(Some(Field { tag, bytes }));
            }
        }
        Some(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::grpc::generated::inference::model_infer_request::{
        InferInputTensor, InferRequestedOutputTensor,
    };
    use crate::protocols::grpc::generated::inference::{InferTensorContents, ModelInferRequest};
    use prost::Message;

    #[test]
    fn parts_are_counted_on_every_level() {
        let contents = InferTensorContents {
            bytes_contents: vec![Bytes::from_static(b"a"); 7],
            fp64_contents: vec![1.0; 9],
            ..InferTensorContents::default()
        };
        let input = InferInputTensor {
            name: "x".into(),
            shape: vec![7],
            contents: Some(contents),
            ..InferInputTensor::default()
        };
        let request = ModelInferRequest {
            model_name: "m".into(),
            inputs: vec![input],
            outputs: vec![InferRequestedOutputTensor::default(); 2],
            raw_input_contents: vec![Bytes::new(); 3],
            ..ModelInferRequest::default()
        };
        // The model's name, the input with three parts, two outputs, three blobs; seven texts and the packed numbers.
        assert_eq!(memory(&request.encode_to_vec()), Some((1 + 1 + 3 + 2 + 3) * PART + 8 * TEXT));
        assert_eq!(memory(b""), Some(0));
        for bad in [
            &b"\x0a\x05ab"[..],
            b"\xff",
            b"\x0b\x0c",
            b"\x2a\x01\x0b",
            b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        ] {
            assert_eq!(memory(bad), None, "{bad:?}");
        }
    }
}
