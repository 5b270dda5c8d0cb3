//! `planish serve`: models over HTTP until SIGTERM or Ctrl-C.

use crate::args::{LogFormat, LogLevel, ServeArgs, chosen, exec};
#[cfg(feature = "otlp")]
use crate::traces::Traces;
use crate::{log, print};
use clap::ArgMatches;
use planish_io::readable_by_others;
use planish_serve::{Keys, Options, Service, Tls, serve};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{Layer, Registry, fmt};

/// A key itself, for those who keep no file of keys.
const KEY: &str = "PLANISH_KEY";

pub(crate) fn run(a: &ServeArgs, typed: &ArgMatches) -> anyhow::Result<()> {
    let dropped = log::start()?;
    #[cfg(feature = "otlp")]
    let traces = a.otlp.as_deref().map(Traces::to).transpose()?;
    #[cfg(feature = "otlp")]
    let spans = traces.as_ref().map(Traces::layer);
    #[cfg(not(feature = "otlp"))]
    let spans = None::<tracing_subscriber::layer::Identity>;
    start_log(a, spans);
    let options = Options { keys: keys(a)?, tls: tls(a)?, log_lines_dropped: dropped, ..chosen(typed, None) };
    let scheme = if options.tls.is_some() { "https" } else { "http" };
    let service = Service::open(exec(1)?, options, a.models.clone(), a.label.clone())?;
    let (names, unavailable) = (service.names().join(", "), service.unavailable().join(", "));
    let missing = if unavailable.is_empty() { unavailable } else { format!("; not served: {unavailable}") };
    serve(&a.addr, service, |addr| {
        print::say(&format!("serving {names} on {scheme}://{addr} (Ctrl-C stops){missing}"))
    })?;
    print::say("stopped");
    Ok(())
}

/// The keys of the file, and that of the variable.
fn keys(a: &ServeArgs) -> anyhow::Result<Keys> {
    let mut keys = a.keys.as_deref().map_or(Ok(Keys::default()), Keys::open)?;
    if let Ok(key) = std::env::var(KEY) {
        keys.add(KEY, &key)?;
    }
    Ok(keys)
}

/// The certificate and its key; a key that others can read is used, with a warning.
fn tls(a: &ServeArgs) -> anyhow::Result<Option<Tls>> {
    match (&a.tls_cert, &a.tls_key) {
        (None, None) => Ok(None),
        (Some(_), None) => anyhow::bail!("--tls-cert needs the key of the certificate: give --tls-key"),
        (None, Some(_)) => anyhow::bail!("--tls-key needs the certificate of the key: give --tls-cert"),
        (Some(certificate), Some(key)) => {
            let tls = Tls::open(certificate, key)?;
            if readable_by_others(key) {
                print::say(&format!("warning: {}: other users of this machine can read it", key.display()));
            }
            Ok(Some(tls))
        }
    }
}

/// Lines go to standard error, whole and one at a time, and no request waits for it; events go to `spans` too.
fn start_log(a: &ServeArgs, spans: Option<impl Layer<Registry> + Send + Sync>) {
    let level = match a.log {
        LogLevel::Off if spans.is_none() => return,
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Errors => LevelFilter::ERROR,
        LogLevel::Requests => LevelFilter::INFO,
    };
    // Whoever read the lines may be gone; that is no reason to fail.
    let lines = fmt::layer().with_writer(|| log::Line).with_ansi(false).log_internal_errors(false);
    let lines = match a.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // A second log cannot be: this is the only place that starts one.
    tracing_subscriber::registry().with(spans).with(lines.with_filter(level)).init();
}
