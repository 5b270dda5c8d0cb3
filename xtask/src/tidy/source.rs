//! A Rust file as the rules see it: its lines scanned, where it belongs, and where its tests begin.

use std::collections::BTreeSet;

use super::scan::{self, Line};
use super::violation::Violation;

/// A Rust file of the workspace or of the `bench` package.
pub(super) struct Source {
    /// Relative to the root of the repository, with `/`.
    pub(super) path: String,
    pub(super) lines: Vec<Line>,
    /// The number of lines before the test module; 0 when the whole file is of tests, examples or benchmarks.
    pub(super) untested: usize,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let lines = scan::lines(text);
        let untested = if is_exempt(path) { 0 } else { test_module(&lines).unwrap_or(lines.len()) };
        Self { path: path.to_owned(), lines, untested }
    }

    /// The folder of the crate below `crates/`, or the top folder: `tensor`, `xtask`.
    pub(super) fn home(&self) -> &str {
        self.path.strip_prefix("crates/").unwrap_or(&self.path).split('/').next().unwrap_or_default()
    }

    /// The lines with their numbers, tests included.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (usize, &Line)> {
        (1..).zip(&self.lines)
    }

    /// The lines with their numbers, without those of tests.
    pub(super) fn numbered_without_tests(&self) -> impl Iterator<Item = (usize, &Line)> {
        self.numbered().take(self.untested)
    }

    pub(super) fn violation(&self, line: usize, message: impl Into<String>) -> Violation {
        Violation { path: self.path.clone(), line, message: message.into() }
    }
}

/// The Rust files among the texts of the repository.
pub(super) fn sources(texts: &[(String, String)]) -> Vec<Source> {
    let mut sources: Vec<Source> =
        texts.iter().filter(|(path, _)| is_rust(path)).map(|(path, text)| Source::new(path, text)).collect();
    let test_modules: BTreeSet<String> = sources.iter().flat_map(outlying_test_modules).collect();
    for source in &mut sources {
        let below = |module: &String| {
            source
                .path
                .strip_prefix(module.as_str())
                .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        };
        if test_modules.iter().any(below) {
            source.untested = 0;
        }
    }
    sources
}

fn is_rust(path: &str) -> bool {
    let top = path.split('/').next().unwrap_or_default();
    path.ends_with(".rs") && matches!(top, "crates" | "examples" | "tests" | "xtask" | "bench" | "fuzz")
}

/// Whether the path is one of tests, examples or benchmarks.
fn is_exempt(path: &str) -> bool {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').any(|folder| matches!(folder, "tests" | "examples" | "bench" | "benches" | "fuzz"))
}

/// The number of lines before `#[cfg(test)] mod tests {`, which is the last item of a file.
fn test_module(lines: &[Line]) -> Option<usize> {
    (0..lines.len()).find(|&at| test_module_at(lines, at).is_some_and(|module| module.contains('{')))
}

/// The modules that a file declares as `#[cfg(test)] mod name;`: the paths of their files without `.rs`.
fn outlying_test_modules(source: &Source) -> Vec<String> {
    let (folder, file) = source.path.rsplit_once('/').unwrap_or(("", &source.path));
    let folder = match file {
        "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
        file => format!("{folder}/{}", file.trim_end_matches(".rs")),
    };
    let declarations = (0..source.lines.len()).filter_map(|at| test_module_at(&source.lines, at));
    declarations.filter_map(|module| Some(format!("{folder}/{}", module.strip_suffix(';')?.trim()))).collect()
}

/// What follows `mod` where the line at `at` begins `#[cfg(test)] mod …`.
fn test_module_at(lines: &[Line], at: usize) -> Option<&str> {
    let code = lines[at].code.trim();
    let rest = ["#[cfg(test)]", "#[cfg(all(test,"].into_iter().find_map(|start| code.strip_prefix(start))?;
    let item = std::iter::once(rest).chain(lines[at + 1..].iter().map(|line| line.code.trim()));
    let item = item.map(|code| code.rsplit_once(']').map_or(code, |(_, after)| after).trim());
    let item = item.filter(|code| !code.is_empty()).find(|code| !code.ends_with(','))?;
    let module = scan::after_word(item, "mod")?;
    Some(module.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_after_the_test_module_begins_are_tests() {
        let source = Source::new("crates/nn/src/a.rs", "//! a\nfn f() {}\n#[cfg(test)]\nmod tests {\n}\n");
        assert_eq!(source.untested, 2);
        let source =
            Source::new("crates/nn/src/a.rs", "#[cfg(all(test, unix))]\n#[allow(x)]\nmod tests {\n}\n");
        assert_eq!(source.untested, 0);
    }

    #[test]
    fn a_test_only_import_or_function_does_not_begin_the_tests() {
        let text = "#[cfg(test)]\nuse a::b;\n#[cfg(test)]\nfn f() {}\nfn g() {}\n";
        assert_eq!(Source::new("crates/nn/src/a.rs", text).untested, 6);
    }

    #[test]
    fn the_file_of_a_test_module_is_tests() {
        let text = |path: &str, text: &str| (path.to_owned(), text.to_owned());
        let sources = sources(&[
            text("crates/nn/src/lib.rs", "mod a;\n#[cfg(test)]\nmod checks;\n"),
            text("crates/nn/src/checks.rs", "fn f() {}\n"),
            text("crates/nn/src/checks/deep.rs", "fn f() {}\n"),
            text("crates/nn/src/checks_not.rs", "fn f() {}\n"),
            text("docs/a.rs", ""),
        ]);
        let untested: Vec<usize> = sources.iter().map(|source| source.untested).collect();
        assert_eq!(untested, [4, 0, 0, 2]);
    }

    #[test]
    fn tests_examples_and_benchmarks_are_exempt_by_their_folder() {
        for path in ["tests/tests/a.rs", "examples/src/a.rs", "bench/src/main.rs", "crates/io/tests/a.rs"] {
            assert_eq!(Source::new(path, "a\n").untested, 0, "{path}");
        }
        assert_eq!(Source::new("crates/io/src/tests.rs", "a\n").untested, 2);
    }

    #[test]
    fn the_home_of_a_file_is_its_crate() {
        assert_eq!(Source::new("crates/io/src/lib.rs", "").home(), "io");
        assert_eq!(Source::new("xtask/src/lib.rs", "").home(), "xtask");
    }
}
