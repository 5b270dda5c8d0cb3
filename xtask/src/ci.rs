//! `cargo xtask ci`: every check, in the order in which a mistake is cheapest to find.
//!
//! First of all comes what a machine may lack, since nothing is dearer than an hour of work that ends for want of a program.
//! Each check prints a header and the seconds it took; the first that fails ends the run.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::{kill, licences, machine, package, process, proto, tidy};

/// A check: cargo with arguments and one environment variable at most, or a function of this crate.
enum Check {
    Cargo(&'static [&'static str], Option<(&'static str, &'static str)>),
    Own(fn(&Path) -> Result<()>),
}

const DENY_WARNINGS: Option<(&str, &str)> = Some(("RUSTDOCFLAGS", "-D warnings"));

const CHECKS: &[(&str, Check)] = &[
    ("machine", Check::Own(machine::run)),
    ("fmt", Check::Cargo(&["fmt", "--all", "--check"], None)),
    (
        "clippy",
        Check::Cargo(
            &["clippy", "--workspace", "--all-targets", "--all-features", "--locked", "--", "-D", "warnings"],
            None,
        ),
    ),
    ("tidy", Check::Own(tidy::run)),
    ("licences", Check::Own(licences::run)),
    ("proto", Check::Own(proto::check)),
    // The protobuf compiler has no tests, and takes minutes to build with optimization for them.
    (
        "test",
        Check::Cargo(
            &["test", "--workspace", "--exclude", "xtask-proto", "--all-features", "--locked"],
            None,
        ),
    ),
    ("doc", Check::Cargo(&["doc", "--workspace", "--no-deps", "--locked"], DENY_WARNINGS)),
    ("kill", Check::Own(kill::ci)),
    ("package", Check::Own(package::run)),
];

/// The checks of the packages that are workspaces of their own. `fuzz` is checked without libFuzzer, which a C++ compiler builds.
const OUTSIDE_CHECKS: &[(&str, Check)] = &[
    ("bench fmt", Check::Cargo(&["fmt", "--manifest-path", "bench/Cargo.toml", "--check"], None)),
    (
        "bench clippy",
        Check::Cargo(&["clippy", "--manifest-path", "bench/Cargo.toml", "--", "-D", "warnings"], None),
    ),
    ("fuzz fmt", Check::Cargo(&["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"], None)),
    (
        "fuzz clippy",
        Check::Cargo(
            &[
                "clippy",
                "--manifest-path",
                "fuzz/Cargo.toml",
                "--no-default-features",
                "--",
                "-D",
                "warnings",
            ],
            None,
        ),
    ),
];

/// Runs every check.
///
/// # Errors
/// The first check that fails.
pub fn run(root: &Path) -> Result<()> {
    let start = Instant::now();
    for (name, check) in CHECKS.iter().chain(OUTSIDE_CHECKS) {
        run_check(root, name, check).with_context(|| format!("the check `{name}` failed"))?;
    }
    let count = CHECKS.len() + OUTSIDE_CHECKS.len();
    println!("\nall {count} checks passed in {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn run_check(root: &Path, name: &str, check: &Check) -> Result<()> {
    let start = Instant::now();
    match check {
        Check::Cargo(arguments, variable) => {
            let mut command = cargo(root, arguments, *variable);
            println!("\n== {name}: {}", process::line(&command));
            process::run(&mut command)?;
        }
        Check::Own(run) => {
            println!("\n== {name}: cargo xtask {name}");
            run(root)?;
        }
    }
    println!("   {name} passed in {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn cargo(root: &Path, arguments: &[&str], variable: Option<(&str, &str)>) -> Command {
    let mut command = process::cargo(root);
    command.args(arguments).envs(variable);
    command
}
