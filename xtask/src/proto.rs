//! `cargo xtask proto`: the Rust code of the gRPC service, made by the package `xtask-proto`.
//!
//! That package has a protobuf compiler among its dependencies, minutes of compiling, so it is built only when it is asked for. Beside the code
//! lies a digest of all that it is made from and of the code itself: while that is right, there is nothing to make again.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::process;

/// Where the code lies.
const GENERATED: &str = "crates/serve/src/protocols/grpc/generated";
/// The digest in that folder.
const DIGEST: &str = "digest.txt";
/// What the code is made from: files, and folders of them.
const INPUTS: [&str; 4] = ["crates/serve/proto", "xtask/proto/Cargo.toml", "xtask/proto/src", "rustfmt.toml"];
/// The packages whose versions the code may differ with.
const PACKAGES: [&str; 7] = [
    "prettyplease",
    "prost-build",
    "prost-types",
    "protox",
    "protox-parse",
    "tonic-build",
    "tonic-prost-build",
];

/// Makes the code again.
///
/// # Errors
/// A file of messages that is wrong, or code that cannot be written.
pub fn run(root: &Path) -> Result<()> {
    generator(root, &[])?;
    let path = root.join(GENERATED).join(DIGEST);
    fs::write(path, digest(root)?).context("cannot write the digest of the generated code")
}

/// Checks that the digest is right.
///
/// # Errors
/// Code, or something that it is made from, that is not what it was when the code was made.
pub fn check(root: &Path) -> Result<()> {
    let committed = fs::read_to_string(root.join(GENERATED).join(DIGEST)).unwrap_or_default();
    if committed != digest(root)? {
        bail!("the code in {GENERATED}, or what it is made from, has changed: run `cargo xtask proto`");
    }
    Ok(())
}

/// Checks that the committed code is what would be made.
///
/// # Errors
/// Code that differs, or a file of messages that is wrong.
pub fn check_by_making(root: &Path) -> Result<()> {
    generator(root, &["--check"])
}

fn generator(root: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = process::cargo(root);
    command.args(["run", "--quiet", "--locked", "--package", "xtask-proto", "--", GENERATED]);
    process::run(command.args(arguments))
}

/// A digest of the inputs, the packages and the code, as a line of text.
fn digest(root: &Path) -> Result<String> {
    let mut files = Vec::new();
    for input in INPUTS.iter().chain(&[GENERATED]) {
        list(&root.join(input), &mut files)?;
    }
    let mut hash = Fnv::new();
    for file in files.iter().filter(|file| !file.ends_with(DIGEST)) {
        hash.add(&fs::read(file).with_context(|| format!("cannot read {}", file.display()))?);
    }
    let lock = fs::read_to_string(root.join("Cargo.lock")).context("cannot read Cargo.lock")?;
    versions(&lock).iter().for_each(|version| hash.add(version.as_bytes()));
    Ok(format!("{:016x}\n", hash.0))
}

/// The files at or below a path, in one order everywhere.
fn list(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !path.is_dir() {
        files.push(path.to_path_buf());
        return Ok(());
    }
    let entries = fs::read_dir(path).with_context(|| format!("cannot list {}", path.display()))?;
    let mut below: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    below.sort();
    below.iter().try_for_each(|path| list(path, files))
}

/// Names and versions of the packages in a `Cargo.lock`.
fn versions(lock: &str) -> Vec<String> {
    let of_package = |name: &&str| {
        let (_, rest) = lock.split_once(&format!("\nname = \"{name}\"\nversion = "))?;
        Some(format!("{name} {}", rest.lines().next()?))
    };
    PACKAGES.iter().filter_map(of_package).collect()
}

/// The hash of Fowler, Noll and Vo (FNV-1a, 64 bits): it finds what was changed by accident, which is all that is asked of it.
struct Fnv(u64);

impl Fnv {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Adds a text and its length, so that texts cannot run into each other.
    fn add(&mut self, text: &[u8]) {
        for byte in (text.len() as u64).to_le_bytes().iter().chain(text) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generated_code_is_that_of_its_inputs() {
        check(&crate::workspace::root()).unwrap();
    }

    #[test]
    fn texts_do_not_run_into_each_other() {
        let hash = |texts: &[&str]| {
            let mut hash = Fnv::new();
            texts.iter().for_each(|text| hash.add(text.as_bytes()));
            hash.0
        };
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_eq!(hash(&[]), 0xcbf2_9ce4_8422_2325);
    }

    #[test]
    fn versions_are_read_from_the_lock_file() {
        let lock = "[[package]]\nname = \"protox\"\nversion = \"0.9.1\"\n\n[[package]]\nname = \"prox\"\nversion = \"1\"\n";
        assert_eq!(versions(lock), ["protox \"0.9.1\""]);
    }
}
