//! Optimizers, learning-rate schedules, clipping and weight averages for flat arenas, and L-BFGS. Slices in, slices out.
//!
//! Parameters, gradients and an optimizer's own moments share one layout, cut into [`Group`]s with a learning-rate factor,
//! weight decay and a trainable flag. A step is one fused pass over each group, and can be applied piece by piece.
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

mod clip;
mod ema;
mod error;
mod lbfgs;
mod line_search;
mod plateau;
mod range_test;
mod schedule;
mod settings;
mod state;
mod update;

pub use clip::{Clip, clip_global_norm, clip_value, global_norm};
pub use ema::{Ema, EmaSettings};
pub use error::OptimError;
pub use lbfgs::{Lbfgs, Outcome, StopReason};
pub use plateau::{Plateau, ReduceOnPlateau};
pub use range_test::{RangeTest, suggest_lr};
pub use schedule::{Curve, Schedule};
pub use settings::Optimizer;
pub use state::{Counters, State};
pub use update::{Group, Moments, StepScalars, Tile, Update};
