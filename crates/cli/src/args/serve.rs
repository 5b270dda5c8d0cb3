//! The options of `planish serve`. Each is also a key of its file of settings.

use super::values;
use clap::{Args, ValueEnum};
use planish_model::setting::count;
use planish_serve::{Label, ModelSource, Options};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Args)]
#[command(after_help = "Examples:
  planish serve income.safetensors
  planish serve income=models/a.safetensors price=models/b.safetensors --addr 127.0.0.1:9000
  planish serve models --watch 5s --label income:stable=3      (models/NAME/VERSION/model.safetensors)
  planish serve models --addr 0.0.0.0:8080 --keys keys.txt --tls-cert cert.pem --tls-key key.pem
  curl -s localhost:8080/v2/models/income

REST and gRPC share the address. SIGHUP reads changed models, keys and certificates again; SIGTERM and Ctrl-C stop after the requests in flight.")]
pub(crate) struct ServeArgs {
    /// Models, as FILE, NAME=FILE, a folder NAME=DIR of versions, or a folder of such folders
    #[arg(required = true, value_name = "MODEL", value_parser = parse_source)]
    pub(crate) models: Vec<ModelSource>,
    /// File of settings, a key an option; options that are typed go before it
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) config: Option<PathBuf>,
    /// Print all settings as a file of settings, and stop
    #[arg(long)]
    pub(crate) print_config: bool,
    /// Address to listen on (port 0: any free one)
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) addr: String,
    /// A name for a version, for clients of TensorFlow Serving; may be repeated
    #[arg(long, value_name = "NAME:LABEL=VERSION", value_parser = parse_label)]
    pub(crate) label: Vec<Label>,
    /// Do not start if a model cannot be served; without it, the others are
    #[arg(long)]
    strict: bool,
    /// Map model files of 4 MiB or more: processes share their memory; whoever writes into such a file in place changes the model or ends the service
    #[arg(long)]
    map: bool,
    /// How often the files of models, keys and certificate are looked at for changes (0: only at SIGHUP)
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = parse_time)]
    watch: Duration,
    /// File of keys, one a line: NAME SCOPES sha256:DIGEST; the variable PLANISH_KEY holds one more key itself
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: Option<PathBuf>,
    /// Certificate to speak TLS with, and those that lead to its authority (PEM); needs --tls-key
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key of the certificate (PEM, not encrypted)
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Serve an address that others can reach without asking for a key
    #[arg(long)]
    allow_public: bool,
    /// Another name under which the service may be asked; may be repeated
    #[arg(long, value_name = "HOST")]
    allow_host: Vec<String>,
    /// Prediction threads (0: one a core); the result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = values::threads)]
    threads: usize,
    /// Rows that a prediction thread takes at once
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = count)]
    batch_rows: usize,
    /// How long a prediction thread waits for more rows (0: it takes what waits)
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = parse_time)]
    batch_delay: Duration,
    /// Rows that may wait for a prediction thread
    #[arg(long, value_name = "N", default_value_t = 16384, value_parser = count)]
    queue_rows: usize,
    /// MiB of features that may wait for a prediction thread
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = parse_mib)]
    queue_mib: usize,
    /// How long a request may have to wait for a prediction thread, beyond bursts, before it is answered by 429 (0: no limit)
    #[arg(long, value_name = "TIME", default_value = "15ms", value_parser = parse_time)]
    queue_wait: Duration,
    /// Requests worked on at once; more are answered by 429
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = count)]
    max_in_flight: usize,
    /// Requests a second of one key, or of one address where no key is asked for (0: no limit)
    #[arg(long, value_name = "N", default_value_t = 0)]
    rate: u32,
    /// Connections at once; more are answered by 503
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = count)]
    max_connections: usize,
    /// MiB of a body, as sent and as decompressed
    #[arg(long, value_name = "MIB", default_value_t = 8, value_parser = parse_mib)]
    max_body_mib: usize,
    /// MiB of bodies that all requests together may hold
    #[arg(long, value_name = "MIB", default_value_t = 256, value_parser = parse_mib)]
    max_buffered_mib: usize,
    /// MiB of answers that wait for clients to take them, of all connections together
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = parse_mib)]
    max_unsent_mib: usize,
    /// KiB of a head, the request's line and headers
    #[arg(long, value_name = "KIB", default_value_t = 16, value_parser = parse_head_kib)]
    max_head_kib: usize,
    /// Rows of a request
    #[arg(long, value_name = "N", default_value_t = 4096, value_parser = count)]
    max_rows: usize,
    /// Tensors of a request; a model of more columns may have as many
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = count)]
    max_inputs: usize,
    /// Dimensions of a tensor
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = count)]
    max_rank: usize,
    /// Deepest nesting of JSON
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = parse_depth)]
    max_depth: usize,
    /// How long a head may take to arrive
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse_some_time)]
    head_timeout: Duration,
    /// How long a body may take to arrive
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = parse_some_time)]
    body_timeout: Duration,
    /// How long an answer may wait without that any of it is taken
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = parse_some_time)]
    write_timeout: Duration,
    /// How long a connection may do nothing
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = parse_some_time)]
    idle_timeout: Duration,
    /// How long an answer may take after the body is there
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse_some_time)]
    deadline: Duration,
    /// How long requests in flight may take after the signal to stop
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse_time)]
    drain: Duration,
    /// How long connections are still taken after the signal to stop, while "ready" says no
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = parse_time)]
    drain_delay: Duration,
    /// Let /metrics have what is counted of models under Triton's names too (nv_inference_count, …)
    #[arg(long)]
    triton_metrics: bool,
    /// What is logged to standard error
    #[arg(long, value_enum, default_value = "requests")]
    pub(crate) log: LogLevel,
    /// How it is logged
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) log_format: LogFormat,
    /// OpenTelemetry collector that is sent a span a request, by OTLP over gRPC
    #[cfg(feature = "otlp")]
    #[arg(long, value_name = "http://HOST:PORT")]
    pub(crate) otlp: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    /// Nothing
    Off,
    /// Models and other files that cannot be read
    Errors,
    /// A line a request, and models that are read again
    Requests,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// A JSON object a line
    Json,
}

impl ServeArgs {
    /// The settings, without keys and certificate.
    pub(crate) fn options(&self) -> Options {
        const MIB: usize = 1 << 20;
        Options {
            header_bytes: self.max_head_kib << 10,
            header_timeout: self.head_timeout,
            body_bytes: self.max_body_mib * MIB,
            body_timeout: self.body_timeout,
            buffered_bytes: self.max_buffered_mib * MIB,
            write_timeout: self.write_timeout,
            unsent_bytes: self.max_unsent_mib * MIB,
            idle_timeout: self.idle_timeout,
            connections: self.max_connections,
            in_flight: self.max_in_flight,
            rate: self.rate,
            deadline: self.deadline,
            json_depth: self.max_depth,
            rank: self.max_rank,
            rows: self.max_rows,
            inputs: self.max_inputs,
            queue_rows: self.queue_rows,
            queue_bytes: self.queue_mib * MIB,
            queue_wait: self.queue_wait,
            batch_rows: self.batch_rows,
            batch_delay: self.batch_delay,
            threads: self.threads,
            drain: self.drain,
            drain_delay: self.drain_delay,
            strict: self.strict,
            map: self.map,
            watch: self.watch,
            allowed_hosts: self.allow_host.clone(),
            allow_public: self.allow_public,
            triton_metrics: self.triton_metrics,
            ..Options::default()
        }
    }
}

/// `NAME=PATH`, or a path that names its models.
fn parse_source(text: &str) -> Result<ModelSource, String> {
    let (name, path) = match text.split_once('=') {
        Some((name, path)) if !name.contains(['/', '\\']) => (Some(name.to_owned()), path),
        _ => (None, text),
    };
    if name.as_deref() == Some("") || path.is_empty() || Path::new(path).file_name().is_none() && path != "."
    {
        return Err("it has the form FILE, DIR, NAME=FILE or NAME=DIR".to_owned());
    }
    Ok(ModelSource { name, path: path.into() })
}

fn parse_label(text: &str) -> Result<Label, String> {
    let parts = text.split_once(':').and_then(|(model, rest)| Some((model, rest.split_once('=')?)));
    let Some((model, (label, version))) =
        parts.filter(|(model, (label, _))| !model.is_empty() && !label.is_empty())
    else {
        return Err("it has the form NAME:LABEL=VERSION".to_owned());
    };
    let version = version.parse().map_err(|_| format!("the version {version:?} is no whole number"))?;
    Ok(Label { model: model.to_owned(), label: label.to_owned(), version })
}

/// 0, 50ms, 10s or 5m.
fn parse_time(text: &str) -> Result<Duration, String> {
    let millis =
        |text: &str| text.strip_suffix("ms")?.parse::<u32>().ok().map(|n| Duration::from_millis(n.into()));
    match text {
        "0" => Ok(Duration::ZERO),
        text => millis(text).map_or_else(|| values::duration(text), Ok),
    }
}

fn parse_some_time(text: &str) -> Result<Duration, String> {
    parse_time(text)
        .and_then(|d| if d.is_zero() { Err("it must be longer than nothing".to_owned()) } else { Ok(d) })
}

fn parse_mib(text: &str) -> Result<usize, String> {
    let mib = text.parse().ok().filter(|n| (1..=1 << 20).contains(n));
    mib.ok_or_else(|| "it must be a whole number from 1 to 1048576".to_owned())
}

fn parse_head_kib(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|n| (8..=1024).contains(n))
        .ok_or_else(|| "it must be a whole number from 8 to 1024".to_owned())
}

/// The JSON parser itself ends at 128.
fn parse_depth(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|n| (3..=120).contains(n))
        .ok_or_else(|| "it must be a whole number from 3 to 120".to_owned())
}
