//! `cargo xtask golden`: runs the scripts that generate the golden values of the tests.
//!
//! Each `xtask/golden/*.py` computes values with the library whose results ours are compared with, and writes
//! them below the root of the repository, which is its one argument. The values are committed, so the tests
//! need cargo alone; only whoever generates them again needs Python (`$PYTHON`, or `python3`). A script says
//! in its first comment what it needs, as in `Needs: numpy, torch.`

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;

/// Runs every script, in the order of their names, then formats what they wrote.
///
/// # Errors
/// When there is no script, or one fails: the error says which Python packages the scripts need.
pub fn run(root: &Path) -> Result<()> {
    let folder = root.join("xtask/golden");
    let scripts = scripts(&folder)?;
    if scripts.is_empty() {
        bail!("there is no script in xtask/golden");
    }
    let python = std::env::var_os("PYTHON").unwrap_or_else(|| OsString::from("python3"));
    for script in &scripts {
        let source = fs::read_to_string(script)?;
        let mut command = Command::new(&python);
        command.current_dir(root).arg(script).arg(root);
        println!("{}", process::line(&command));
        process::run(&mut command).with_context(|| advice(&source))?;
    }
    // Some scripts write Rust.
    process::run(process::cargo(root).args(["fmt", "--all"]))
}

fn scripts(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut scripts = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "py") {
            scripts.push(path);
        }
    }
    scripts.sort();
    Ok(scripts)
}

/// What to install for a script that failed.
fn advice(source: &str) -> String {
    let needs = source.lines().find_map(|line| line.split_once("Needs:")).map(|(_, rest)| rest.trim());
    match needs {
        Some(rest) => {
            let packages = rest.split(". ").next().unwrap_or(rest).trim_end_matches('.');
            format!("this script needs Python 3 with {packages}")
        }
        None => "this script needs Python 3, and does not say with which packages (`Needs: …`)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_names_the_packages_that_the_script_names() {
        let script = |needs| format!("\"\"\"Golden values.\n\n{needs}\n\"\"\"\nimport numpy\n");
        let expected = "this script needs Python 3 with numpy 2.1, torch";
        assert_eq!(advice(&script("Needs: numpy 2.1, torch. Argument: the root.")), expected);
        assert_eq!(advice(&script("# Needs: numpy 2.1, torch")), expected);
        assert!(advice(&script("")).contains("does not say"));
    }

    #[test]
    fn only_python_files_are_scripts_and_they_are_sorted() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.py", "a.py", "README.md"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let scripts = scripts(folder.path()).unwrap();
        assert_eq!(scripts, [folder.path().join("a.py"), folder.path().join("b.py")]);
    }
}
