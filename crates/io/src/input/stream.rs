//! What bytes are read by: from the start to the end, or at any place.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;

/// Bytes from the start to the end.
pub(super) type Reader = Box<dyn Read + Send>;

/// Bytes of which any place can be read.
#[derive(Debug)]
pub(super) enum Seekable {
    File(File),
    Memory(Cursor<Arc<[u8]>>),
}

impl Read for Seekable {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Seekable::File(file) => file.read(out),
            Seekable::Memory(cursor) => cursor.read(out),
        }
    }
}

impl Seek for Seekable {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        match self {
            Seekable::File(file) => file.seek(to),
            Seekable::Memory(cursor) => cursor.seek(to),
        }
    }
}
