//! Tests of networks from outside; one binary, because the passes are compiled into each.
#![forbid(unsafe_code)]

mod activations;
mod gradients;
mod initializers;
mod layers;
mod losses;
mod narrow;
mod records;
