//! What the trees rest on: each column's share of the gain, and each column's part in a single prediction.

mod gain;
mod shap;
