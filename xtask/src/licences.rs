//! `cargo xtask licences`: every package that the lock file names may be used under a licence that
//! `deny.toml` allows.
//!
//! A small stand-in for `cargo deny check licenses` that needs no installation and reads the same list. A
//! package is judged by the SPDX expression in its manifest, dependencies of other platforms and of tests
//! included.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::workspace::{self, Package};

mod spdx;

/// Checks every foreign package of the workspace.
///
/// # Errors
/// When a package has no licence, or none that is allowed; all of them are named.
pub fn run(root: &Path) -> Result<()> {
    let text = fs::read_to_string(root.join("deny.toml")).context("cannot read deny.toml")?;
    let allowed = allow_list(&text)?;
    let packages = workspace::whole_tree(root)?.packages;
    let foreign: Vec<&Package> = packages.iter().filter(|package| package.foreign).collect();
    let faults: Vec<String> = foreign.iter().filter_map(|package| fault(package, &allowed)).collect();
    if !faults.is_empty() {
        bail!("licences that deny.toml does not allow:\n  {}", faults.join("\n  "));
    }
    println!("{} dependencies, every licence allowed", foreign.len());
    Ok(())
}

fn fault(package: &Package, allowed: &[String]) -> Option<String> {
    let name = format!("{} {}", package.name, package.version);
    let Some(expression) = &package.license else {
        return Some(format!("{name}: its manifest names no licence"));
    };
    match spdx::satisfied(expression, |licence| allowed.iter().any(|one| one == licence)) {
        Ok(true) => None,
        Ok(false) => Some(format!("{name}: {expression}")),
        Err(error) => Some(format!("{name}: {expression}: {error}")),
    }
}

/// The strings of the list `allow` in the table `[licenses]`.
fn allow_list(text: &str) -> Result<Vec<String>> {
    let mut lines = text.lines().map(without_comment);
    lines.by_ref().find(|line| *line == "[licenses]").context("deny.toml has no table [licenses]")?;
    let table: Vec<&str> = lines.take_while(|line| !is_table(line)).collect();
    let start = table
        .iter()
        .position(|line| line.split('=').next().is_some_and(|key| key.trim() == "allow"))
        .context("deny.toml's table [licenses] has no list `allow`")?;
    let rest = table[start..].join(" ");
    let (_, values) = rest.split_once('[').context("deny.toml's `allow` is not a list")?;
    let (values, _) = values.split_once(']').context("deny.toml's list `allow` has no end")?;
    Ok(values.split('"').skip(1).step_by(2).map(str::to_owned).collect())
}

fn without_comment(line: &str) -> &str {
    line.split('#').next().unwrap_or_default().trim()
}

fn is_table(line: &str) -> bool {
    line.starts_with('[') && line.ends_with(']') && !line.contains('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"
[bans]
allow = ["x"]
[licenses] # ours
confidence-threshold = 0.9
allow = [
    "MIT", # a "comment"
    "Zlib",
]
[sources]
allow = ["y"]
"#;

    fn package(license: Option<&str>) -> Package {
        Package {
            name: "a".to_owned(),
            version: "1.0.0".to_owned(),
            folder: "a".into(),
            license: license.map(str::to_owned),
            foreign: true,
            publishable: true,
            has_library: true,
            dependencies: Vec::new(),
        }
    }

    #[test]
    fn the_allow_list_is_the_one_of_the_licences_table() {
        assert_eq!(allow_list(LIST).unwrap(), ["MIT", "Zlib"]);
        assert_eq!(allow_list("[licenses]\nallow = [\"MIT\", \"ISC\"]").unwrap(), ["MIT", "ISC"]);
        assert!(allow_list("[bans]\n").is_err());
        assert!(allow_list("[licenses]\n[bans]\nallow = []").is_err());
    }

    #[test]
    fn a_package_without_an_allowed_licence_is_named() {
        let allowed = allow_list(LIST).unwrap();
        assert_eq!(fault(&package(Some("MIT OR GPL-3.0")), &allowed), None);
        assert_eq!(fault(&package(Some("GPL-3.0")), &allowed).unwrap(), "a 1.0.0: GPL-3.0");
        assert!(fault(&package(None), &allowed).unwrap().contains("names no licence"));
        assert!(fault(&package(Some("MIT OR")), &allowed).unwrap().contains("ends"));
    }
}
