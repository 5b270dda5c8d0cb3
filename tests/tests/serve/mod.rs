//! The service, asked from outside its process.
//!
//! - `explained`: what a prediction is made of, and trees by each protocol
//! - `log`: its log where nobody reads it
//! - `otlp`: what a collector is sent (with the feature `otlp`)
//! - `page`: its page, and a report, in headless Chromium
//! - `page_learned`: what that page shows of what a model learned
//! - `server`: questions over a socket
//! - `tls`: the service with a certificate

mod explained;
mod log;
#[cfg(feature = "otlp")]
mod otlp;
mod page;
mod page_learned;
mod server;
mod tls;
