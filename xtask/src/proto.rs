//! `cargo xtask proto`: the Rust code of the gRPC service, made by the package `xtask-proto`.
//!
//! That package has a protobuf compiler among its dependencies, so it is built only when it is asked for.

use std::path::Path;

use anyhow::Result;

use crate::process;

/// Makes the code again.
///
/// # Errors
/// A file of messages that is wrong, or code that cannot be written.
pub fn run(root: &Path) -> Result<()> {
    generator(root, &[])
}

/// Checks that the committed code is what would be made.
///
/// # Errors
/// Code that differs, or a file of messages that is wrong.
pub fn check(root: &Path) -> Result<()> {
    generator(root, &["--check"])
}

fn generator(root: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = process::cargo(root);
    process::run(
        command.args(["run", "--quiet", "--locked", "--package", "xtask-proto", "--"]).args(arguments),
    )
}
