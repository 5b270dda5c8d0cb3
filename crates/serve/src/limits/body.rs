//! Reading a request's body: its length, as sent and as decompressed, the time that it takes, and the memory that all bodies
//! together take are bounded.

use crate::error::{ApiError, Reason};
use crate::limits::deadline::within;
use crate::options::Options;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body;
use hyper::header::{CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use std::io::Read;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most bytes that are allocated because a length was announced.
const ROOM: usize = 256 << 10;

/// Bytes that all requests together may hold.
#[derive(Debug)]
pub(crate) struct Budget {
    left: AtomicUsize,
}

/// A request's part of the budget, given back when dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Budget {
    pub(crate) fn new(bytes: usize) -> Arc<Budget> {
        Arc::new(Budget { left: AtomicUsize::new(bytes) })
    }

    fn hold(self: &Arc<Budget>) -> Reservation {
        Reservation { budget: self.clone(), bytes: 0 }
    }
}

impl Reservation {
    /// Takes more of the budget.
    pub(crate) fn grow(&mut self, by: usize) -> Result<(), ApiError> {
        let take = |left: usize| left.checked_sub(by);
        if self.budget.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_err() {
            return Err(ApiError::new(Reason::Busy, "too many large requests at once"));
        }
        self.bytes += by;
        Ok(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.left.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

/// The whole body of at most `limit` bytes, decompressed, and the memory that it holds.
pub(crate) async fn read<B>(
    parts: &Parts,
    body: Pin<&mut B>,
    options: &Options,
    limit: usize,
    budget: &Arc<Budget>,
) -> Result<(Bytes, Reservation), ApiError>
where
    B: Body<Data = Bytes>,
{
    let length = announced(parts)?;
    if length.is_some_and(|n| n > limit as u64) {
        return Err(too_large(limit));
    }
    let encoding = parts.headers.get(CONTENT_ENCODING).map(|e| e.as_bytes().to_ascii_lowercase());
    let decode = match encoding.as_deref() {
        None | Some(b"identity") => false,
        Some(b"gzip" | b"x-gzip") => true,
        Some(_) => return Err(ApiError::new(Reason::Encoding, "bodies may be plain or compressed by gzip")),
    };
    let mut reserved = budget.hold();
    let bytes = within(options.body_timeout, pin!(collect(body, length, limit, &mut reserved)))
        .await
        .ok_or_else(|| ApiError::new(Reason::SlowBody, "the body did not arrive in time"))??;
    match decode {
        true => Ok((gunzip(&bytes, limit, &mut reserved)?, reserved)),
        false => Ok((bytes, reserved)),
    }
}

/// The length that the head announces; nothing for a body in chunks.
fn announced(parts: &Parts) -> Result<Option<u64>, ApiError> {
    let length = parts.headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse().ok());
    let framed = parts.version >= hyper::Version::HTTP_2 || parts.headers.contains_key(TRANSFER_ENCODING);
    if length.is_none() && !framed {
        return Err(ApiError::new(Reason::NoLength, "the header \"content-length\" is missing"));
    }
    Ok(length)
}

async fn collect<B>(
    mut body: Pin<&mut B>,
    length: Option<u64>,
    limit: usize,
    reserved: &mut Reservation,
) -> Result<Bytes, ApiError>
where
    B: Body<Data = Bytes>,
{
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| ApiError::bad_request("the body ended before its announced length"))?;
        let Ok(data) = frame.into_data() else { continue };
        if first.len() + rest.len() + data.len() > limit {
            return Err(too_large(limit));
        }
        reserved.grow(data.len())?;
        // Most bodies are one piece, which is not copied.
        if first.is_empty() && rest.is_empty() {
            first = data;
            continue;
        }
        if rest.is_empty() {
            // An announced length must not make a client cheaply take memory.
            rest.reserve(length.map_or(0, |n| (n as usize).min(ROOM)));
            rest.extend_from_slice(&std::mem::take(&mut first));
        }
        rest.extend_from_slice(&data);
    }
    Ok(if rest.is_empty() { first } else { rest.freeze() })
}

/// The bytes decompressed; their memory is reserved too.
pub(crate) fn gunzip(bytes: &[u8], limit: usize, reserved: &mut Reservation) -> Result<Bytes, ApiError> {
    let mut out = Vec::new();
    let mut plain = flate2::read::MultiGzDecoder::new(bytes);
    let mut piece = [0; 16 << 10];
    loop {
        let n = plain.read(&mut piece).map_err(|_| ApiError::bad_request("the body is not sound gzip"))?;
        if n == 0 {
            return Ok(out.into());
        }
        if out.len() + n > limit {
            return Err(too_large(limit));
        }
        reserved.grow(n)?;
        out.extend_from_slice(&piece[..n]);
    }
}

fn too_large(limit: usize) -> ApiError {
    ApiError::new(Reason::TooLarge, format!("the body is larger than {limit} bytes"))
}
