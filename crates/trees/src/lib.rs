//! Gradient-boosted decision trees: columns of numbers and codes in, trees out.
//!
//! Columns are cut into at most 255 bins (`bins`), categories become bins or running means of the target (`categories`). Each round computes
//! the slope of the loss at the present predictions (`loss`), rounds it to integers, sums it by column and bin (`histogram`), and grows a
//! tree, leaf by leaf where the loss falls most (`grow`). Held-out rows say how many rounds are enough (`boost`). Sums of integers have no
//! order, so the same data and settings give the same trees, bit for bit, at any number of threads and with any instruction set.
//!
//! ```
//! use planish_tensor::Exec;
//! use planish_trees::{Column, Data, Labels, Rows, Settings, fit};
//!
//! let x: Vec<f64> = (0..200).map(f64::from).collect();
//! let y: Vec<f64> = x.iter().map(|x| if *x < 120.0 { 1.0 } else { 3.0 }).collect();
//! let columns = [Column::Numbers(&x)];
//! let data = Data::new(&columns, Labels::Numbers(&y));
//! let rows: Vec<u32> = (0..200).collect();
//! let settings = Settings { rounds: 50, learning_rate: 0.1, ..Settings::default() };
//! let fitted = fit(Exec::best(), &data, &Rows { train: &rows, held: &[] }, &settings, &mut (), None).unwrap();
//! let out = fitted.forest.predict(Exec::best(), &fitted.binner.bin(Exec::best(), &columns).unwrap());
//! assert!((out[10] - 1.0).abs() < 0.2 && (out[150] - 3.0).abs() < 0.2);
//! ```
#![forbid(unsafe_code)]

mod bins;
mod boost;
mod categories;
mod data;
mod error;
mod forest;
mod grow;
mod histogram;
mod importance;
mod loss;
mod predict;
mod settings;

pub use bins::{BinnedColumn, BinnedRows, Binner, Bins};
pub use boost::{
    Checkpoints, Fitted, History, Identity, Observer, Progress, Round, Stage, Stop, Wish, fit, rounds_for_all,
};
pub use data::{Column, Data, Labels, MISSING, Rows};
pub use error::TreesError;
pub use forest::{Forest, Node, Test, Tree};
pub use predict::Quick;
pub use settings::{Loss, MAX_LEAVES, MAX_ROUNDS, Settings};
