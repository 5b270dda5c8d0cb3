//! What cargo knows about the workspace, read from `cargo metadata`.
//!
//! Only the few fields that the commands ask for are kept, picked from the JSON by name: typed bindings would
//! cost more compile time than the rest of this crate.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;

/// A package as its manifest describes it.
#[derive(Clone, Debug)]
pub struct Package {
    /// The name, such as `planish-tensor`.
    pub name: String,
    /// The version, such as `0.1.0`.
    pub version: String,
    /// The folder that holds its `Cargo.toml`.
    pub folder: PathBuf,
    /// The licence, an SPDX expression.
    pub license: Option<String>,
    /// Whether it comes from a registry or a repository, as opposed to this checkout.
    pub foreign: bool,
    /// False under `publish = false`.
    pub publishable: bool,
    /// Whether other packages can depend on it.
    pub has_library: bool,
    /// The names of the packages it is built with; dev-dependencies are not among them.
    pub dependencies: Vec<String>,
}

/// The packages that `cargo metadata` lists, and where cargo builds.
#[derive(Clone, Debug)]
pub struct Metadata {
    /// In cargo's order.
    pub packages: Vec<Package>,
    /// Usually `target`, or what `CARGO_TARGET_DIR` says.
    pub target: PathBuf,
}

/// The folder of the workspace: the parent of this crate's.
pub fn root() -> PathBuf {
    let folder = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&folder).parent().expect("xtask lies in a folder of the workspace").to_path_buf()
}

/// The members of the workspace, without what they depend on.
///
/// # Errors
/// When cargo cannot read the manifests.
pub fn members(root: &Path) -> Result<Metadata> {
    metadata(root, &["--no-deps"])
}

/// The members of the workspace and every package in its `Cargo.lock`.
///
/// # Errors
/// When cargo cannot read the manifests, or the lock file is out of date.
pub fn whole_tree(root: &Path) -> Result<Metadata> {
    metadata(root, &["--locked", "--all-features"])
}

fn metadata(root: &Path, flags: &[&str]) -> Result<Metadata> {
    let mut command = process::cargo(root);
    command.args(["metadata", "--format-version", "1"]).args(flags);
    let json: Value = serde_json::from_str(&process::output(&mut command)?)?;
    let packages = list(&json["packages"]).map(package).collect::<Result<_>>()?;
    Ok(Metadata { packages, target: text(&json, "target_directory")?.into() })
}

fn package(json: &Value) -> Result<Package> {
    let manifest = PathBuf::from(text(json, "manifest_path")?);
    let built_with = list(&json["dependencies"]).filter(|dependency| dependency["kind"] != "dev");
    let library = |target: &Value| list(&target["kind"]).any(|kind| kind == "lib" || kind == "proc-macro");
    Ok(Package {
        name: text(json, "name")?,
        version: text(json, "version")?,
        folder: manifest.parent().context("a manifest lies in a folder")?.to_path_buf(),
        license: json["license"].as_str().map(str::to_owned),
        foreign: !json["source"].is_null(),
        publishable: json["publish"].as_array().is_none_or(|registries| !registries.is_empty()),
        has_library: list(&json["targets"]).any(library),
        dependencies: built_with.map(|dependency| text(dependency, "name")).collect::<Result<_>>()?,
    })
}

fn list(json: &Value) -> impl Iterator<Item = &Value> {
    json.as_array().into_iter().flatten()
}

fn text(json: &Value, key: &str) -> Result<String> {
    let value = json[key].as_str().with_context(|| format!("cargo metadata has no {key:?}"))?;
    Ok(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xtask_is_a_member_that_is_not_published() {
        let members = members(&root()).unwrap();
        let own = members.packages.iter().find(|package| package.name == "xtask").unwrap();
        assert!(!own.publishable && !own.foreign && own.has_library);
        assert_eq!(own.folder, root().join("xtask"));
    }

    #[test]
    fn dev_dependencies_are_not_counted() {
        let json = serde_json::json!({
            "name": "a", "version": "1.0.0", "manifest_path": "a/Cargo.toml", "publish": [],
            "dependencies": [
                {"name": "b", "kind": null}, {"name": "c", "kind": "dev"}, {"name": "d", "kind": "build"},
            ],
        });
        let package = package(&json).unwrap();
        assert_eq!(package.dependencies, ["b", "d"]);
        assert!(!package.publishable && !package.has_library);
    }
}
