//! The messages of an Arrow stream, looked at before the library reads them: it sets memory aside for what a compressed buffer says that it
//! will be, and a damaged file may say anything.

use crate::error::IoError;
use crate::input::canonical::damaged;
use crate::input::stream::Reader;
use arrow_ipc::{RecordBatch, root_as_message};
use std::io::Read;

/// What begins a message, before the length of what describes it.
const CONTINUED: [u8; 4] = [0xff; 4];

/// No codec makes so many bytes of one.
const LARGEST_RATIO: u64 = 1 << 17;

/// A buffer of more bytes than this is not in one batch of rows.
const LARGEST: u64 = 1 << 36;

/// Hands on a stream message by message.
pub(super) struct Framed {
    name: String,
    source: Reader,
    /// The message that is handed out, as far as it is not.
    message: Vec<u8>,
    handed: usize,
    is_done: bool,
}

impl Framed {
    pub(super) fn new(name: &str, source: Reader) -> Framed {
        Framed { name: name.to_owned(), source, message: Vec::new(), handed: 0, is_done: false }
    }

    /// Reads one message; nothing at the end of the stream.
    fn next(&mut self) -> Result<(), IoError> {
        self.message.clear();
        self.handed = 0;
        if self.take(4)? == 4 && self.message == CONTINUED {
            self.take(4)?;
        }
        let Some(length) = self.message.last_chunk::<4>().map(|bytes| i32::from_le_bytes(*bytes)) else {
            self.is_done = true;
            return Ok(());
        };
        let Ok(length @ 1..) = u64::try_from(length) else {
            self.is_done = true;
            return Ok(());
        };
        let start = self.message.len();
        self.take(length)?;
        let wrong = |reason: &str| damaged(&self.name, "Arrow", reason);
        let message = root_as_message(&self.message[start..]).map_err(|e| wrong(&e.to_string()))?;
        let length = u64::try_from(message.bodyLength()).map_err(|_| wrong("a length below zero"))?;
        let coded = message.header_as_dictionary_batch().and_then(|batch| batch.data());
        let batch = message.header_as_record_batch().or(coded);
        let buffers = batch.map(places).unwrap_or_default();
        let body = self.message.len();
        self.take(length)?;
        let body = &self.message[body..];
        for (offset, length) in buffers {
            let said = usize::try_from(offset).ok().and_then(|offset| body.get(offset..)?.first_chunk::<8>());
            let said = said.map_or(-1, |bytes| i64::from_le_bytes(*bytes));
            // A length below zero says that the buffer is not compressed.
            let limit = length.saturating_mul(LARGEST_RATIO).min(LARGEST);
            if u64::try_from(said).is_ok_and(|said| said > limit) {
                return Err(damaged(&self.name, "Arrow", "a buffer that is larger than can be"));
            }
        }
        Ok(())
    }

    /// Adds so many bytes to the message, or what there is.
    fn take(&mut self, bytes: u64) -> Result<usize, IoError> {
        let read = self.source.by_ref().take(bytes).read_to_end(&mut self.message);
        read.map_err(IoError::system(&self.name, "read"))
    }
}

/// Offset and length of the buffers of a batch that are compressed.
fn places(batch: RecordBatch<'_>) -> Vec<(u64, u64)> {
    let unsigned = |n: i64| u64::try_from(n).unwrap_or(u64::MAX);
    let buffers = batch.buffers().filter(|_| batch.compression().is_some()).into_iter().flatten();
    buffers.filter(|b| b.length() > 0).map(|b| (unsigned(b.offset()), unsigned(b.length()))).collect()
}

impl Read for Framed {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.handed == self.message.len() && !self.is_done {
            self.next()?;
        }
        let rest = &self.message[self.handed..];
        let n = out.len().min(rest.len());
        out[..n].copy_from_slice(&rest[..n]);
        self.handed += n;
        Ok(n)
    }
}
