//! Compressed files: gzip (of one member or many, as `bgzip` and `cat` make them) and Zstandard. What ends before its end is an error.
//!
//! Zstandard is the C library by the crate `zstd`: it is what everybody else runs on bytes from outside, it is twice as fast as the
//! pure decoder in Rust, and Parquet's codec needs it too.

use super::stream::Reader;
use crate::error::IoError;
use flate2::read::MultiGzDecoder;
use std::io::{ErrorKind, Read};

/// How bytes are compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Packing {
    Gzip,
    Zstandard,
}

impl Packing {
    /// By the first bytes.
    pub(super) fn of(head: &[u8]) -> Option<Packing> {
        match head {
            [0x1f, 0x8b, ..] => Some(Packing::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Packing::Zstandard),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Packing::Gzip => "gzip",
            Packing::Zstandard => "Zstandard",
        }
    }

    /// What these bytes were before they were compressed.
    pub(super) fn unpack(self, name: &str, packed: Reader) -> Result<Reader, IoError> {
        let reader: Reader = match self {
            Packing::Gzip => Box::new(MultiGzDecoder::new(packed)),
            Packing::Zstandard => {
                Box::new(zstd::Decoder::new(packed).map_err(IoError::system(name, "read"))?)
            }
        };
        Ok(Box::new(Unpacked { name: name.to_owned(), packing: self, reader }))
    }
}

/// Says what is wrong in words of the file.
struct Unpacked {
    name: String,
    packing: Packing,
    reader: Reader,
}

impl Read for Unpacked {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        self.reader.read(out).map_err(|reason| {
            let (packing, kind) = (self.packing.name(), reason.kind());
            if kind == ErrorKind::Interrupted {
                return reason;
            }
            let what = if kind == ErrorKind::UnexpectedEof {
                format!("the {packing} data end early: the file is not whole; fetch it again")
            } else {
                format!("the {packing} data are damaged ({reason})")
            };
            IoError::file(&self.name, what).into()
        })
    }
}
