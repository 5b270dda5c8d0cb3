//! Bytes that can be read again: a file, or memory (standard input is kept there); or standard input read once, of which only the start is kept.

use crate::error::IoError;
use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Bytes at the start of what is read once that can be looked at before.
const HEAD: u64 = 1 << 16;

/// A re-readable input with the name that messages give it.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) name: String,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    File(std::path::PathBuf),
    Memory(Arc<[u8]>),
    Once(Once),
}

/// The start of something read once, and what follows, until it is taken.
#[derive(Clone)]
struct Once {
    head: Arc<[u8]>,
    rest: Arc<Mutex<Option<Box<dyn Read + Send>>>>,
}

impl std::fmt::Debug for Once {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("bytes read once")
    }
}

impl Input {
    /// A file, or standard input for `-`.
    pub(crate) fn open(path: &str) -> Result<Input, IoError> {
        if path == "-" {
            let mut bytes = Vec::new();
            std::io::stdin()
                .lock()
                .read_to_end(&mut bytes)
                .map_err(IoError::system("standard input", "read"))?;
            return Ok(Input::memory("standard input", bytes));
        }
        let meta = std::fs::metadata(path).map_err(IoError::system(path, "read"))?;
        if meta.is_dir() {
            return Err(IoError::file(path, "it is a folder, not a table"));
        }
        // A pipe cannot be read twice.
        if !meta.is_file() {
            return Ok(Input::memory(path, std::fs::read(path).map_err(IoError::system(path, "read"))?));
        }
        Ok(Input { name: path.to_owned(), place: Place::File(Path::new(path).to_owned()) })
    }

    pub(crate) fn memory(name: &str, bytes: Vec<u8>) -> Input {
        Input { name: name.to_owned(), place: Place::Memory(bytes.into()) }
    }

    /// A file, or for `-` standard input read once: nothing is kept of it.
    pub(crate) fn open_once(path: &str) -> Result<Input, IoError> {
        if path != "-" {
            return Input::open(path);
        }
        let (name, mut stdin, mut head) = ("standard input", std::io::stdin(), Vec::new());
        stdin.by_ref().take(HEAD).read_to_end(&mut head).map_err(IoError::system(name, "read"))?;
        let rest: Box<dyn Read + Send> = Box::new(stdin);
        let once = Once { head: head.into(), rest: Arc::new(Mutex::new(Some(rest))) };
        Ok(Input { name: name.to_owned(), place: Place::Once(once) })
    }

    /// Whether the bytes can be read only once.
    pub(crate) fn is_read_once(&self) -> bool {
        matches!(self.place, Place::Once(_))
    }

    /// The first bytes, at most 64 KiB.
    pub(crate) fn head(&self) -> Result<Vec<u8>, IoError> {
        if let Place::Once(once) = &self.place {
            return Ok(once.head.to_vec());
        }
        let mut head = Vec::new();
        self.reader(0)?.take(HEAD).read_to_end(&mut head).map_err(IoError::system(&self.name, "read"))?;
        Ok(head)
    }

    /// A reader from this byte on.
    pub(crate) fn reader(&self, from: u64) -> Result<Box<dyn Read + Send>, IoError> {
        let failed = || IoError::system(&self.name, "read");
        Ok(match &self.place {
            Place::File(path) => {
                let mut file = File::open(path).map_err(failed())?;
                file.seek(SeekFrom::Start(from)).map_err(failed())?;
                Box::new(file)
            }
            Place::Memory(bytes) => {
                let mut cursor = Cursor::new(bytes.clone());
                cursor.set_position(from);
                Box::new(cursor)
            }
            Place::Once(once) => {
                let rest = once.rest.lock().ok().and_then(|mut rest| rest.take()).filter(|_| from == 0);
                let rest = rest.ok_or_else(|| IoError::file(&self.name, "it can be read only once"))?;
                Box::new(Cursor::new(once.head.clone()).chain(rest))
            }
        })
    }
}
