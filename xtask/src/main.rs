//! `cargo xtask COMMAND`: the build tooling of the workspace, in Rust so that it needs nothing but cargo.
//!
//! This file is the command line only: a table of commands, each of which is one module of the library beside
//! it.
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use xtask::{
    bench, ci, clients, dist, golden, kill, licences, machine, memcheck, package, proto, stream, tidy,
    workspace,
};

/// A command: its name, its arguments as the help shows them (empty when it takes none), and what it does.
struct Command {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    run: fn(&Path, &[String]) -> Result<()>,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "ci",
        arguments: "[--all]",
        about: "run the checks below and the tests, stopping at the first failure; --all: the slow ones too",
        run: ci::run,
    },
    Command {
        name: "machine",
        arguments: "",
        about: "look for what the checks need; as root or with CI=true install it, else say how",
        run: |root, _| machine::run(root),
    },
    Command {
        name: "tidy",
        arguments: "",
        about: "check the invariants of the workspace: arrows, unsafe, files, names, lengths",
        run: |root, _| tidy::run(root),
    },
    Command {
        name: "licences",
        arguments: "",
        about: "check every dependency's licence against the list in deny.toml",
        run: |root, _| licences::run(root),
    },
    Command {
        name: "proto",
        arguments: "",
        about: "make the code of the gRPC service again from crates/serve/proto",
        run: |root, _| proto::run(root),
    },
    Command {
        name: "package",
        arguments: "",
        about: "pack every crate, and check a project outside the workspace against the packed files",
        run: |root, _| package::run(root),
    },
    Command {
        name: "dist",
        arguments: "",
        about: "build the binary into target/dist, and check that it is static, stripped and small",
        run: |root, _| dist::run(root),
    },
    Command {
        name: "bench",
        arguments: "NAME [ARGUMENTS]",
        about: "run a benchmark beside its peers (never a test)",
        run: bench::run,
    },
    Command {
        name: "ulp",
        arguments: "",
        about: "measure the largest error of the vector math over all 2^32 f32 arguments (a minute or two)",
        run: |root, _| bench::run(root, &["ulp".to_owned()]),
    },
    Command {
        name: "memcheck",
        arguments: "",
        about: "run the tests of the crate with unsafe code under valgrind (half an hour)",
        run: |root, _| memcheck::run(root),
    },
    Command {
        name: "kill",
        arguments: "[--count N]",
        about: "kill training runs at random instants, resume them, and compare the models (200 instants)",
        run: kill::run,
    },
    Command {
        name: "stream",
        arguments: "[--megabytes N]",
        about: "least squares in one pass over a long standard input, and how much memory that takes",
        run: stream::run,
    },
    Command {
        name: "clients",
        arguments: "",
        about: "ask the service with tritonclient and the KServe SDK (needs Python and a package index)",
        run: |root, _| clients::run(root),
    },
    Command {
        name: "golden",
        arguments: "",
        about: "generate the golden values again (needs Python and the libraries that are compared with)",
        run: |root, _| golden::run(root),
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        print!("{}", help());
        return ExitCode::SUCCESS;
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        print!("{}", help());
        return ExitCode::SUCCESS;
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprint!("error: unknown command {name:?}\n\n{}", help());
        return ExitCode::from(2);
    };
    if command.arguments.is_empty() && !rest.is_empty() {
        eprintln!("error: `cargo xtask {name}` takes no arguments");
        return ExitCode::from(2);
    }
    match (command.run)(&workspace::root(), rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn help() -> String {
    let mut text = String::from("Usage: cargo xtask COMMAND\n\nCommands:\n");
    for command in COMMANDS {
        let usage = format!("{} {}", command.name, command.arguments);
        text += &format!("  {usage:<24}{}\n", command.about);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_has_a_line_for_every_command() {
        let text = help();
        for command in COMMANDS {
            assert!(text.contains(&format!("\n  {} ", command.name)), "{}", command.name);
        }
    }
}
