//! Tests of tables and pipelines from outside.
#![forbid(unsafe_code)]

mod dates;
mod design;
mod encoder;
mod schema;
mod table;
mod target;
