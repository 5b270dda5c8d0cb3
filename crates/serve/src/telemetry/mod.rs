//! What is counted, and what requests are called in the log.

mod labels;
pub(crate) mod metrics;
pub(crate) mod model_metrics;
pub(crate) mod request_id;
mod triton;
