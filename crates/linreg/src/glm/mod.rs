//! Generalised linear models: logistic, multinomial and Poisson regression by maximum likelihood, with an optional L2 penalty.
//!
//! # Model
//! Logistic: P(y = 1) = 1/(1 + e^−η). Multinomial: P(y = k) = e^ηₖ / Σⱼ e^ηⱼ with η₀ = 0 for class 0. Poisson: E y = e^η. Each
//! η = b₀ + x·b. Maximised is Σ wᵢ·log-likelihoodᵢ − ½·λ‖b‖²; the intercepts are not penalised. λ is scikit-learn's 1/C. With classes
//! the penalty is on one vector a class, as scikit-learn's: of all vectors with these differences those of least norm count.
//!
//! # Method
//! Newton's iteration with a line search (`newton`); each evaluation is one pass over the rows, with η and the gradient
//! in double-double. The Hessian is formed in a basis in which the columns are orthonormal (`basis`), so that it is as well conditioned
//! as the weights of the rows; where these are too different, it is factored from the weighted rows (`weighted`). Responses that the terms
//! separate are recognised by a direction in which the likelihood never falls (`separation`; Albert and Anderson, "On the existence of
//! maximum likelihood estimates in logistic regression models", 1984), which is proved, not guessed.
//!
//! # Source
//! McCullagh and Nelder, "Generalized Linear Models", 1989; conventions of statsmodels' `GLM`, `Logit` and `MNLogit`.

mod basis;
mod config;
mod conjugate;
mod evaluation;
mod family;
mod few_rows;
mod fit;
mod fitted;
mod levels;
mod newton;
mod null;
mod residue;
mod separation;
mod stack;
mod step;
mod stored;
mod tile_pass;
mod weighted;

pub use config::Glm;
pub use family::Family;
pub use fitted::FittedGlm;
