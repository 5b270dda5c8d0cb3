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
    pub(crate) fn system(file: &str, action: &'static str) -> impl FnOnce(std::io::Error) -> IoError {
        let file = file.to_owned();
        move |reason| IoError::System { file, action, reason }
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

    pub(crate) fn row(file: &str, line: u64, what: impl Into<String>) -> IoError {
        IoError::Row { file: file.to_owned(), line, what: what.into() }
    }
}
