//! `cargo xtask memcheck`: the tests of `tensor`, the crate with the `unsafe` code, under valgrind's memcheck.
//!
//! Valgrind knows no AVX-512, so the tests run as on a machine without it: the scalar and the AVX2 code. It must be installed. Everything
//! is some forty times slower than bare, so the property tests draw few cases; the rest of the suite is whole.

use std::path::Path;

use anyhow::Result;

use crate::process;

/// Cases of a property test, which are 60 or more in `cargo test`.
const CASES: &str = "3";

/// Left out: valgrind's own fused multiply-add gives +0 for (−0)·x + (−0), so erf(−0) has the wrong sign under it.
const SKIPPED: &str = "math::special_values_of_both_types";

/// Memcheck's settings: an error, or memory that is lost for certain, fails the run.
const RUNNER: &str = "valgrind --quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite";

/// Runs the command.
///
/// # Errors
/// A test that fails, an error that memcheck reports, or no valgrind.
pub fn run(root: &Path) -> Result<()> {
    let words: Vec<String> = RUNNER.split(' ').map(|word| format!("{word:?}")).collect();
    let runner = format!("target.'cfg(all())'.runner = [{}]", words.join(", "));
    let mut command = process::cargo(root);
    command.args(["test", "-p", "planish-tensor", "--test", "tensor", "--config", &runner, "--"]);
    command.args(["--test-threads=1", "--skip", SKIPPED]);
    process::run(command.env("PROPTEST_CASES", CASES))
}
