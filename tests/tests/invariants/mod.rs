//! What holds whatever is computed. `allocations.rs` has a process of its own.
//!
//! - `bits`: one model file, whatever the threads and instruction set
//! - `corpus`: what fuzzing found, replayed

mod bits;
mod corpus;
