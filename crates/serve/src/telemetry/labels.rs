//! By which labels is counted, and how times are.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};

pub(super) type Timed<L> = Family<L, Histogram, fn() -> Histogram>;

/// From 10 µs to 5 s, each bound 2.5 times or so the one before.
pub(super) fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(1e-5, 2.5, 15))
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct OfRequest {
    pub(super) endpoint: &'static str,
    pub(super) status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct OfEndpoint {
    pub(super) endpoint: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct OfReason {
    pub(super) reason: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct OfResult {
    pub(super) result: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct OfModel {
    pub(super) model: String,
    pub(super) version: u64,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct OfColumn {
    pub(super) model: String,
    pub(super) version: u64,
    pub(super) column: String,
}

/// A version that is there, whether it can be read or not; where its place cannot be looked at, its number is empty.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct OfVersion {
    pub(super) model: String,
    pub(super) version: String,
}
