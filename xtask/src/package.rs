//! `cargo xtask package`: what would be published can be built by a stranger.
//!
//! Every publishable crate is packed; the packed files are unpacked outside the workspace, and a scratch
//! project that depends on them, as if they came from the registry, is checked there together with the packed
//! binary. This finds what a build inside the workspace cannot: a file that was not packed, a dependency
//! without a version, a feature that only another member turned on.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::{self, Metadata, Package};

/// The program of the scratch project.
const MAIN: &str = include_str!("../templates/scratch_main.rs");

/// Packs the crates and checks the scratch project.
///
/// # Errors
/// When a crate cannot be packed, or the project does not compile against the packed files.
pub fn run(root: &Path) -> Result<()> {
    let metadata = workspace::members(root)?;
    let (published, private): (Vec<&Package>, Vec<&Package>) =
        metadata.packages.iter().partition(|package| package.publishable);
    pack(root, &private)?;
    let scratch = Scratch::new(root)?;
    for package in &published {
        unpack(package, &metadata, &scratch.folder)?;
    }
    scratch.write(root, &published)?;
    check(&scratch.folder, &metadata.target)?;
    println!("{} crates packed, and a project outside the workspace compiles against them", published.len());
    Ok(())
}

fn pack(root: &Path, private: &[&Package]) -> Result<()> {
    let mut command = process::cargo(root);
    command.args(["package", "--workspace", "--no-verify", "--allow-dirty", "--locked", "--quiet"]);
    for package in private {
        command.args(["--exclude", &package.name]);
    }
    process::run(&mut command)
}

/// Extracts a packed crate; with `m`, so that cargo sees the files of this run as newer than those of the
/// last.
fn unpack(package: &Package, metadata: &Metadata, folder: &Path) -> Result<()> {
    let archive = metadata.target.join("package").join(format!("{}.crate", unpacked_name(package)));
    let mut command = Command::new("tar");
    command.arg("-xzmf").arg(archive).arg("-C").arg(folder);
    process::run(&mut command)
}

/// Checks the project where the workspace is built: what neither of them changes is there already.
fn check(folder: &Path, target: &Path) -> Result<()> {
    let mut command = process::cargo(folder);
    command.args(["check", "--workspace", "--quiet"]).env("CARGO_TARGET_DIR", target);
    process::run(&mut command)
}

fn unpacked_name(package: &Package) -> String {
    format!("{}-{}", package.name, package.version)
}

/// The folder of the scratch project, removed at the end.
struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    /// The same folder on every run in one checkout, so that cargo builds what changed only.
    fn new(root: &Path) -> Result<Self> {
        let mut hasher = DefaultHasher::new();
        root.hash(&mut hasher);
        let folder = std::env::temp_dir().join(format!("planish-package-{:016x}", hasher.finish()));
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
        }
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self { folder })
    }

    fn write(&self, root: &Path, packages: &[&Package]) -> Result<()> {
        let profiles = fs::read_to_string(root.join("Cargo.toml"))?;
        fs::write(self.folder.join("Cargo.toml"), manifest(packages) + dev_profile(&profiles))?;
        fs::copy(root.join("Cargo.lock"), self.folder.join("Cargo.lock"))?;
        fs::create_dir_all(self.folder.join("src"))?;
        fs::write(self.folder.join("src/main.rs"), MAIN)?;
        Ok(())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed now is removed at the start of the next run.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The manifest of the scratch project: it depends on the libraries, and the binaries are checked beside it.
fn manifest(packages: &[&Package]) -> String {
    let (libraries, binaries): (Vec<&Package>, Vec<&Package>) =
        packages.iter().partition(|package| package.has_library);
    let mut text =
        "[package]\nname = \"scratch\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n".to_owned();
    let members: Vec<String> =
        binaries.iter().map(|package| format!("{:?}", unpacked_name(package))).collect();
    text += &format!("members = [{}]\n\n[dependencies]\n", members.join(", "));
    for package in &libraries {
        text += &format!("{} = \"={}\"\n", package.name, package.version);
    }
    text += "\n[patch.crates-io]\n";
    for package in &libraries {
        text += &format!("{} = {{ path = {:?} }}\n", package.name, unpacked_name(package));
    }
    text
}

/// The sections of the development profile in a manifest.
fn dev_profile(manifest: &str) -> &str {
    let begin = manifest.find("\n[profile.dev").unwrap_or(manifest.len());
    let end = manifest[begin..].find("\n[profile.release").map_or(manifest.len(), |length| begin + length);
    &manifest[begin..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, has_library: bool) -> Package {
        Package {
            name: name.to_owned(),
            version: "0.1.0".to_owned(),
            folder: name.into(),
            license: None,
            foreign: false,
            publishable: true,
            has_library,
            dependencies: Vec::new(),
        }
    }

    #[test]
    fn the_scratch_project_depends_on_libraries_and_holds_binaries_as_members() {
        let text = manifest(&[&package("planish", false), &package("planish-nn", true)]);
        assert!(text.contains("members = [\"planish-0.1.0\"]"), "{text}");
        assert!(text.contains("[dependencies]\nplanish-nn = \"=0.1.0\"\n\n"), "{text}");
        assert!(
            text.ends_with("[patch.crates-io]\nplanish-nn = { path = \"planish-nn-0.1.0\" }\n"),
            "{text}"
        );
    }

    #[test]
    fn the_profile_of_development_is_taken_over() {
        let text = "[a]\n[profile.dev]\nb = 1\n[profile.dev.package.c]\nd = 2\n\n[profile.release]\n";
        assert_eq!(dev_profile(text), "\n[profile.dev]\nb = 1\n[profile.dev.package.c]\nd = 2\n");
        assert_eq!(dev_profile("[a]\n"), "");
    }

    #[test]
    fn the_scratch_program_uses_every_published_library() {
        for package in workspace::members(&workspace::root()).unwrap().packages {
            if package.publishable && package.has_library {
                assert!(MAIN.contains(&package.name.replace('-', "_")), "{} is not used", package.name);
            }
        }
    }
}
