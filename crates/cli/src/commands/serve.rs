//! `planish serve`: models over HTTP until SIGTERM or Ctrl-C.

use crate::args::{ServeArgs, exec};
use crate::report;
use anyhow::bail;
use planish_io::load_model;
use planish_serve::{Options, Service, serve};
use std::path::Path;

pub(crate) fn run(a: &ServeArgs) -> anyhow::Result<()> {
    let models = a.models.iter().map(|m| named_model(m)).collect::<anyhow::Result<Vec<_>>>()?;
    let service = Service::new(exec(1)?, Options::default(), models)?;
    let names = service.names().join(", ");
    serve(&a.addr, service, |addr| report::say(&format!("serving {names} on http://{addr} (Ctrl-C stops)")))?;
    report::say("stopped");
    Ok(())
}

/// `NAME=FILE`, or a file whose name without its ending is the model's.
fn named_model(text: &str) -> anyhow::Result<(String, planish_model::Model)> {
    let (name, file) = match text.split_once('=') {
        Some((name, file)) if !Path::new(text).exists() => (name.to_owned(), Path::new(file)),
        _ => (
            Path::new(text).file_stem().map_or(String::new(), |s| s.to_string_lossy().into_owned()),
            Path::new(text),
        ),
    };
    if name.is_empty() || name.contains('/') {
        bail!("{text:?} has no usable model name: give one, for example NAME={text}");
    }
    Ok((name, load_model(file)?))
}
