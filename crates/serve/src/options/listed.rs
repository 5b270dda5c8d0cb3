//! The list of a service's settings.

use super::Options;
use planish_model::setting::{
    COUNT, Described, Parse, Place, Setting, THREADS, TIME, list, passing, plain, switch, value,
};
use std::time::Duration;

impl Described for Options {
    fn start() -> Options {
        Options::default()
    }

    fn settings() -> Vec<Setting<Options>> {
        [general(), work(), limits(), times()].into_iter().flatten().collect()
    }
}

type O = Options;

macro_rules! at {
    ($field:ident) => {
        |o: &mut O| Some(&mut o.$field)
    };
}

fn general() -> Vec<Setting<O>> {
    vec![
        switch(
            "strict",
            "Do not start if a model cannot be served; without it, the others are",
            true,
            at!(strict),
        ),
        switch(
            "map",
            "Map model files of 4 MiB or more: processes share their memory; whoever writes into such a file in place changes the model or ends the service",
            true,
            at!(map),
        ),
        wait(
            "watch",
            "How often the files of models, keys and certificate are looked at for changes (0: only at SIGHUP)",
            time,
            at!(watch),
        ),
        switch(
            "allow-public",
            "Serve an address that others can reach without asking for a key",
            true,
            at!(allow_public),
        ),
        list(
            "allow-host",
            "HOST",
            "Another name under which the service may be asked; may be repeated",
            plain::<String>,
            at!(allowed_hosts),
        ),
    ]
}

fn work() -> Vec<Setting<O>> {
    vec![
        value(
            "threads",
            "N",
            "Prediction threads (0: one a core); the result does not depend on it",
            THREADS,
            at!(threads),
        ),
        some("batch-rows", "Rows that a prediction thread takes at once", at!(batch_rows)),
        wait(
            "batch-delay",
            "How long a prediction thread waits for more rows (0: it takes what waits)",
            time,
            at!(batch_delay),
        ),
        some("queue-rows", "Rows that may wait for a prediction thread", at!(queue_rows)),
        mib("queue-mib", "MiB of features that may wait for a prediction thread", at!(queue_bytes)),
        wait(
            "queue-wait",
            "How long a request may have to wait for a prediction thread, beyond bursts, before it is answered by 429 (0: no limit)",
            time,
            at!(queue_wait),
        ),
        some("max-in-flight", "Requests worked on at once; more are answered by 429", at!(in_flight)),
        value(
            "rate",
            "N",
            "Requests a second of one key, or of one address where no key is asked for (0: no limit)",
            plain::<u32>,
            at!(rate),
        ),
        some("max-connections", "Connections at once; more are answered by 503", at!(connections)),
    ]
}

fn limits() -> Vec<Setting<O>> {
    vec![
        mib("max-body-mib", "MiB of a body, as sent and as decompressed", at!(body_bytes)),
        mib("max-buffered-mib", "MiB of bodies that all requests together may hold", at!(buffered_bytes)),
        mib(
            "max-unsent-mib",
            "MiB of answers that wait for clients to take them, of all connections together",
            at!(unsent_bytes),
        ),
        size(
            "max-head-kib",
            "KIB",
            "KiB of a head, the request's line and headers",
            10,
            head_kib,
            at!(header_bytes),
        ),
        some("max-rows", "Rows of a request", at!(rows)),
        some("max-inputs", "Tensors of a request; a model of more columns may have as many", at!(inputs)),
        some("max-rank", "Dimensions of a tensor", at!(rank)),
        // The JSON parser itself ends at 128.
        value("max-depth", "N", "Deepest nesting of JSON", |text| within(text, 3, 120), at!(json_depth)),
    ]
}

fn times() -> Vec<Setting<O>> {
    vec![
        wait("head-timeout", "How long a head may take to arrive", some_time, at!(header_timeout)),
        wait("body-timeout", "How long a body may take to arrive", some_time, at!(body_timeout)),
        wait(
            "write-timeout",
            "How long an answer may wait without that any of it is taken",
            some_time,
            at!(write_timeout),
        ),
        wait("idle-timeout", "How long a connection may do nothing", some_time, at!(idle_timeout)),
        wait("deadline", "How long an answer may take after the body is there", some_time, at!(deadline)),
        wait("drain", "How long requests in flight may take after the signal to stop", time, at!(drain)),
        wait(
            "drain-delay",
            "How long connections are still taken after the signal to stop, while \"ready\" says no",
            time,
            at!(drain_delay),
        ),
        switch(
            "triton-metrics",
            "Let /metrics have what is counted of models under Triton's names too (nv_inference_count, …)",
            true,
            at!(triton_metrics),
        ),
    ]
}

/// One or more.
fn some(name: &'static str, doc: &'static str, place: Place<O, usize>) -> Setting<O> {
    value(name, "N", doc, COUNT, place)
}

fn mib(name: &'static str, doc: &'static str, place: Place<O, usize>) -> Setting<O> {
    size(name, "MIB", doc, 20, |text| within(text, 1, 1 << 20), place)
}

/// Bytes, told in units of 2 to the power `unit`.
fn size(
    name: &'static str,
    placeholder: &'static str,
    doc: &'static str,
    unit: u32,
    parse: Parse<usize>,
    place: Place<O, usize>,
) -> Setting<O> {
    let put = move |o: &mut O, n: usize| {
        place(o).into_iter().for_each(|bytes| *bytes = n << unit);
        Ok(())
    };
    Setting::new(name, placeholder, doc, parse, put, move |o| {
        place(o).map(|bytes| Some((*bytes >> unit).to_string()))
    })
}

fn wait(
    name: &'static str,
    doc: &'static str,
    parse: Parse<Duration>,
    place: Place<O, Duration>,
) -> Setting<O> {
    value(name, "TIME", doc, parse, place)
}

fn within(text: &str, least: usize, most: usize) -> Result<usize, String> {
    passing(
        text,
        |n| (least..=most).contains(n),
        &format!("it must be a whole number from {least} to {most}"),
    )
}

fn head_kib(text: &str) -> Result<usize, String> {
    within(text, 8, 1024)
}

/// 0, 50ms, 10s or 5m.
fn time(text: &str) -> Result<Duration, String> {
    let millis =
        |text: &str| text.strip_suffix("ms")?.parse::<u32>().ok().map(|n| Duration::from_millis(n.into()));
    if text == "0" { Ok(Duration::ZERO) } else { millis(text).map_or_else(|| TIME(text), Ok) }
}

fn some_time(text: &str) -> Result<Duration, String> {
    time(text)
        .and_then(|d| if d.is_zero() { Err("it must be longer than nothing".to_owned()) } else { Ok(d) })
}
