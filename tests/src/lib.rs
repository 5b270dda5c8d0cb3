//! What several tests share: the program, the service and a browser under test, and what outside bytes must not do, said once: the entry
//! points of the fuzz targets in `fuzz/`.
#![forbid(unsafe_code)]

pub mod browser;
pub mod outside;
pub mod program;
pub mod server;
