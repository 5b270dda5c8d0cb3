//! Text in another encoding as UTF-8. A byte that has no meaning in the encoding is an error with its place, never a replacement sign.

use super::stream::Reader;
use crate::error::IoError;
use encoding_rs::{Decoder, DecoderResult, Encoding};
use std::io::Read;

/// Bytes read and text made in one piece.
const PIECE: usize = 1 << 16;

/// The encoding that a byte order mark at the start tells, and the mark's length.
pub(super) fn mark(head: &[u8]) -> Option<(&'static Encoding, usize)> {
    Encoding::for_bom(head)
}

/// A reader of the text as UTF-8; a byte order mark is left out.
pub(super) struct Decoded {
    name: String,
    encoding: &'static Encoding,
    decoder: Decoder,
    source: Reader,
    piece: Box<[u8]>,
    /// What of the piece is still to be decoded.
    unread: std::ops::Range<usize>,
    /// Bytes decoded before the piece's unread ones.
    seen: u64,
    is_last: bool,
    is_done: bool,
    text: Box<[u8]>,
    /// What of the text is still to be handed out.
    ready: std::ops::Range<usize>,
}

impl Decoded {
    pub(super) fn new(name: &str, encoding: &'static Encoding, source: Reader) -> Decoded {
        Decoded {
            name: name.to_owned(),
            encoding,
            decoder: encoding.new_decoder_with_bom_removal(),
            source,
            piece: vec![0; PIECE].into(),
            unread: 0..0,
            seen: 0,
            is_last: false,
            is_done: false,
            text: vec![0; PIECE].into(),
            ready: 0..0,
        }
    }

    /// Decodes until there is some text or the end.
    fn fill(&mut self) -> std::io::Result<()> {
        while self.ready.is_empty() && !self.is_done {
            if self.unread.is_empty() && !self.is_last {
                let n = self.source.read(&mut self.piece)?;
                self.unread = 0..n;
                self.is_last = n == 0;
            }
            let bytes = &self.piece[self.unread.clone()];
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(bytes, &mut self.text, self.is_last);
            self.unread.start += read;
            self.seen += read as u64;
            self.ready = 0..written;
            match result {
                DecoderResult::OutputFull => {}
                DecoderResult::InputEmpty => self.is_done = self.is_last,
                DecoderResult::Malformed(bad, after) => {
                    let at = self.seen.saturating_sub(u64::from(bad) + u64::from(after)) + 1;
                    let what = format!("byte {at} is not {} text", self.encoding.name());
                    return Err(IoError::file(&self.name, what).into());
                }
            }
        }
        Ok(())
    }
}

impl Read for Decoded {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        self.fill()?;
        let n = out.len().min(self.ready.len());
        out[..n].copy_from_slice(&self.text[self.ready.start..self.ready.start + n]);
        self.ready.start += n;
        Ok(n)
    }
}
