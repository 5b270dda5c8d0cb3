//! `cargo xtask bench NAME`: runs one benchmark of the `bench` package, optimised; `serve` is a package of its own beside it.
//!
//! The benchmarks are workspaces of their own, because the peers they measure against are heavy dependencies
//! that nothing else needs.

use std::path::Path;

use anyhow::Result;

use crate::{dist, process, workspace};

/// Runs the benchmark that the arguments name, and hands it the rest of them.
///
/// # Errors
/// When it does not build, or fails.
pub fn run(root: &Path, arguments: &[String]) -> Result<()> {
    let mut command = process::cargo(root);
    if let [name, rest @ ..] = arguments
        && name == "serve"
    {
        // What people install, and its peer is compiled as it is.
        let planish = dist::build(root, &workspace::members(root)?.target)?;
        command
            .args(["run", "--release", "--manifest-path", "bench/serve/Cargo.toml", "--"])
            .arg(planish)
            .args(rest);
        return process::run(&mut command);
    }
    command.args(["run", "--release", "--manifest-path", "bench/Cargo.toml", "--"]).args(arguments);
    let given = |words: &[&str]| arguments.iter().any(|a| words.contains(&a.as_str()));
    if given(&["tables"]) && !given(&["--planish", "--help", "-h", "help"]) {
        command.arg("--planish").arg(dist::build(root, &workspace::members(root)?.target)?);
    }
    process::run(&mut command)
}
