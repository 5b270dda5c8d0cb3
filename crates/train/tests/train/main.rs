//! Tests of training from outside; one binary, because networks are compiled into each.
#![forbid(unsafe_code)]

mod curves;
mod fit;
mod metrics;
mod networks;
mod run;
mod splits;
