//! Coefficients to all digits: passes over the rows with residuals in double-double, until corrections no longer count.

pub(crate) mod anchored;
pub(crate) mod compensated;
pub(crate) mod from_products;
pub(crate) mod problem;
pub(crate) mod solve;
pub(crate) mod sweep;
