//! Trees from outside: fits, bits, bad data, explanations.

#![forbid(unsafe_code)]

mod bits;
mod contributions;
mod data;
mod fits;
mod losses;
mod stored;
mod tables;
