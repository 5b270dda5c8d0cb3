//! Ordinary least squares: of rows that can be read more than once, or of a state that saw them once.

pub(crate) mod regression;
pub(crate) mod state;
