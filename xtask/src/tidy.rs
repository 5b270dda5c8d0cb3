//! `cargo xtask tidy`: the invariants of the workspace that a machine can check.
//!
//! [`check`] reads every file of the repository and what cargo says about the packages, and returns what is
//! broken. Each rule is a file below this one and looks at the code with comments and string literals taken
//! out (`scan`), so that a rule's own word in a message or a doc comment does not break it. The workspace
//! passes as a `#[test]` too.

use std::fmt;
use std::path::Path;

use anyhow::{Result, bail};

use crate::workspace;

mod arrows;
mod files;
mod names;
mod paths;
mod scan;
mod source;
mod territory;
mod unsafety;

use source::Source;

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

/// A rule about one Rust file.
type Rule = fn(&Source, &mut Vec<Violation>);

const RULES: &[Rule] = &[unsafety::check, territory::check, names::check];

/// Prints what is broken.
///
/// # Errors
/// When something is broken, or a file cannot be read.
pub fn run(root: &Path) -> Result<()> {
    let violations = check(root)?;
    for violation in &violations {
        println!("{violation}");
    }
    match violations.len() {
        0 => println!("tidy: every invariant holds"),
        1 => bail!("tidy found 1 violation"),
        count => bail!("tidy found {count} violations"),
    }
    Ok(())
}

/// Everything in the repository that breaks an invariant.
///
/// # Errors
/// When a file cannot be read, or cargo cannot read the manifests.
pub fn check(root: &Path) -> Result<Vec<Violation>> {
    let mut violations = arrows::check(&workspace::members(root)?.packages);
    let texts = files::texts(root)?;
    for (path, text) in &texts {
        paths::check(path, text, &mut violations);
    }
    for source in source::sources(&texts) {
        for rule in RULES {
            rule(&source, &mut violations);
        }
    }
    Ok(violations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_keeps_every_invariant() {
        let violations = check(&workspace::root()).unwrap();
        let lines: Vec<String> = violations.iter().map(Violation::to_string).collect();
        assert!(lines.is_empty(), "\n{}", lines.join("\n"));
    }

    #[test]
    fn a_violation_names_its_file_and_line() {
        let mut violation = Violation { path: "a.rs".to_owned(), line: 3, message: "wrong".to_owned() };
        assert_eq!(violation.to_string(), "a.rs:3: wrong");
        violation.line = 0;
        assert_eq!(violation.to_string(), "a.rs: wrong");
    }
}
