//! The list of a service's settings.

use super::Options;
use planish_model::setting::{
    Described, Parse, Place, Setting, count, duration, list, plain, switch, threads, value,
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

fn general() -> Vec<Setting<O>> {
    vec![
        switch(
            "strict",
            "Do not start if a model cannot be served; without it, the others are",
            true,
            |o: &mut O| Some(&mut o.strict),
        ),
        switch(
            "map",
            "Map model files of 4 MiB or more: processes share their memory; whoever writes into such a file in place changes the model or ends the service",
            true,
            |o: &mut O| Some(&mut o.map),
        ),
        wait(
            "watch",
            "How often the files of models, keys and certificate are looked at for changes (0: only at SIGHUP)",
            time,
            |o| Some(&mut o.watch),
        ),
        switch(
            "allow-public",
            "Serve an address that others can reach without asking for a key",
            true,
            |o: &mut O| Some(&mut o.allow_public),
        ),
        list(
            "allow-host",
            "HOST",
            "Another name under which the service may be asked; may be repeated",
            plain::<String>,
            |o: &mut O| Some(&mut o.allowed_hosts),
        ),
    ]
}

fn work() -> Vec<Setting<O>> {
    vec![
        value(
            "threads",
            "N",
            "Prediction threads (0: one a core); the result does not depend on it",
            threads,
            |o: &mut O| Some(&mut o.threads),
        ),
        some("batch-rows", "Rows that a prediction thread takes at once", |o| Some(&mut o.batch_rows)),
        wait(
            "batch-delay",
            "How long a prediction thread waits for more rows (0: it takes what waits)",
            time,
            |o| Some(&mut o.batch_delay),
        ),
        some("queue-rows", "Rows that may wait for a prediction thread", |o| Some(&mut o.queue_rows)),
        mib("queue-mib", "MiB of features that may wait for a prediction thread", |o| {
            Some(&mut o.queue_bytes)
        }),
        wait(
            "queue-wait",
            "How long a request may have to wait for a prediction thread, beyond bursts, before it is answered by 429 (0: no limit)",
            time,
            |o| Some(&mut o.queue_wait),
        ),
        some("max-in-flight", "Requests worked on at once; more are answered by 429", |o| {
            Some(&mut o.in_flight)
        }),
        value(
            "rate",
            "N",
            "Requests a second of one key, or of one address where no key is asked for (0: no limit)",
            plain::<u32>,
            |o: &mut O| Some(&mut o.rate),
        ),
        some("max-connections", "Connections at once; more are answered by 503", |o| {
            Some(&mut o.connections)
        }),
    ]
}

fn limits() -> Vec<Setting<O>> {
    vec![
        mib("max-body-mib", "MiB of a body, as sent and as decompressed", |o| Some(&mut o.body_bytes)),
        mib("max-buffered-mib", "MiB of bytes that all requests together may hold", |o| {
            Some(&mut o.buffered_bytes)
        }),
        mib(
            "max-unsent-mib",
            "MiB of answers that wait for clients to take them, of all connections together",
            |o| Some(&mut o.unsent_bytes),
        ),
        size("max-head-kib", "KIB", "KiB of a head, the request's line and headers", 10, head_kib, |o| {
            Some(&mut o.header_bytes)
        }),
        some("max-rows", "Rows of a request", |o| Some(&mut o.rows)),
        some("max-inputs", "Tensors of a request; a model of more columns may have as many", |o| {
            Some(&mut o.inputs)
        }),
        some("max-rank", "Dimensions of a tensor", |o| Some(&mut o.rank)),
        // The JSON parser itself ends at 128.
        value(
            "max-depth",
            "N",
            "Deepest nesting of JSON",
            |text| within(text, 3, 120),
            |o: &mut O| Some(&mut o.json_depth),
        ),
    ]
}

fn times() -> Vec<Setting<O>> {
    vec![
        wait("head-timeout", "How long a head may take to arrive", some_time, |o| {
            Some(&mut o.header_timeout)
        }),
        wait("body-timeout", "How long a body may take to arrive", some_time, |o| Some(&mut o.body_timeout)),
        wait(
            "write-timeout",
            "How long an answer may wait without that any of it is taken",
            some_time,
            |o| Some(&mut o.write_timeout),
        ),
        wait("idle-timeout", "How long a connection may do nothing", some_time, |o| {
            Some(&mut o.idle_timeout)
        }),
        wait("deadline", "How long an answer may take after the body is there", some_time, |o| {
            Some(&mut o.deadline)
        }),
        wait("drain", "How long requests in flight may take after the signal to stop", time, |o| {
            Some(&mut o.drain)
        }),
        wait(
            "drain-delay",
            "How long connections are still taken after the signal to stop, while \"ready\" says no",
            time,
            |o| Some(&mut o.drain_delay),
        ),
        switch(
            "triton-metrics",
            "Let /metrics have what is counted of models under Triton's names too (nv_inference_count, …)",
            true,
            |o: &mut O| Some(&mut o.triton_metrics),
        ),
    ]
}

/// One or more.
fn some(name: &'static str, doc: &'static str, place: Place<O, usize>) -> Setting<O> {
    value(name, "N", doc, count, place)
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
    let n = text.parse().ok().filter(|n| (least..=most).contains(n));
    n.ok_or_else(|| format!("it must be a whole number from {least} to {most}"))
}

fn head_kib(text: &str) -> Result<usize, String> {
    within(text, 8, 1024)
}

/// 0, 50ms, 10s or 5m.
fn time(text: &str) -> Result<Duration, String> {
    let millis =
        |text: &str| text.strip_suffix("ms")?.parse::<u32>().ok().map(|n| Duration::from_millis(n.into()));
    if text == "0" { Ok(Duration::ZERO) } else { millis(text).map_or_else(|| duration(text), Ok) }
}

fn some_time(text: &str) -> Result<Duration, String> {
    time(text)
        .and_then(|d| if d.is_zero() { Err("it must be longer than nothing".to_owned()) } else { Ok(d) })
}
