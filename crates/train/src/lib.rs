//! Training of neural networks: `compile`, `fit`, `predict` and `evaluate` in Keras's words.
//!
//! ```
//! use planish_nn::{Activation, Loss, Sequential, Targets};
//! use planish_optim::Optimizer;
//! use planish_tensor::{Exec, Matrix};
//! use planish_train::{Data, FitOptions, Metric, Network};
//!
//! // y = 1 where x₀ > x₁
//! let x = Matrix::from_fn(200, 2, |i, j| ((i * 37 + j * 91) % 100) as f32 / 50.0 - 1.0);
//! let y = Matrix::from_fn(200, 1, |i, _| f32::from(u8::from(x[(i, 0)] > x[(i, 1)])));
//!
//! let net = Sequential::new(2).dense(8, Activation::Relu).dense(1, Activation::Sigmoid);
//! let mut net = Network::compile(&net, Optimizer::adam(0.01), Loss::BinaryCrossentropy, &[Metric::Accuracy], 0)?;
//! let data = Data::new(x.view(), Targets::Values(y.view()));
//! let history = net.fit(Exec::best(), &data, &FitOptions { epochs: 60, ..FitOptions::default() }, &mut ())?;
//! assert!(history.epochs.last().unwrap().metrics["accuracy"] > 0.9);
//! let probabilities = net.predict(Exec::best(), x.view());
//! assert_eq!((probabilities.rows(), probabilities.cols()), (200, 1));
//! # Ok::<(), planish_train::TrainError>(())
//! ```
#![forbid(unsafe_code)]

mod checkpoint;
mod class_weights;
mod cross_validation;
mod data;
mod error;
mod fit;
mod held;
mod history;
mod kept;
mod kernel_updates;
pub mod metrics;
mod network;
mod observer;
mod options;
mod range_test;
mod run;
mod session;
pub mod split;

pub use checkpoint::{Arena, ArenaMut, CheckpointFault, Checkpoints, Identity, Progress};
pub use class_weights::ClassWeights;
pub use cross_validation::{CrossValidation, FoldScores, Spread, cross_validate};
pub use data::{Data, Gather};
pub use error::TrainError;
pub use fit::Trainer;
pub use history::{Epoch, History, Stop};
pub use metrics::Metric;
pub use network::{Network, Units};
pub use observer::{Observer, Wish};
pub use options::{EarlyStopping, FitOptions, Mode, Monitor};
pub use session::Session;
