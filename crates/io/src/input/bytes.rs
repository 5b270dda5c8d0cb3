//! Bytes that can be read again: a file, or memory (standard input and pipes are kept there); or standard input read once, of which only
//! the start is kept. Steps on the way to the reader unpack and decode them.

use super::decode::Decoded;
use super::packing::Packing;
use super::stream::{Reader, Seekable};
use crate::error::IoError;
use encoding_rs::Encoding;
use std::fs::{File, Metadata};
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

/// Bytes at the start that are looked at before all are read.
pub(super) const HEAD: u64 = 1 << 16;

/// Bytes with the name that messages give them.
#[derive(Clone, Debug)]
pub(super) struct Bytes {
    pub(super) name: String,
    place: Place,
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
enum Place {
    File(PathBuf, Stamp),
    Memory(Arc<[u8]>),
    Once(Once),
}

/// What the bytes go through on their way.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Leaves out this many bytes at the start.
    Skip(u64),
    Unpack(Packing),
    /// Makes UTF-8 of text in another encoding.
    Decode(&'static Encoding),
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Step::Skip(_) => "a file with a mark",
            Step::Unpack(packing) => packing.name(),
            Step::Decode(encoding) => encoding.name(),
        }
    }

    /// A reader behind this step.
    pub(super) fn through(self, name: &str, mut reader: Reader) -> Result<Reader, IoError> {
        Ok(match self {
            Step::Skip(bytes) => {
                if bytes > 0 {
                    std::io::copy(&mut reader.by_ref().take(bytes), &mut std::io::sink())
                        .map_err(IoError::system(name, "read"))?;
                }
                reader
            }
            Step::Unpack(packing) => packing.unpack(name, reader)?,
            Step::Decode(encoding) => Box::new(Decoded::new(name, encoding, reader)),
        })
    }
}

/// By which a file that is written to is told from what it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(meta: &Metadata) -> Stamp {
        Stamp { bytes: meta.len(), modified: meta.modified().ok() }
    }
}

/// The start of something read once, and what follows, until it is taken.
#[derive(Clone)]
struct Once {
    head: Arc<[u8]>,
    rest: Arc<Mutex<Option<Reader>>>,
}

impl std::fmt::Debug for Once {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("bytes read once")
    }
}

impl Once {
    fn start(name: &str, mut reader: Reader) -> Result<Once, IoError> {
        let mut head = Vec::new();
        reader.by_ref().take(HEAD).read_to_end(&mut head).map_err(IoError::system(name, "read"))?;
        Ok(Once { head: head.into(), rest: Arc::new(Mutex::new(Some(reader))) })
    }

    fn take(&self, name: &str) -> Result<Reader, IoError> {
        let rest = self.rest.lock().ok().and_then(|mut rest| rest.take());
        let rest = rest.ok_or_else(|| IoError::file(name, "it can be read only once"))?;
        Ok(Box::new(Cursor::new(self.head.clone()).chain(rest)))
    }
}

impl Bytes {
    /// A file, or standard input for `-`.
    pub(super) fn open(path: &str) -> Result<Bytes, IoError> {
        if path == "-" {
            let (name, mut bytes) = ("standard input", Vec::new());
            std::io::stdin().lock().read_to_end(&mut bytes).map_err(IoError::system(name, "read"))?;
            return Ok(Bytes::memory(name, bytes));
        }
        let meta = std::fs::metadata(path).map_err(IoError::system(path, "read"))?;
        if meta.is_dir() {
            return Err(IoError::file(path, "it is a folder, not a table"));
        }
        // A pipe cannot be read twice.
        if !meta.is_file() {
            return Ok(Bytes::memory(path, std::fs::read(path).map_err(IoError::system(path, "read"))?));
        }
        Ok(Bytes::at(path, Place::File(Path::new(path).to_owned(), Stamp::of(&meta))))
    }

    pub(super) fn memory(name: &str, bytes: Vec<u8>) -> Bytes {
        Bytes::at(name, Place::Memory(bytes.into()))
    }

    /// As [`Bytes::open`], but standard input is read once: nothing is kept of it.
    pub(super) fn open_once(path: &str) -> Result<Bytes, IoError> {
        if path != "-" {
            return Bytes::open(path);
        }
        let name = "standard input";
        Ok(Bytes::at(name, Place::Once(Once::start(name, Box::new(std::io::stdin()))?)))
    }

    fn at(name: &str, place: Place) -> Bytes {
        Bytes { name: name.to_owned(), place, steps: Vec::new() }
    }

    /// The same bytes with one more step on their way.
    pub(super) fn then(mut self, step: Step) -> Result<Bytes, IoError> {
        if let Place::Once(once) = &self.place {
            let reader = step.through(&self.name, once.take(&self.name)?)?;
            self.place = Place::Once(Once::start(&self.name, reader)?);
        } else {
            self.steps.push(step);
        }
        Ok(self)
    }

    /// Whether the bytes can be read only once.
    pub(super) fn is_read_once(&self) -> bool {
        matches!(self.place, Place::Once(_))
    }

    /// The first bytes, at most 64 KiB.
    pub(super) fn head(&self) -> Result<Vec<u8>, IoError> {
        if let Place::Once(once) = &self.place {
            return Ok(once.head.to_vec());
        }
        let mut head = Vec::new();
        self.reader(0)?.take(HEAD).read_to_end(&mut head).map_err(IoError::system(&self.name, "read"))?;
        Ok(head)
    }

    /// A reader from this byte on.
    pub(super) fn reader(&self, from: u64) -> Result<Reader, IoError> {
        let failed = || IoError::system(&self.name, "read");
        let (start, skipped) = if self.steps.is_empty() { (from, 0) } else { (0, from) };
        let mut reader: Reader = match &self.place {
            Place::File(path, _) => {
                let mut file = File::open(path).map_err(failed())?;
                file.seek(SeekFrom::Start(start)).map_err(failed())?;
                Box::new(file)
            }
            Place::Memory(bytes) => {
                let mut cursor = Cursor::new(bytes.clone());
                cursor.set_position(start);
                Box::new(cursor)
            }
            Place::Once(once) => {
                if from > 0 {
                    return Err(IoError::file(&self.name, "it can be read only once"));
                }
                once.take(&self.name)?
            }
        };
        for step in &self.steps {
            reader = step.through(&self.name, reader)?;
        }
        Step::Skip(skipped).through(&self.name, reader)
    }

    /// The bytes for a format that is read from its end.
    pub(super) fn seekable(&self, format: &str) -> Result<Seekable, IoError> {
        if let Some(step) = self.steps.first() {
            let what =
                format!("it is {format} inside {}, which is read from its end: unpack it first", step.name());
            return Err(IoError::file(&self.name, what));
        }
        match &self.place {
            Place::File(path, _) => {
                Ok(Seekable::File(File::open(path).map_err(IoError::system(&self.name, "read"))?))
            }
            Place::Memory(bytes) => Ok(Seekable::Memory(Cursor::new(bytes.clone()))),
            Place::Once(_) => {
                let what =
                    format!("{format} is read from its end, so it cannot come by a stream in one pass");
                Err(IoError::file(&self.name, what))
            }
        }
    }

    /// An error if the file was written to since it was opened.
    pub(super) fn check_unchanged(&self) -> Result<(), IoError> {
        let Place::File(path, stamp) = &self.place else { return Ok(()) };
        let meta = std::fs::metadata(path).map_err(IoError::system(&self.name, "read"))?;
        if Stamp::of(&meta) == *stamp {
            return Ok(());
        }
        Err(IoError::file(
            &self.name,
            "it was changed while it was read; read it again when nothing writes to it",
        ))
    }
}
