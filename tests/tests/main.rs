//! End-to-end and golden tests, one binary. What they share is the library of this package.
//!
//! - `cli`: commands as a person types them
//! - `golden`: agreement with other programs and with earlier versions
//! - `invariants`: what holds whatever is computed (`allocations.rs` is a binary of its own)
//! - `serve`: the service, asked from outside its process
#![forbid(unsafe_code)]

mod cli;
mod golden;
mod invariants;
mod serve;
