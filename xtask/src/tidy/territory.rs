//! The rule of territories: only `io` opens files, only `serve` opens sockets, only `cli` and `xtask` print,
//! and a fused multiply-add is written only in the lane layer and the kernels of `tensor`.
//!
//! A territory is known by the words that one cannot enter it without. Tests, examples and benchmarks are
//! exempt. The build tooling opens files too: it is no part of what is shipped.

use super::scan::has_word;
use super::source::Source;
use super::violation::Violation;

struct Territory {
    words: &'static [&'static str],
    /// The crates and files, as the beginnings of paths, that may use the words.
    owners: &'static [&'static str],
    message: &'static str,
}

const TERRITORIES: &[Territory] = &[
    Territory {
        words: &["std::fs", "fs::", "File::open", "File::create", "OpenOptions", "tempfile::"],
        owners: &["crates/io/", "xtask/"],
        message: "only io opens files",
    },
    Territory {
        words: &["memmap2::"],
        // tensor maps memory that belongs to no file.
        owners: &["crates/io/src/mmap.rs", "crates/tensor/src/buffer.rs"],
        message: "only io maps files, in mmap.rs, and tensor memory, in buffer.rs",
    },
    Territory {
        words: &["TcpListener", "TcpStream", "UdpSocket"],
        owners: &["crates/serve/"],
        message: "only serve opens sockets",
    },
    Territory {
        words: &["println!", "eprintln!", "print!", "eprint!", "dbg!"],
        owners: &["crates/cli/", "xtask/"],
        message: "only cli and xtask print",
    },
    Territory {
        words: &[".mul_add(", "::mul_add"],
        owners: &["crates/tensor/src/simd", "crates/tensor/src/gemm", "crates/tensor/src/dd"],
        message: "only tensor's lanes and kernels use mul_add, which is a slow library call without FMA",
    },
];

pub(super) fn check(source: &Source, violations: &mut Vec<Violation>) {
    for territory in TERRITORIES {
        if territory.owners.iter().any(|owner| source.path.starts_with(owner)) {
            continue;
        }
        for (number, line) in source.numbered_without_tests() {
            if let Some(word) = territory.words.iter().find(|word| has_word(&line.code, word)) {
                violations.push(source.violation(number, format!("`{word}`: {}", territory.message)));
            }
        }
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

    #[test]
    fn only_io_opens_files() {
        let text = "use std::fs;\nlet f = File::open(p);\nfs::read(p);\n";
        assert_eq!(lines("crates/io/src/a.rs", text), [0; 0]);
        assert_eq!(lines("crates/cli/src/a.rs", text), [1, 2, 3]);
    }

    #[test]
    fn maps_have_two_homes() {
        let text = "use memmap2::MmapMut;\n";
        assert_eq!(lines("crates/io/src/mmap.rs", text), [0; 0]);
        assert_eq!(lines("crates/tensor/src/buffer.rs", text), [0; 0]);
        assert_eq!(lines("crates/io/src/a.rs", text), [1]);
        assert_eq!(lines("crates/tensor/src/matrix.rs", text), [1]);
    }

    #[test]
    fn only_serve_opens_sockets() {
        let text = "let l = tokio::net::TcpListener::bind(a);\n";
        assert_eq!(lines("crates/serve/src/a.rs", text), [0; 0]);
        assert_eq!(lines("crates/cli/src/a.rs", text), [1]);
    }

    #[test]
    fn only_cli_and_xtask_print() {
        let text = "println!();\neprint!();\ndbg!(x);\nlog(\"println!\"); // println!\n";
        assert_eq!(lines("crates/cli/src/a.rs", text), [0; 0]);
        assert_eq!(lines("crates/serve/src/a.rs", text), [1, 2, 3]);
    }

    #[test]
    fn a_bare_multiply_add_is_found() {
        let text = "a.mul_add(b, c);\nf64::mul_add(a, b, c);\n";
        assert_eq!(lines("crates/tensor/src/dd.rs", text), [0; 0]);
        assert_eq!(lines("crates/tensor/src/gemm/scalar.rs", text), [0; 0]);
        assert_eq!(lines("crates/optim/src/adam.rs", text), [1, 2]);
    }

    #[test]
    fn tests_are_exempt() {
        assert_eq!(lines("crates/nn/src/a.rs", "#[cfg(test)]\nmod tests {\nprintln!();\n}\n"), [0; 0]);
        assert_eq!(lines("tests/tests/a.rs", "std::fs::read(p);\n"), [0; 0]);
    }
}
