//! What can go wrong with files. Messages begin with the place: file, line, column.

use planish_model::ModelError;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IoError {
    /// The operating system refused.
    #[error("{file}: cannot {action}: {reason}")]
    System {
        /// The file.
        file: String,
        /// What was tried: `read`, `write` …
        action: &'static str,
        /// Why not. (Not called `source`: the message already says it.)
        reason: std::io::Error,
    },
    /// A cell is wrong.
    #[error("{file}:{line}:{column_number}: expected a {expected} in column {column:?}, found {found:?}")]
    Cell {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// The number of the field in its row, from 1.
        column_number: usize,
        /// The column's name.
        column: String,
        /// What is needed there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// A row is wrong.
    #[error("{file}:{line}: {what}")]
    Row {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        what: String,
    },
    /// The file as a whole is wrong.
    #[error("{file}: {what}")]
    File {
        /// The file.
        file: String,
        /// What is wrong.
        what: String,
    },
    /// A model cannot be put together from what the file holds.
    #[error("{file}: {reason}")]
    Model {
        /// The file.
        file: String,
        /// Why not.
        reason: ModelError,
    },
}

impl IoError {
    /// What is wrong, without the file's name, for those who need not know where files lie.
    pub fn without_file(&self) -> String {
        let file = match self {
            IoError::System { file, .. }
            | IoError::Cell { file, .. }
            | IoError::Row { file, .. }
            | IoError::File { file, .. }
            | IoError::Model { file, .. } => file,
        };
        let all = self.to_string();
        all.strip_prefix(file.as_str())
            .map_or("it cannot be read", |rest| rest.trim_start_matches([':', ' ']))
            .to_owned()
    }

    /// Whether the system refused, so that the file is not at fault and may be read another time.
    pub fn is_of_the_system(&self) -> bool {
        matches!(self, IoError::System { .. })
    }

    /// More memory than there is.
    pub(crate) fn memory(file: &str) -> IoError {
        IoError::system(file, "read")(std::io::ErrorKind::OutOfMemory.into())
    }

    /// What the system refused; or the error of ours that a reader on the way handed through.
    pub(crate) fn system(file: &str, action: &'static str) -> impl FnOnce(std::io::Error) -> IoError {
        let file = file.to_owned();
        move |reason| reason.downcast().unwrap_or_else(|reason| IoError::System { file, action, reason })
    }

    /// As [`IoError::system`], without the temporary name that the library's message ends in.
    pub(crate) fn temporary(file: &str) -> impl FnOnce(std::io::Error) -> IoError {
        let file = file.to_owned();
        move |e| {
            let text = e.to_string();
            let reason = text.split(" at path").next().unwrap_or_default().to_owned();
            IoError::System { file, action: "write", reason: std::io::Error::new(e.kind(), reason) }
        }
    }

    pub(crate) fn file(file: &str, what: impl Into<String>) -> IoError {
        IoError::File { file: file.to_owned(), what: what.into() }
    }

    /// `field` is its place in the row, from 0, and its column.
    pub(crate) fn cell(
        file: &str,
        line: u64,
        field: (usize, String),
        expected: &'static str,
        found: &str,
    ) -> IoError {
        IoError::Cell {
            file: file.to_owned(),
            line,
            column_number: field.0 + 1,
            column: field.1,
            expected,
            found: found.chars().take(60).collect(),
        }
    }

    pub(crate) fn row(file: &str, line: u64, what: impl Into<String>) -> IoError {
        IoError::Row { file: file.to_owned(), line, what: what.into() }
    }
}

/// For readers that unpack, decode or convert: `IoError::system` takes the error out again.
impl From<IoError> for std::io::Error {
    fn from(error: IoError) -> std::io::Error {
        std::io::Error::new(std::io::ErrorKind::InvalidData, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_can_be_told_without_the_file() {
        let missing = IoError::system("/srv/m: x", "read")(std::io::ErrorKind::NotFound.into());
        for (error, all, part) in [
            (missing, "/srv/m: x: cannot read: entity not found", "cannot read: entity not found"),
            (IoError::file("a:b", "it is a folder"), "a:b: it is a folder", "it is a folder"),
            (IoError::row("t.csv", 3, "too long"), "t.csv:3: too long", "3: too long"),
        ] {
            assert_eq!((error.to_string().as_str(), error.without_file().as_str()), (all, part));
        }
    }
}
