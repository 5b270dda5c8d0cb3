//! `cargo xtask bench NAME`: runs one benchmark of the `bench` package, optimised.
//!
//! The benchmarks are a workspace of their own, because the peers they measure against are heavy dependencies
//! that nothing else needs.

use std::path::Path;

use anyhow::Result;

use crate::process;

/// Runs the benchmark that the arguments name, and hands it the rest of them.
///
/// # Errors
/// When it does not build, or fails.
pub fn run(root: &Path, arguments: &[String]) -> Result<()> {
    let mut command = process::cargo(root);
    command.args(["run", "--release", "--manifest-path", "bench/Cargo.toml", "--"]).args(arguments);
    process::run(&mut command)
}
