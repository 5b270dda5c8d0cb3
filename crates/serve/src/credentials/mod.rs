//! What the service holds of files that are secret, and reads again: the keys of its clients, its certificate.

pub(crate) mod keys;
pub(crate) mod reread;
pub(crate) mod tls;
