//! What can be asked, and in which form: one module a protocol, and the list of all endpoints.

pub(crate) mod describe;
pub(crate) mod endpoint;
pub(crate) mod endpoints;
pub(crate) mod grpc;
pub(crate) mod learned;
pub(crate) mod openapi;
pub(crate) mod operations;
pub(crate) mod page;
pub(crate) mod probes;
pub(crate) mod reply;
pub(crate) mod request;
pub(crate) mod rows;
pub(crate) mod tensor;
pub(crate) mod tfs;
pub(crate) mod v2;
