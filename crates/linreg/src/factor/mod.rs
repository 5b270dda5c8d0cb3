//! The triangular factor of the columns: by one pass over the rows, and what it says of their rank.
//!
//! It comes from the Gram matrix by Cholesky's method (`gram`), or by Householder reflections of each block (`fold`), of all rows or of
//! each fold of a cross-validation (`folds`); where there are no more rows than terms the rows themselves are kept (`gathered`). `rank` drops the
//! terms that depend on earlier ones, `dependence` makes sure that they do, `alias` names what they equal.

pub(crate) mod alias;
pub(crate) mod dependence;
pub(crate) mod factorization;
pub(crate) mod fold;
pub(crate) mod folds;
pub(crate) mod gathered;
pub(crate) mod gram;
pub(crate) mod products;
pub(crate) mod rank;
