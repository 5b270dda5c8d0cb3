//! Bytes that can be read again: a file, or memory (standard input is kept there).

use crate::error::IoError;
use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

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
        })
    }
}
