//! What could not be read of the files that the service was given: a version of a model, all of a source, the keys, the certificate. The log
//! is told the path; clients are told which it is and why, and nothing of where files lie.

use serde_json::{Value, json};
use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

/// What a file is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A model.
    Model {
        /// Its name.
        name: String,
        /// The version; without one, the place where its versions lie.
        version: Option<u64>,
    },
    /// A folder of models.
    Folder {
        /// Its name.
        name: String,
    },
    /// The file of keys.
    Keys,
    /// The certificate or its private key.
    Certificate,
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What it is for.
    pub of: Subject,
    /// The file or folder.
    pub path: PathBuf,
    /// The line that is wrong, from 1, if it is one.
    pub line: Option<usize>,
    /// Why not, without the path.
    pub reason: String,
}

impl Display for Subject {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Model { name, version: Some(version) } => write!(f, "{name}/{version}"),
            Subject::Model { name, version: None } | Subject::Folder { name } => f.write_str(name),
            Subject::Keys => f.write_str("keys"),
            Subject::Certificate => f.write_str("certificate"),
        }
    }
}

impl Failure {
    pub(crate) fn new(of: Subject, path: &Path, reason: impl Into<String>) -> Failure {
        Failure { of, path: path.to_owned(), line: None, reason: reason.into() }
    }

    pub(crate) fn model(name: &str, version: Option<u64>, path: &Path, reason: impl Into<String>) -> Failure {
        Failure::new(Subject::Model { name: name.to_owned(), version }, path, reason)
    }

    /// What a client may know.
    pub(crate) fn public(&self) -> Value {
        let reason = match self.line {
            Some(line) => format!("line {line}: {}", self.reason),
            None => self.reason.clone(),
        };
        match &self.of {
            Subject::Model { name, version } => {
                json!({ "model": name, "version": version.map(|v| v.to_string()), "reason": reason })
            }
            Subject::Folder { name } => json!({ "folder": name, "reason": reason }),
            Subject::Keys | Subject::Certificate => json!({ "file": self.of.to_string(), "reason": reason }),
        }
    }
}

/// With the path, and the line if there is one.
impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.line {
            Some(line) => write!(f, "{path}:{line}: {}", self.reason),
            None => write!(f, "{path}: {}", self.reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_told_the_path_and_a_client_is_not() {
        let path = Path::new("/srv/x");
        let model = Failure::model("m", Some(3), path, "it is damaged");
        assert_eq!((model.of.to_string(), model.to_string()), ("m/3".into(), "/srv/x: it is damaged".into()));
        assert_eq!(model.public(), json!({ "model": "m", "version": "3", "reason": "it is damaged" }));
        let keys = Failure { line: Some(2), ..Failure::new(Subject::Keys, path, "a key has three words") };
        assert_eq!(keys.to_string(), "/srv/x:2: a key has three words");
        assert_eq!(keys.public(), json!({ "file": "keys", "reason": "line 2: a key has three words" }));
    }
}
