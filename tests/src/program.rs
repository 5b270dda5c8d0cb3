//! Finds the program under test, building it if need be, and runs it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// The program, built once a test run with the same profile as the tests.
pub fn planish() -> Command {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    Command::new(PATH.get_or_init(build))
}

fn build() -> PathBuf {
    // …/target/debug/deps/main-… → …/target/debug
    let me = std::env::current_exe().unwrap();
    let folder = me.parent().unwrap().parent().unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    // With an example cargo turns on what dev-dependencies ask of libraries, as it does for tests: nothing is built twice.
    let targets = ["--bin", "planish", "--example", "artifact_seeds"];
    cargo.args(["build", "--workspace", "--locked", "--quiet"]).args(targets).current_dir(root());
    // Cargo told the tests about their own package; told so in turn, it would build again all that asks for such names.
    let is_of_package = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_of_package)) {
        cargo.env_remove(name);
    }
    if cfg!(feature = "otlp") {
        cargo.arg("--all-features");
    }
    if folder.file_name().unwrap() == "release" {
        cargo.arg("--release");
    }
    assert!(cargo.status().unwrap().success(), "the program must build");
    folder.join(format!("planish{}", std::env::consts::EXE_SUFFIX))
}

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A file of the repository, as an argument.
pub fn data(name: &str) -> String {
    root().join("data").join(name).display().to_string()
}

/// The table of penguins that the program knows, as an argument.
pub fn penguins() -> String {
    root().join("crates/cli/data/penguins.csv").display().to_string()
}

/// What a run of the program gave.
pub struct Ran {
    /// The exit code; -1 for none.
    pub code: i32,
    /// What it wrote to standard output.
    pub out: String,
    /// What it wrote to standard error.
    pub err: String,
}

impl From<Output> for Ran {
    fn from(o: Output) -> Ran {
        let text = |b| String::from_utf8(b).unwrap();
        Ran { code: o.status.code().unwrap_or(-1), out: text(o.stdout), err: text(o.stderr) }
    }
}

impl Ran {
    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}", self.out))
    }
}

/// Runs the program in a folder.
pub fn run(folder: &Path, args: &[&str]) -> Ran {
    planish().args(args).current_dir(folder).stdin(Stdio::null()).output().unwrap().into()
}

/// Runs the program, which must succeed.
pub fn succeed(folder: &Path, args: &[&str]) -> Ran {
    let ran = run(folder, args);
    assert_eq!(ran.code, 0, "{args:?}: {}", ran.err);
    ran
}

/// Runs the program with this standard input.
pub fn run_with_input(folder: &Path, args: &[&str], input: &[u8]) -> Ran {
    let mut child = planish()
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap().into()
}
