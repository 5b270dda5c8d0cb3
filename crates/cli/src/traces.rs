//! Requests as spans for an OpenTelemetry collector, by OTLP over gRPC; with the feature `otlp` only.
//!
//! The service says what came of each request in one event of its log. Here that event becomes a span of kind server, which ended at the
//! event and began as long before as the request took. It belongs to the trace that the client's `traceparent` names, or to one of its
//! own. A thread apart sends spans in batches; what does not fit its queue is dropped and counted in the log, and no request waits for
//! the collector. The SDK reads its own variables: `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_TRACES_SAMPLER`, `OTEL_BSP_*`.

use anyhow::Context as _;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{Span, SpanBuilder, SpanKind, Status, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use std::collections::HashMap;
use std::fmt::Debug;
use std::time::{Duration, SystemTime};
use tokio::runtime::{Builder, Runtime};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, layer};

/// The events that the service makes of requests.
const REQUESTS: &str = "planish::request";
/// How long the last spans may take when the service stops.
const LAST: Duration = Duration::from_secs(5);

/// The way to a collector; what waits is sent when it is dropped.
pub(crate) struct Traces {
    provider: SdkTracerProvider,
    /// Where the connection to the collector lives.
    _runtime: Runtime,
}

impl Traces {
    /// To the collector at this address, which is connected to when there is something to send.
    pub(crate) fn to(url: &str) -> anyhow::Result<Traces> {
        anyhow::ensure!(
            url.starts_with("http://"),
            "--otlp {url:?}: it has the form http://HOST:PORT; a collector beside this service can go on over TLS"
        );
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("otlp").enable_all().build();
        let runtime = runtime.context("no thread for --otlp")?;
        let entered = runtime.enter();
        let exporter = SpanExporter::builder().with_tonic().with_endpoint(url).build();
        drop(entered);
        let exporter = exporter.with_context(|| format!("--otlp {url:?}"))?;
        let mut resource = Resource::builder();
        if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
            resource = resource.with_service_name("planish");
        }
        let resource = resource.with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
        let provider =
            SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build());
        Ok(Traces { provider: provider.build(), _runtime: runtime })
    }

    /// What listens to the log's events.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let requests = Targets::new().with_target(REQUESTS, LevelFilter::INFO);
        Spans { tracer: self.provider.tracer("planish") }.with_filter(requests)
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        // What failed is in the log.
        let _ = self.provider.shutdown_with_timeout(LAST);
    }
}

/// Makes spans of requests.
struct Spans {
    tracer: SdkTracer,
}

impl<S: Subscriber> Layer<S> for Spans {
    fn on_event(&self, event: &Event<'_>, _: layer::Context<'_, S>) {
        let mut request = Request::default();
        event.record(&mut request);
        request.send(&self.tracer, SystemTime::now());
    }
}

/// What the event says of a request.
#[derive(Default)]
struct Request {
    method: String,
    endpoint: String,
    status: i64,
    took: Duration,
    traceparent: Option<String>,
    /// The rest, as attributes.
    others: Vec<KeyValue>,
}

impl Request {
    fn send(self, tracer: &SdkTracer, ended: SystemTime) {
        let parent: HashMap<_, _> =
            self.traceparent.map(|p| ("traceparent".to_owned(), p)).into_iter().collect();
        let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &parent);
        let mut attributes = self.others;
        attributes.push(KeyValue::new("http.response.status_code", self.status));
        let name = format!("{} {}", self.method, self.endpoint);
        attributes.push(KeyValue::new("http.request.method", self.method));
        attributes.push(KeyValue::new("planish.endpoint", self.endpoint));
        let span = SpanBuilder::from_name(name)
            .with_kind(SpanKind::Server)
            .with_start_time(ended.checked_sub(self.took).unwrap_or(ended))
            .with_attributes(attributes);
        let mut span = tracer.build_with_context(span, &parent);
        if self.status >= 500 {
            span.set_status(Status::error(""));
        }
        span.end_with_timestamp(ended);
    }
}

impl Visit for Request {
    fn record_str(&mut self, field: &Field, value: &str) {
        let value = value.to_owned();
        match field.name() {
            "method" => self.method = value,
            "endpoint" => self.endpoint = value,
            "traceparent" => self.traceparent = Some(value),
            "path" => self.others.push(KeyValue::new("url.path", value.trim_matches('"').to_owned())),
            "peer" => self.others.push(KeyValue::new("client.address", value)),
            "id" => self.others.push(KeyValue::new("planish.request_id", value)),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "status" => self.status = i64::try_from(value).unwrap_or(0),
            "micros" => self.took = Duration::from_micros(value),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}
