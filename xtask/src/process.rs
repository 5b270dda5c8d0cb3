//! Running other programs: with their output shown, or with it returned.
//!
//! A program that fails is an error that names the command line, so that it can be run again by hand.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The cargo that runs us, to be started in `root`.
pub fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    // Cargo told us about our own package; told so in turn, it would build again all that asks for such names.
    let is_of_package = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_of_package)) {
        command.env_remove(name);
    }
    command
}

/// Builds the program of the release profile, and returns where it is.
///
/// # Errors
/// A program that cannot be built.
pub fn release_program(root: &Path) -> Result<PathBuf> {
    program(root, &["--release", "--bin", "planish"], "release")
}

/// Builds the program that the tests use, with the libraries that they use (`tests/src/program.rs`), and returns where it is.
///
/// # Errors
/// As [`release_program`].
pub fn test_program(root: &Path) -> Result<PathBuf> {
    program(
        root,
        &["--workspace", "--all-features", "--bin", "planish", "--example", "artifact_seeds"],
        "debug",
    )
}

fn program(root: &Path, arguments: &[&str], folder: &str) -> Result<PathBuf> {
    run(cargo(root).args(["build", "--locked", "--quiet"]).args(arguments))?;
    Ok(root.join("target").join(folder).join("planish"))
}

/// Runs a command to its end with its output shown.
///
/// # Errors
/// When it cannot be started, or ends with a status other than 0.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start `{}`", line(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// Runs a command to its end and returns its standard output; its standard error is shown.
///
/// # Errors
/// When it cannot be started, ends with a status other than 0, or writes what is not UTF-8.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    if !output.status.success() {
        bail!("`{}` failed ({})", line(command), output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{}` wrote what is not UTF-8", line(command)))
}

/// Whether there is a program of this name in a folder of `PATH`.
pub fn is_on_path(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| is_program(&folder.join(name)))
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file() || file.with_extension(std::env::consts::EXE_EXTENSION).is_file()
}

/// The command as one would type it: the program's bare name and its arguments.
pub fn line(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_an_error_that_names_the_command() {
        let root = crate::workspace::root();
        let error = run(cargo(&root).args(["no-such-command"]).stderr(Stdio::null())).unwrap_err();
        assert!(error.to_string().contains("cargo no-such-command"), "{error}");
    }

    #[test]
    fn programs_are_found_on_the_path_and_folders_are_none() {
        assert!(is_on_path("cargo") && !is_on_path("no-such-program") && !is_on_path("."));
    }

    #[test]
    fn the_output_of_a_program_is_returned() {
        let root = crate::workspace::root();
        assert!(output(cargo(&root).arg("--version")).unwrap().starts_with("cargo "));
    }
}
