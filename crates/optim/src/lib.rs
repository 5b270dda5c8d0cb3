//! Optimizers: gradient descent with momentum, and Adam. Slices in, slices out.
//!
//! An optimizer works on flat arenas: parameters, gradients and its own moments share one layout, cut into [`Group`]s with
//! a learning-rate factor, weight decay and a trainable flag. A step is one fused pass over each group.
//!
//! ```
//! use planish_optim::{Group, Optimizer, State};
//! use planish_tensor::Isa;
//!
//! let mut w = [1.0_f32, -2.0];
//! let mut state = State::new(&Optimizer::sgd(0.1), w.len());
//! state.step(Isa::best(), &[Group::all(2)], &mut w, &[1.0, 1.0]);
//! assert_eq!(w, [0.9, -2.1]);
//! ```
#![forbid(unsafe_code)]

mod adam;
mod error;
mod sgd;
mod state;

pub use error::OptimError;
pub use state::{Group, Optimizer, State};
