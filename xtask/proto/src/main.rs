//! `xtask-proto FOLDER [--check]`, which `cargo xtask proto` calls: makes the Rust code of the gRPC service from `crates/serve/proto`, or checks
//! that the committed code in the folder is what would be made.
//!
//! A package of its own, so that the rest of the build tooling does not wait for a protobuf compiler, which is itself in Rust:
//! nothing has to be installed, and who builds the service needs none of it.
#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Each file of messages, the package in it, and the module that is made of it.
const FILES: &[(&str, &str, &str)] =
    &[("inference.proto", "inference", "inference"), ("health.proto", "grpc.health.v1", "health")];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, check) = match &arguments[..] {
        [folder] => (folder, false),
        [folder, one] if one == "--check" => (folder, true),
        _ => bail!("use: xtask-proto FOLDER [--check]"),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let made = target(&root)?.join("proto");
    let committed = root.join(folder);
    fs::create_dir_all(&made)?;
    for (file, package, module) in FILES {
        let code = generate(&root.join("crates/serve/proto"), file, package, &made)?;
        let path = committed.join(format!("{module}.rs"));
        if !check {
            fs::create_dir_all(&committed)?;
            fs::write(&path, code).with_context(|| format!("cannot write {module}.rs"))?;
        } else if fs::read_to_string(&path).unwrap_or_default() != code {
            bail!("{folder}/{module}.rs is not what {file} makes: run `cargo xtask proto`");
        }
    }
    println!(
        "{} files of generated code {}",
        FILES.len(),
        if check { "are as they should be" } else { "written" }
    );
    Ok(())
}

/// Where cargo builds.
fn target(root: &Path) -> Result<PathBuf> {
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(std::path::absolute(folder)?)
}

/// The code of a file, formatted as the rest of the workspace is.
fn generate(folder: &Path, file: &str, package: &str, out: &Path) -> Result<String> {
    let messages = protox::compile([folder.join(file)], [folder])?;
    tonic_prost_build::configure()
        .out_dir(out)
        // Raw tensors stay where the body lies in memory.
        .bytes(".inference.ModelInferRequest.raw_input_contents")
        .bytes(".inference.InferTensorContents.bytes_contents")
        // Clients are for tests.
        .client_mod_attribute(".", "#[cfg(test)]")
        .compile_fds(messages)?;
    let path = out.join(format!("{package}.rs"));
    let code = fs::read_to_string(&path).with_context(|| format!("no code was made of {file}"))?;
    let head = format!(
        "//! Made from `proto/{file}` by `cargo xtask proto`; changes belong there.\n//! Length: generated code is as long as it is.\n\n"
    );
    // What the generator says first says less than this head.
    let code =
        code.split_once('\n').filter(|(first, _)| first.starts_with("//")).map_or(&*code, |(_, rest)| rest);
    fs::write(&path, head + code)?;
    format_code(&path)?;
    fs::read_to_string(&path).context("the formatted code is gone")
}

fn format_code(path: &Path) -> Result<()> {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rustfmt.toml");
    let status = Command::new(std::env::var_os("RUSTFMT").unwrap_or_else(|| "rustfmt".into()))
        .args(["--edition", "2024", "--config-path"])
        .arg(rules)
        .arg(path)
        .status()
        .context("cannot start rustfmt")?;
    if !status.success() {
        bail!("rustfmt failed ({status})");
    }
    Ok(())
}
