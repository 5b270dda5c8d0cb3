//! What a rule finds.

use std::fmt;

/// A broken invariant, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The file, relative to the root of the repository.
    pub path: String,
    /// The line, counted from 1; 0 stands for the whole file.
    pub line: usize,
    /// The rule and what breaks it.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.message),
            line => write!(f, "{}:{line}: {}", self.path, self.message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_violation_names_its_file_and_line() {
        let mut violation = Violation { path: "a.rs".to_owned(), line: 3, message: "wrong".to_owned() };
        assert_eq!(violation.to_string(), "a.rs:3: wrong");
        violation.line = 0;
        assert_eq!(violation.to_string(), "a.rs: wrong");
    }
}
