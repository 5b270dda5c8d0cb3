//! Tests of tables and pipelines from outside.
#![forbid(unsafe_code)]

mod design;
mod encoder;
mod infer;
mod schema;
mod table;
mod target;
