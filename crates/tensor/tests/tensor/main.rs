//! Tests of the crate from outside; one binary, because kernels are compiled into each.

mod buffer;
mod dd;
mod erf_values;
mod exec;
mod gather;
mod gemm;
mod gemm_narrow;
mod gemm_properties;
mod isa;
mod lanes;
mod math;
mod reduce;
mod rng;
mod rows;
mod thinned;
mod transpose;
mod view;
