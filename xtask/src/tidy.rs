//! `cargo xtask tidy`: the invariants of the workspace that a machine can check.
//!
//! [`check`] reads every file of the repository and what cargo says about the packages, and returns what is
//! broken. Each rule is a file below this one and looks at the code with comments and string literals taken
//! out (`scan`), so that a rule's own word in a message or a doc comment does not break it. The workspace
//! passes as a `#[test]` too.

use std::path::Path;

use anyhow::{Result, bail};

use crate::workspace;

mod arrows;
mod circles;
mod edges;
mod files;
mod imports;
mod names;
mod paths;
mod scan;
mod source;
mod territory;
mod unsafety;
mod violation;

use source::Source;
pub use violation::Violation;

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
    let sources = source::sources(&texts);
    for source in &sources {
        for rule in RULES {
            rule(source, &mut violations);
        }
    }
    circles::check(&sources, &mut violations);
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
}
