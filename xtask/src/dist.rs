//! `cargo xtask dist`: the one static binary that people install.
//!
//! It is built for the host with the C library linked in, copied to `dist/planish` in the target folder, and
//! checked: it asks for no loader and no shared library, carries no symbol table, and is not larger than
//! [`LARGEST`].

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{elf, process, workspace};

/// The largest size in bytes of the binary.
pub const LARGEST: u64 = 30_000_000;

/// Builds the binary, checks it and copies it.
///
/// # Errors
/// When it does not build, or is not as promised.
pub fn run(root: &Path) -> Result<()> {
    let target = workspace::members(root)?.target;
    let built = build(root, &target)?;
    let bytes = fs::read(&built).with_context(|| format!("cannot read {}", built.display()))?;
    let faults = faults(&elf::read(&bytes)?, bytes.len() as u64);
    if !faults.is_empty() {
        bail!("{}: {}", built.display(), faults.join("; "));
    }
    let folder = target.join("dist");
    fs::create_dir_all(&folder)?;
    let binary = folder.join("planish");
    fs::copy(&built, &binary).with_context(|| format!("cannot write {}", binary.display()))?;
    println!("{}: {} bytes, static, stripped", binary.display(), bytes.len());
    Ok(())
}

/// Builds for the host's target by name, so that the static C library is for the binary and not for build
/// scripts.
///
/// # Errors
/// When it does not build.
pub fn build(root: &Path, target: &Path) -> Result<PathBuf> {
    let triple = host_triple(root)?;
    let mut command = process::cargo(root);
    command
        .args([
            "build",
            "--profile",
            "dist",
            "--package",
            "planish",
            "--features",
            "full",
            "--locked",
            "--target",
            &triple,
        ])
        .env("RUSTFLAGS", "-C target-feature=+crt-static");
    process::run(&mut command)?;
    Ok(target.join(triple).join("dist").join("planish"))
}

/// The platform of this machine, as rustc names it.
pub(crate) fn host_triple(root: &Path) -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = process::output(Command::new(rustc).current_dir(root).arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("`rustc -vV` names no host")?.to_owned())
}

/// What keeps an executable from being the static, stripped, small binary that is promised.
fn faults(executable: &elf::Executable, size: u64) -> Vec<String> {
    let mut faults = Vec::new();
    if let Some(interpreter) = &executable.interpreter {
        faults.push(format!("it asks for the loader {interpreter}"));
    }
    if !executable.needed.is_empty() {
        faults.push(format!("it asks for the shared libraries {}", executable.needed.join(", ")));
    }
    if executable.has_symbols {
        faults.push("it is not stripped".to_owned());
    }
    if size > LARGEST {
        faults.push(format!("it has {size} bytes, more than {LARGEST}"));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_broken_promise_is_named() {
        let executable = elf::Executable {
            interpreter: Some("ld.so".to_owned()),
            needed: vec!["libc.so.6".to_owned()],
            has_symbols: true,
        };
        assert_eq!(faults(&executable, LARGEST + 1).len(), 4);
        assert_eq!(faults(&elf::Executable::default(), LARGEST), Vec::<String>::new());
    }

    #[test]
    fn the_host_has_a_triple() {
        assert!(host_triple(&workspace::root()).unwrap().split('-').count() >= 3);
    }
}
