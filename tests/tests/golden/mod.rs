//! Agreement with what was written down: by other programs, and by earlier versions.
//!
//! - `old_artifacts`: models of an earlier version
//! - `peers`: PyTorch and statsmodels

mod old_artifacts;
mod peers;
