//! `cargo xtask ci`: every check, in the order in which a mistake is cheapest to find.
//!
//! First of all comes what a machine may lack, since nothing is dearer than an hour of work that ends for want of a program.
//! Each check prints a header and the seconds it took; the first that fails ends the run. What is slow and rarely breaks, and is no test, waits for
//! `--all`. The checks share what they compile: the same features and profile everywhere, and one target folder.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

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
            &[
                "clippy",
                "--workspace",
                "--exclude",
                "xtask-proto",
                "--all-targets",
                "--all-features",
                "--locked",
                "--",
                "-D",
                "warnings",
            ],
            None,
        ),
    ),
    ("tidy", Check::Own(tidy::run)),
    ("licences", Check::Own(licences::run)),
    ("proto", Check::Own(proto::check)),
    (
        "test",
        Check::Cargo(
            &["test", "--workspace", "--exclude", "xtask-proto", "--all-features", "--locked"],
            None,
        ),
    ),
    (
        "doc",
        Check::Cargo(
            &["doc", "--workspace", "--exclude", "xtask-proto", "--all-features", "--no-deps", "--locked"],
            DENY_WARNINGS,
        ),
    ),
    ("kill", Check::Own(kill::ci)),
    ("package", Check::Own(package::run)),
    ("bench fmt", Check::Cargo(&["fmt", "--manifest-path", "bench/Cargo.toml", "--check"], None)),
    ("fuzz fmt", Check::Cargo(&["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"], None)),
];

/// The checks of `--all`: the protobuf compiler, and the packages that are workspaces of their own, whose dependencies nothing else has. `fuzz` is checked
/// without libFuzzer, which a C++ compiler builds.
const SLOW_CHECKS: &[(&str, Check)] = &[
    (
        "proto clippy",
        Check::Cargo(&["clippy", "--package", "xtask-proto", "--locked", "--", "-D", "warnings"], None),
    ),
    ("proto", Check::Own(proto::check_by_making)),
    (
        "bench clippy",
        Check::Cargo(&["clippy", "--manifest-path", "bench/Cargo.toml", "--", "-D", "warnings"], None),
    ),
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

/// Runs every check; those that are slow with `--all`.
///
/// # Errors
/// Wrong arguments, or the first check that fails.
pub fn run(root: &Path, arguments: &[String]) -> Result<()> {
    let slow = match arguments {
        [] => &[],
        [one] if one == "--all" => SLOW_CHECKS,
        _ => bail!("use: cargo xtask ci [--all]"),
    };
    let start = Instant::now();
    for (name, check) in CHECKS.iter().chain(slow) {
        run_check(root, name, check).with_context(|| format!("the check `{name}` failed"))?;
    }
    let count = CHECKS.len() + slow.len();
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
