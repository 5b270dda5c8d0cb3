//! What `planish serve --otlp` sends, as a collector gets it: OTLP's own service, over gRPC.

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use planish_tests::program::{planish, succeed};
use planish_tests::server::{Server, ask_with};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tonic::codegen::Service as _;
use tonic::{Request, Response, Status};

/// A collector that keeps what it is sent.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<ResourceSpans>>>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.lock().unwrap().extend(request.into_inner().resource_spans);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Collector {
    /// Listens on a free port for as long as the runtime lives.
    async fn listen(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let service = TraceServiceServer::new(self.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = service.clone();
                let call = service_fn(move |request| service.clone().call(request));
                let http2 = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                tokio::spawn(http2.serve_connection(TokioIo::new(stream), call));
            }
        });
        url
    }
}

/// An attribute as text.
fn attribute(all: &[KeyValue], key: &str) -> String {
    let found = all.iter().find(|a| a.key == key).unwrap_or_else(|| panic!("{key} is missing in {all:?}"));
    match found.value.as_ref().and_then(|v| v.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(n)) => n.to_string(),
        other => panic!("{key} is {other:?}"),
    }
}

/// A folder with a model.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("line.csv"), "x,y\n1,2.1\n2,3.9\n3,6.2\n4,7.9\n").unwrap();
    succeed(
        folder.path(),
        &["train", "line.csv", "--target", "y", "--model", "ols", "-o", "line.safetensors"],
    );
    folder
}

#[test]
fn a_request_is_a_span_of_the_clients_trace() {
    let folder = folder();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let collector = Collector::default();
    let url = runtime.block_on(collector.listen());
    // Spans do not need the log.
    let server = Server::start(folder.path(), &["line.safetensors", "--log", "off", "--otlp", &url]);
    let trace =
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nx-request-id: mine\r\n";
    assert_eq!(ask_with(server.address(), "GET", "/v2/models/line", trace, "").0, 200);
    assert_eq!(ask_with(server.address(), "POST", "/predict", "", "nonsense").0, 400);
    let unsampled = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00\r\n";
    assert_eq!(ask_with(server.address(), "GET", "/v2", unsampled, "").0, 200);
    server.stop();

    let sent = collector.0.lock().unwrap().clone();
    let resource = &sent[0].resource.as_ref().unwrap().attributes;
    assert_eq!(attribute(resource, "service.name"), "planish");
    assert_eq!(attribute(resource, "service.version"), env!("CARGO_PKG_VERSION"));
    let spans: Vec<_> = sent.iter().flat_map(|r| &r.scope_spans).flat_map(|s| &s.spans).collect();
    let [traced, refused] = spans[..] else { panic!("{spans:?}") };
    assert_eq!((traced.name.as_str(), refused.name.as_str()), ("GET metadata", "POST predict"));
    assert_eq!(traced.trace_id, (0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128).to_be_bytes());
    assert_eq!(traced.parent_span_id, 0xb7ad_6b71_6920_3331_u64.to_be_bytes());
    assert!(refused.trace_id != traced.trace_id && refused.parent_span_id.is_empty(), "{refused:?}");
    for (span, path, status) in [(traced, "/v2/models/line", "200"), (refused, "/predict", "400")] {
        assert_eq!(span.kind(), SpanKind::Server);
        assert!(span.start_time_unix_nano > 0 && span.start_time_unix_nano <= span.end_time_unix_nano);
        assert_eq!(attribute(&span.attributes, "url.path"), path);
        assert_eq!(attribute(&span.attributes, "http.response.status_code"), status);
        assert_eq!(attribute(&span.attributes, "client.address"), "127.0.0.1");
        assert!(span.status.as_ref().is_none_or(|s| s.code() != StatusCode::Error), "a 4xx is the client's");
    }
    assert_eq!(attribute(&traced.attributes, "planish.request_id"), "mine");
}

#[test]
fn a_collector_that_is_not_there_stops_nobody_and_is_in_the_log() {
    let folder = folder();
    // A port that was free a moment ago.
    let url = format!("http://{}", std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let server = Server::start(folder.path(), &["line.safetensors", "--otlp", &url]);
    assert_eq!(ask_with(server.address(), "GET", "/v2", "", "").0, 200);
    let log = server.stop();
    assert!(log.contains("ERROR") && log.contains("opentelemetry"), "{log}");
}

#[test]
fn an_address_of_another_kind_is_refused() {
    let folder = folder();
    for url in ["https://localhost:4317", "localhost:4317", "http://"] {
        let mut serve = planish();
        serve.args(["serve", "line.safetensors", "--addr", "127.0.0.1:0", "--otlp", url]);
        let output = serve.current_dir(folder.path()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{url}: {said}");
        assert!(said.starts_with("error: ") && said.contains(&format!("--otlp {url:?}")), "{said}");
    }
}
