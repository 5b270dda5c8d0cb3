//! The options of `planish serve` that are no settings of a service, and where its settings stand among them. Each is also a key of its file of settings.

use super::settings::OptionsOf;
use clap::{Args, ValueEnum};
use planish_serve::{Label, ModelSource, Options};
use std::path::{Path, PathBuf};

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
    // What has no line here is a setting, and told of there.
    #[arg(long)]
    strict: bool,
    #[arg(long)]
    map: bool,
    #[arg(long)]
    watch: Option<String>,
    /// File of keys, one a line: NAME SCOPES sha256:DIGEST; the variable PLANISH_KEY holds one more key itself
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: Option<PathBuf>,
    /// Certificate to speak TLS with, and those that lead to its authority (PEM); needs --tls-key
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key of the certificate (PEM, not encrypted)
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
    #[command(flatten)]
    options: OptionsOf<Options>,
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
