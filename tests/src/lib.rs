//! What outside bytes must not do, said once: the entry points of the fuzz targets in `fuzz/`, which the test `corpus` replays
//! on every file that fuzzing kept.
#![forbid(unsafe_code)]

pub mod outside;
