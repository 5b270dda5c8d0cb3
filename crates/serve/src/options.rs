//! The service's settings: limits, time-outs and who may ask. The defaults are for a server that strangers can reach.

mod listed;

use crate::credentials::keys::Keys;
use crate::credentials::tls::Tls;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// Settings of a service.
#[derive(Clone, Debug)]
pub struct Options {
    /// The longest head of a request (its line and headers), in bytes.
    pub header_bytes: usize,
    /// How long a head may take to arrive.
    pub header_timeout: Duration,
    /// The longest body, in bytes, as sent and as decompressed.
    pub body_bytes: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// Bytes of bodies that all requests together may hold.
    pub buffered_bytes: usize,
    /// How long an answer may wait without that any of it is taken.
    pub write_timeout: Duration,
    /// Bytes of answers that wait to be taken, of all connections together, beyond 16 KiB of each.
    pub unsent_bytes: usize,
    /// How long a connection may do nothing.
    pub idle_timeout: Duration,
    /// Connections at once.
    pub connections: usize,
    /// Requests worked on at once.
    pub in_flight: usize,
    /// Requests a second of one key, or of one address where no key is asked for; 0: no limit.
    pub rate: u32,
    /// How long the answer to a request may take after its body is there.
    pub deadline: Duration,
    /// Deepest nesting of JSON.
    pub json_depth: usize,
    /// Dimensions of a tensor.
    pub rank: usize,
    /// Rows of a request.
    pub rows: usize,
    /// Tensors of a request; a model of more columns may have as many as columns.
    pub inputs: usize,
    /// Rows that may wait for a prediction thread.
    pub queue_rows: usize,
    /// Bytes of features that may wait for a prediction thread.
    pub queue_bytes: usize,
    /// How long a request may have to wait for a prediction thread when more come than can be answered: beyond a burst of a tenth of a
    /// second and four requests a thread, who would wait longer is refused. Zero: no limit.
    pub queue_wait: Duration,
    /// Rows that a prediction thread takes at once.
    pub batch_rows: usize,
    /// How long a prediction thread waits for more rows; zero: it takes what waits.
    pub batch_delay: Duration,
    /// Prediction threads; 0: one a core.
    pub threads: usize,
    /// How long requests in flight may take after the signal to stop.
    pub drain: Duration,
    /// How long new connections are taken after the signal to stop, while `ready` says no.
    pub drain_delay: Duration,
    /// Whether one model that cannot be served is reason enough not to start.
    pub strict: bool,
    /// Whether large model files are mapped, not read: processes that serve one share its memory, and whoever writes into the file in
    /// place changes the model or, if the file becomes shorter, ends the process.
    pub map: bool,
    /// How often the files of models, keys and certificate are looked at for changes; zero: only at a signal.
    pub watch: Duration,
    /// Names under which the service may be asked, beside those of this machine's loopback.
    pub allowed_hosts: Vec<String>,
    /// Whether an address that others can reach needs no key.
    pub allow_public: bool,
    /// Who may ask; empty: everybody.
    pub keys: Keys,
    /// Whether `/metrics` has the counters of versions under Triton's names too.
    pub triton_metrics: bool,
    /// Lines of the log that were dropped as nobody read them, counted by who writes the log and told in `/metrics`.
    pub log_lines_dropped: Arc<AtomicU64>,
    /// The certificate and key to speak TLS with; none: connections are not encrypted.
    pub tls: Option<Tls>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            header_bytes: 16 << 10,
            header_timeout: Duration::from_secs(10),
            body_bytes: 8 << 20,
            body_timeout: Duration::from_secs(30),
            buffered_bytes: 256 << 20,
            write_timeout: Duration::from_secs(20),
            unsent_bytes: 64 << 20,
            idle_timeout: Duration::from_secs(60),
            connections: 1024,
            in_flight: 256,
            rate: 0,
            deadline: Duration::from_secs(10),
            json_depth: 32,
            rank: 8,
            rows: 4096,
            inputs: 64,
            queue_rows: 16384,
            queue_bytes: 64 << 20,
            queue_wait: Duration::from_millis(15),
            batch_rows: 1024,
            batch_delay: Duration::ZERO,
            threads: 0,
            drain: Duration::from_secs(10),
            drain_delay: Duration::ZERO,
            strict: false,
            map: false,
            watch: Duration::ZERO,
            allowed_hosts: Vec::new(),
            allow_public: false,
            keys: Keys::default(),
            triton_metrics: false,
            log_lines_dropped: Arc::default(),
            tls: None,
        }
    }
}
