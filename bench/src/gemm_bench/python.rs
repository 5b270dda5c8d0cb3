//! The peers in Python that multiply: they run `bench/python/peer.py`.

use super::grid::{Case, Group};
use crate::child::Peer;

/// The peers in Python, in the order of the table's columns.
pub const PEERS: [&str; 2] = ["numpy", "torch"];

/// Starts a peer.
pub fn start(python: &str, name: &'static str, threads: usize) -> Result<Peer, String> {
    Peer::start(python, include_str!("../../python/peer.py"), name, threads)
}

/// The request to make the operands of this product.
pub fn request(case: &Case) -> String {
    let (m, k, n) = case.shape;
    let layout = if case.group == Group::Gram { "gram" } else { case.layout.name() };
    format!("set {m} {k} {n} {} {layout}", case.element.name())
}
