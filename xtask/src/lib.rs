//! The build tooling of the workspace: what `cargo xtask` runs, one module a command.
//!
//! It needs cargo only and compiles in seconds, so it has next to no dependencies: cargo's metadata are read
//! as plain JSON, the executable's headers and `deny.toml`'s licence list by a few lines of our own. The
//! invariants in [`tidy`] are a library function, so that they are a test as well as a command.
#![forbid(unsafe_code)]

pub mod bench;
pub mod ci;
pub mod clients;
pub mod dist;
pub mod elf;
pub mod golden;
pub mod kill;
pub mod licences;
pub mod machine;
pub mod memcheck;
pub mod package;
pub mod process;
pub mod proto;
pub mod stream;
pub mod tidy;
pub mod workspace;
