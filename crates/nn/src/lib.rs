//! Dense neural networks y = f(x·W + b): layers, activations, losses, initializers, and the forward and backward pass.
//!
//! A network is plain data, a [`Sequential`] list of [`Layer`]s. [`Plan::new`] checks it and gives every parameter a place in one flat
//! arena ([`Layout`]); a second, small arena holds the state, which is kept but not learned by gradient. [`Plan::forward`] and
//! [`Plan::backward`] run the network over a [`Workspace`], which owns all intermediate values, so a training step allocates nothing.
//! The backward pass is the list of layers reversed; nothing is recorded on the way forward but the values. Training itself
//! (optimizers, batches, epochs) is in `planish-train`.
//!
//! ```
//! use planish_nn::{Activation, Plan, Sequential, Workspace};
//! use planish_tensor::{Exec, Matrix};
//!
//! let net = Sequential::new(2).dense(3, Activation::Relu).dense(1, Activation::Sigmoid);
//! let plan = Plan::new(&net).unwrap();
//! let params = plan.initialize::<f32>(0);
//! let mut workspace = Workspace::new(&plan, 4);
//! let x = Matrix::from_rows(&[[0.5_f32, -1.0]]);
//! let y = plan.forward(Exec::best(), &params, x.view(), &mut workspace);
//! assert!(y.at(0, 0) > 0.0 && y.at(0, 0) < 1.0);
//! ```
#![forbid(unsafe_code)]

mod activation;
mod batch;
mod build;
mod element;
mod error;
mod init;
mod layers;
mod layout;
mod loss;
mod narrow;
mod pass;
mod plan;
mod predictor;
mod rates;
mod regularizer;
mod sequential;
mod stage;
mod updates;
mod workspace;

pub use activation::{Activation, Saves};
pub use batch::{Arenas, Batch, Input, Mode, Step, Targets};
pub use element::Element;
pub use error::NnError;
pub use init::Initializer;
pub use layers::{BatchNorm, Dense, Dropout, Embedding, Inputs, LayerNorm, Parametric, Scale};
pub use layout::{Group, Layout, Param};
pub use loss::Loss;
pub use pass::Pass;
pub use plan::Plan;
pub use predictor::Predictor;
pub use rates::Rates;
pub use regularizer::Regularizer;
pub use sequential::{Layer, Residual, Sequential};
pub use updates::{KernelUpdate, TileRule, Updates};
pub use workspace::Workspace;
