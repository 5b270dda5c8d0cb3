//! Tests of networks from outside; one binary, because the passes are compiled into each.
#![forbid(unsafe_code)]

mod gradients;
mod layers;
