//! The rule of `unsafe`: it lives in `tensor` and in `io`'s memory map, and each block says why it is sound.
//!
//! Every other crate forbids it at its root. Intrinsics of an instruction set are named only in the files of
//! the kernels, of the lanes and of the instruction sets. The benchmarks may call peers that are unsafe to
//! call, with a reason too.

use super::scan::{after_word, has_word};
use super::source::Source;
use super::violation::Violation;

/// Where intrinsics may be named: folders and files of `tensor`.
const INTRINSICS: &[&str] = &[
    "crates/tensor/src/simd/",
    "crates/tensor/src/simd.rs",
    "crates/tensor/src/gemm/",
    "crates/tensor/src/isa.rs",
];

/// How many lines above a block its `SAFETY:` may begin.
const REACH: usize = 6;

pub(super) fn check(source: &Source, violations: &mut Vec<Violation>) {
    check_place(source, violations);
    check_reasons(source, violations);
    check_intrinsics(source, violations);
    check_root(source, violations);
}

fn check_place(source: &Source, violations: &mut Vec<Violation>) {
    if matches!(source.home(), "tensor" | "bench") || source.path == "crates/io/src/mmap.rs" {
        return;
    }
    for (number, line) in source.numbered() {
        if has_word(&line.code, "unsafe") {
            violations.push(source.violation(number, "`unsafe` outside tensor and io's memory map"));
        }
    }
}

fn check_reasons(source: &Source, violations: &mut Vec<Violation>) {
    for (number, line) in source.numbered() {
        let above = &source.lines[(number - 1).saturating_sub(REACH)..number];
        let reason = above.iter().any(|line| line.comment.contains("SAFETY:"));
        if begins_unsafe_block(&line.code) && !reason {
            violations.push(source.violation(number, "an unsafe block without a `SAFETY:` comment above it"));
        }
    }
}

/// Whether the line has `unsafe {`, `unsafe impl`, or an `unsafe` whose brace is on the next line.
fn begins_unsafe_block(code: &str) -> bool {
    let mut rest = code;
    while let Some(after) = after_word(rest, "unsafe") {
        rest = after;
        let next = after.trim_start();
        if next.is_empty() || next.starts_with('{') || next.starts_with("impl") {
            return true;
        }
    }
    false
}

fn check_intrinsics(source: &Source, violations: &mut Vec<Violation>) {
    if INTRINSICS.iter().any(|place| source.path.starts_with(place)) {
        return;
    }
    for (number, line) in source.numbered() {
        if has_word(&line.code, "core::arch") || has_word(&line.code, "std::arch") {
            violations.push(source.violation(number, "intrinsics outside tensor's kernel and lane files"));
        }
    }
}

fn check_root(source: &Source, violations: &mut Vec<Violation>) {
    let root = source.path.ends_with("/lib.rs") || source.path.ends_with("/main.rs");
    if !root || matches!(source.home(), "tensor" | "bench") {
        return;
    }
    let has = |attribute: &str| source.lines.iter().any(|line| line.code.contains(attribute));
    let denied = source.home() == "io" && has("#![deny(unsafe_code)]");
    if !denied && !has("#![forbid(unsafe_code)]") {
        violations.push(source.violation(0, "the root of the crate lacks `#![forbid(unsafe_code)]`"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        let mut violations = Vec::new();
        check(&Source::new(path, text), &mut violations);
        violations.into_iter().map(|violation| violation.line).collect()
    }

    const BLOCK: &str = "// SAFETY: it is\nunsafe { f() }\n";

    #[test]
    fn unsafe_code_has_two_homes() {
        assert_eq!(lines("crates/tensor/src/a.rs", BLOCK), [0; 0]);
        assert_eq!(lines("crates/io/src/mmap.rs", BLOCK), [0; 0]);
        assert_eq!(lines("crates/io/src/a.rs", BLOCK), [2]);
        assert_eq!(lines("crates/nn/src/a.rs", "#[cfg(test)]\nmod tests {\nunsafe fn f() {}\n"), [3]);
    }

    #[test]
    fn a_block_without_a_reason_near_it_is_found() {
        assert_eq!(lines("crates/tensor/src/a.rs", "let x = unsafe { f() }; // SAFETY: it is\n"), [0; 0]);
        assert_eq!(lines("crates/tensor/src/a.rs", "unsafe fn f() {\n    unsafe {\n}\n"), [2]);
        assert_eq!(lines("crates/tensor/src/a.rs", "unsafe impl Send for A {}\n"), [1]);
        let far = format!("// SAFETY: it is\n{}unsafe {{ f() }}\n", "\n".repeat(6));
        assert_eq!(lines("crates/tensor/src/a.rs", &far), [8]);
    }

    #[test]
    fn intrinsics_have_few_homes() {
        let text = "use std::arch::x86_64::*;\nuse core::arch::asm;\n";
        assert_eq!(lines("crates/tensor/src/gemm/avx2.rs", text), [0; 0]);
        assert_eq!(lines("crates/tensor/src/isa.rs", text), [0; 0]);
        assert_eq!(lines("crates/tensor/src/matrix.rs", text), [1, 2]);
    }

    #[test]
    fn the_root_of_a_crate_forbids_unsafe_code() {
        assert_eq!(lines("crates/nn/src/lib.rs", "#![forbid(unsafe_code)]\n"), [0; 0]);
        assert_eq!(lines("crates/nn/src/lib.rs", "#![deny(unsafe_code)]\n"), [0]);
        assert_eq!(lines("crates/io/src/lib.rs", "#![deny(unsafe_code)]\n"), [0; 0]);
        assert_eq!(lines("crates/cli/src/main.rs", "// #![forbid(unsafe_code)]\n"), [0]);
        assert_eq!(lines("crates/tensor/src/lib.rs", ""), [0; 0]);
    }
}
