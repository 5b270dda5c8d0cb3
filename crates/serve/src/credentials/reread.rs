//! What is read from files when the service starts and again while it runs: keys, and the certificate. What takes the files' place is held
//! from then on; files that cannot be used leave what was held before.

use crate::failure::{Failure, Subject};
use planish_io::{read_settings, require_regular};
use sha2::{Digest, Sha256};
use std::fmt::{self, Debug, Formatter};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Makes a value of the files' texts, or says which file is wrong, in which line, and how.
type Parse<T, const N: usize> = fn(&[String; N]) -> Result<T, FileError>;

/// What is wrong with one of the files.
#[derive(Debug)]
pub(crate) struct FileError {
    /// The file's number.
    pub(crate) file: usize,
    /// The line, from 1, if it is one.
    pub(crate) line: Option<usize>,
    pub(crate) reason: String,
}

/// A value that is made of the texts of `N` files.
pub(crate) struct Reread<T, const N: usize> {
    of: Subject,
    paths: [PathBuf; N],
    parse: Parse<T, N>,
    current: RwLock<Arc<T>>,
    /// Of the texts that the value was made of. It is locked while files are read, so that an older text never follows a newer one.
    digest: Mutex<[u8; 32]>,
}

impl<T, const N: usize> Reread<T, N> {
    /// Reads the files.
    ///
    /// # Errors
    /// A file that cannot be read, or that is wrong.
    pub(crate) fn open(of: Subject, paths: [PathBuf; N], parse: Parse<T, N>) -> Result<Self, Failure> {
        let texts = read(&of, &paths)?;
        let value = parsed(&of, &paths, parse, &texts)?;
        let (current, digest) = (RwLock::new(Arc::new(value)), Mutex::new(digest(&texts)));
        Ok(Reread { of, paths, parse, current, digest })
    }

    /// What is held now.
    pub(crate) fn current(&self) -> Arc<T> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the files again; whether there was something new in them.
    ///
    /// # Errors
    /// As [`Reread::open`]; then all stays as it was.
    pub(crate) fn reload(&self) -> Result<bool, Failure> {
        let mut held = self.digest.lock().unwrap_or_else(PoisonError::into_inner);
        let texts = read(&self.of, &self.paths)?;
        let new = digest(&texts);
        if *held == new {
            return Ok(false);
        }
        let value = parsed(&self.of, &self.paths, self.parse, &texts)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(value);
        *held = new;
        Ok(true)
    }
}

/// Without what was read: it may be secret.
impl<T, const N: usize> Debug for Reread<T, N> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} from {:?}", self.of, self.paths)
    }
}

fn read<const N: usize>(of: &Subject, paths: &[PathBuf; N]) -> Result<[String; N], Failure> {
    let mut texts = [const { String::new() }; N];
    for (text, path) in texts.iter_mut().zip(paths) {
        let read = require_regular(path).and_then(|_| read_settings(path));
        *text = read.map_err(|e| Failure::new(of.clone(), path, e.without_file()))?;
    }
    Ok(texts)
}

fn parsed<T, const N: usize>(
    of: &Subject,
    paths: &[PathBuf; N],
    parse: Parse<T, N>,
    texts: &[String; N],
) -> Result<T, Failure> {
    parse(texts).map_err(|error| Failure {
        line: error.line,
        ..Failure::new(of.clone(), &paths[error.file], error.reason)
    })
}

fn digest<const N: usize>(texts: &[String; N]) -> [u8; 32] {
    let all = texts.iter().fold(Sha256::new(), |d, text| d.chain_update(Sha256::digest(text)));
    all.finalize().into()
}
