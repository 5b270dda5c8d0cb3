//! The rules of a file's shape: it is short, says first what it is, is not named after nothing, and leaves
//! nothing undone.
//!
//! A longer file gives its reason in its first lines: a comment `Length: …`.

use super::scan::{after_word, has_word};
use super::source::Source;
use super::violation::Violation;

/// The most lines of a file without a reason.
const LONGEST: usize = 500;

/// Among how many first lines the reason for a longer file must be.
const HEAD: usize = 30;

/// Names that say nothing of what is in a file.
const EMPTY_NAMES: &[&str] = &["utils", "util", "helpers", "helper", "common", "misc"];

/// Marks of what is not finished.
const UNFINISHED: &[&str] = &["todo!(", "unimplemented!(", "#[ignore"];

pub(super) fn check(source: &Source, violations: &mut Vec<Violation>) {
    check_length(source, violations);
    check_head(source, violations);
    check_names(source, violations);
    check_finished(source, violations);
}

fn check_length(source: &Source, violations: &mut Vec<Violation>) {
    // The scanner sees one more, empty, line after the last newline.
    let length =
        source.lines.len() - usize::from(source.lines.last().is_some_and(|line| line.code.is_empty()));
    let reason = source.lines.iter().take(HEAD).find_map(|line| line.comment.split_once("Length:"));
    if length > LONGEST && reason.is_none_or(|(_, reason)| reason.trim().is_empty()) {
        let message =
            format!("{length} lines, more than {LONGEST}, and no `Length:` with a reason at its head");
        violations.push(source.violation(0, message));
    }
}

fn check_head(source: &Source, violations: &mut Vec<Violation>) {
    let head = source.lines.first().map_or("", |line| line.comment.as_str());
    let text = head.strip_prefix("//!").or(head.strip_prefix("//")).unwrap_or_default();
    if text.trim().is_empty() {
        violations.push(source.violation(1, "the file does not begin with a `//!` paragraph"));
    }
}

fn check_names(source: &Source, violations: &mut Vec<Violation>) {
    if let Some(part) = source.path.trim_end_matches(".rs").split('/').find(|part| EMPTY_NAMES.contains(part))
    {
        violations.push(source.violation(0, format!("the name `{part}` does not say what is in it")));
    }
    for (number, line) in source.numbered() {
        let module = after_word(&line.code, "mod").map(first_word);
        if let Some(name) = module.filter(|name| EMPTY_NAMES.contains(name)) {
            violations
                .push(source.violation(number, format!("the name `{name}` does not say what is in it")));
        }
        if after_word(&line.code, "fn").is_some_and(|rest| rest.trim_start().starts_with("get_")) {
            violations.push(source.violation(number, "a name with the prefix `get_`"));
        }
    }
}

fn first_word(text: &str) -> &str {
    text.trim_start().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

fn check_finished(source: &Source, violations: &mut Vec<Violation>) {
    for (number, line) in source.numbered() {
        if let Some(mark) = UNFINISHED.iter().find(|mark| has_word(&line.code, mark)) {
            violations.push(source.violation(number, format!("`{mark}` marks what is not finished")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(path: &str, text: &str) -> Vec<String> {
        let mut violations = Vec::new();
        check(&Source::new(path, text), &mut violations);
        violations.into_iter().map(|violation| violation.to_string()).collect()
    }

    #[test]
    fn a_long_file_needs_a_reason() {
        let long = "x\n".repeat(500);
        assert_eq!(messages("crates/nn/src/a.rs", &format!("//! a\n{}", &long[2..])), [""; 0]);
        assert!(messages("crates/nn/src/a.rs", &format!("//! a\n{long}"))[0].contains("501 lines"));
        assert_eq!(messages("crates/nn/src/a.rs", &format!("//! a\n//! Length: a table\n{long}")), [""; 0]);
        assert_eq!(messages("crates/nn/src/a.rs", &format!("//! a\n//! Length:\n{long}")).len(), 1);
        let late = format!("//! a\n{}// Length: late\n{long}", "x\n".repeat(30));
        assert_eq!(messages("crates/nn/src/a.rs", &late).len(), 1);
    }

    #[test]
    fn a_file_begins_with_what_it_is() {
        assert_eq!(messages("tests/a.rs", "// what it is\n"), [""; 0]);
        for text in ["use a;\n//! late\n", "\n//! late\n", "//!\n", ""] {
            assert_eq!(
                messages("tests/a.rs", text),
                ["tests/a.rs:1: the file does not begin with a `//!` paragraph"]
            );
        }
    }

    #[test]
    fn empty_names_are_found() {
        assert_eq!(messages("crates/nn/src/utils.rs", "//! a\n").len(), 1);
        assert_eq!(messages("tests/tests/common/mod.rs", "//! a\n").len(), 1);
        assert_eq!(
            messages("crates/nn/src/a.rs", "//! a\npub(crate) mod helpers;\nmod misc {\n}\n").len(),
            2
        );
        assert_eq!(messages("crates/nn/src/a.rs", "//! a\nmod common_roots;\n"), [""; 0]);
        assert_eq!(
            messages("crates/nn/src/a.rs", "//! a\npub fn get_x() {}\nlet x = map.get_mut(y);\n").len(),
            1
        );
    }

    #[test]
    fn what_is_not_finished_is_found() {
        let text =
            "//! todo!()\nfn f() { todo!() }\nfn g() { unimplemented!(\"x\") }\n#[ignore = \"slow\"]\n";
        let lines: Vec<bool> =
            messages("tests/a.rs", text).iter().map(|line| line.contains("not finished")).collect();
        assert_eq!(lines, [true; 3]);
    }
}
