//! The protocol over gRPC: tonic's client over a socket, and for what no good client sends, bytes without one.

use super::live::Live;
use super::{ask, keys_in, metric, service};
use crate::generated::health::HealthCheckRequest;
use crate::generated::health::health_check_response::ServingStatus;
use crate::generated::health::health_client::HealthClient;
use crate::generated::inference::grpc_inference_service_client::GrpcInferenceServiceClient;
use crate::generated::inference::infer_parameter::ParameterChoice;
use crate::generated::inference::model_infer_request::{InferInputTensor, InferRequestedOutputTensor};
use crate::generated::inference::{
    InferParameter, InferTensorContents, ModelInferRequest, ModelInferResponse, ModelMetadataRequest,
    ModelReadyRequest, ModelStatisticsRequest, ServerLiveRequest, ServerMetadataRequest, ServerReadyRequest,
};
use bytes::Bytes;
use hyper::{HeaderMap, Request, Version};
use planish_serve::{Options, Service};
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};
use serde_json::json;
use std::io::Write;
use std::time::Duration;
use tonic::codec::CompressionEncoding;
use tonic::transport::Channel;
use tonic::{Code, Status};

async fn channel(server: &Live) -> Channel {
    Channel::from_shared(format!("http://{}", server.addr)).unwrap().connect().await.unwrap()
}

async fn client(server: &Live) -> GrpcInferenceServiceClient<Channel> {
    GrpcInferenceServiceClient::new(channel(server).await)
}

fn input(name: &str, datatype: &str, shape: &[i64], contents: InferTensorContents) -> InferInputTensor {
    let (name, datatype, shape) = (name.into(), datatype.into(), shape.to_vec());
    InferInputTensor { name, datatype, shape, contents: Some(contents), ..InferInputTensor::default() }
}

fn fp64(x: &[f64]) -> InferTensorContents {
    InferTensorContents { fp64_contents: x.to_vec(), ..InferTensorContents::default() }
}

fn bytes(texts: &[&str]) -> InferTensorContents {
    let bytes_contents = texts.iter().map(|t| Bytes::copy_from_slice(t.as_bytes())).collect();
    InferTensorContents { bytes_contents, ..InferTensorContents::default() }
}

fn request(model: &str, inputs: Vec<InferInputTensor>) -> ModelInferRequest {
    ModelInferRequest { model_name: model.into(), inputs, ..ModelInferRequest::default() }
}

/// One row for the linear model.
fn mass() -> ModelInferRequest {
    request("mass", vec![input("x", "FP64", &[1], fp64(&[4.0]))])
}

/// Three rows for the classifier.
fn species() -> ModelInferRequest {
    let x = input("x", "FP64", &[3], fp64(&[4.0, 31.5, 59.0]));
    request("species", vec![x, input("c", "BYTES", &[3, 1], bytes(&["u", "v", "never seen"]))])
}

/// The same with its elements as bytes.
fn raw(mut typed: ModelInferRequest) -> ModelInferRequest {
    for input in &mut typed.inputs {
        let contents = input.contents.take().unwrap();
        let mut blob = Vec::new();
        contents.fp64_contents.iter().for_each(|x| blob.extend(x.to_le_bytes()));
        for text in &contents.bytes_contents {
            blob.extend((text.len() as u32).to_le_bytes());
            blob.extend(text);
        }
        typed.raw_input_contents.push(blob.into());
    }
    typed
}

fn frame(message: &[u8]) -> Vec<u8> {
    [&[0], &(message.len() as u32).to_be_bytes()[..], message].concat()
}

/// A field of a message that has a length.
fn field(tag: u32, bytes: &[u8]) -> Vec<u8> {
    let mut head = Vec::new();
    encode_key(tag, WireType::LengthDelimited, &mut head);
    encode_varint(bytes.len() as u64, &mut head);
    [&head, bytes].concat()
}

/// Sends any bytes to a method, without a socket. The code, the message, and all headers of a refusal; code 0 where there is none.
async fn send(service: &Service, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> (Code, HeaderMap) {
    let request =
        Request::builder().method("POST").uri(path).version(Version::HTTP_2).header("host", "localhost");
    let request = request.header("content-type", "application/grpc");
    let request = headers.iter().fold(request, |r, (name, value)| r.header(*name, *value));
    let reply = service.answer(request.body(Bytes::from(body)).unwrap()).await;
    assert_eq!(
        (reply.status().as_u16(), &reply.headers()["content-type"]),
        (200, &"application/grpc".parse().unwrap())
    );
    let code = reply.headers().get("grpc-status").map_or(Code::Ok, |code| Code::from_bytes(code.as_bytes()));
    (code, reply.headers().clone())
}

const INFER: &str = "/inference.GRPCInferenceService/ModelInfer";

#[tokio::test(flavor = "multi_thread")]
async fn every_method_answers_as_its_path_does() {
    let server = Live::start(Options::default()).await;
    let mut client = client(&server).await;
    assert!(client.server_live(ServerLiveRequest {}).await.unwrap().get_ref().live);
    assert!(client.server_ready(ServerReadyRequest {}).await.unwrap().get_ref().ready);
    let about = client.server_metadata(ServerMetadataRequest {}).await.unwrap().into_inner();
    assert_eq!((about.name.as_str(), about.version.as_str()), ("planish", env!("CARGO_PKG_VERSION")));
    let named = |version: &str| ModelReadyRequest { name: "mass".into(), version: version.into() };
    for version in ["", "1"] {
        assert!(client.model_ready(named(version)).await.unwrap().get_ref().ready);
    }
    for version in ["2", "x", "+1"] {
        assert_eq!(client.model_ready(named(version)).await.unwrap_err().code(), Code::NotFound, "{version}");
    }
    for model in ["mass", "species"] {
        let asked = ModelMetadataRequest { name: model.into(), version: String::new() };
        let meta = client.model_metadata(asked).await.unwrap().into_inner();
        let port = |p: &crate::generated::inference::model_metadata_response::TensorMetadata| json!({ "name": p.name, "datatype": p.datatype, "shape": p.shape });
        let ports = |all: &[_]| all.iter().map(port).collect::<Vec<_>>();
        let ours = json!({ "name": meta.name, "versions": meta.versions, "platform": meta.platform, "inputs": ports(&meta.inputs), "outputs": ports(&meta.outputs) });
        assert_eq!(ours, ask(&server.service, "GET", &format!("/v2/models/{model}"), "").await.1);
    }
    client.model_infer(mass()).await.unwrap();
    let asked = ModelStatisticsRequest { name: "mass".into(), version: "1".into() };
    let stats = client.model_statistics(asked).await.unwrap().into_inner().model_stats;
    assert_eq!((stats[0].inference_count, stats[0].execution_count), (1, 1));
    assert!(stats[0].inference_stats.unwrap().compute_infer.unwrap().ns > 0);
    server.stop().await;
}

/// The outputs of an answer as REST has them: labels and numbers.
fn outputs(answer: &ModelInferResponse) -> Vec<serde_json::Value> {
    let mut raw = answer.raw_output_contents.iter();
    let output = |o: &crate::generated::inference::model_infer_response::InferOutputTensor| {
        let data = match (&o.contents, raw.next()) {
            (Some(c), None) if o.datatype == "BYTES" => {
                c.bytes_contents.iter().map(|t| json!(std::str::from_utf8(t).unwrap())).collect()
            }
            (Some(c), None) => c.fp64_contents.iter().map(|x| json!(x)).collect(),
            (None, Some(blob)) if o.datatype == "BYTES" => {
                let (mut texts, mut rest) = (Vec::new(), &blob[..]);
                while let Some((n, after)) = rest.split_first_chunk::<4>() {
                    let (text, after) = after.split_at(u32::from_le_bytes(*n) as usize);
                    texts.push(json!(std::str::from_utf8(text).unwrap()));
                    rest = after;
                }
                texts
            }
            (None, Some(blob)) => {
                blob.chunks(8).map(|b| json!(f64::from_le_bytes(b.try_into().unwrap()))).collect::<Vec<_>>()
            }
            _ => panic!("{o:?}"),
        };
        json!({ "name": o.name, "datatype": o.datatype, "shape": o.shape, "data": data })
    };
    answer.outputs.iter().map(output).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_and_typed_elements_give_the_same_bits_as_rest() {
    let server = Live::start(Options::default()).await;
    let mut client = client(&server).await;
    let rows = r#"{"inputs":[{"name":"x","shape":[3],"datatype":"FP64","data":[4,31.5,59]},{"name":"c","shape":[3],"datatype":"BYTES","data":["u","v","never seen"]}]}"#;
    let (_, rest) = ask(&server.service, "POST", "/v2/models/species/infer", rows).await;
    for asked in [species(), raw(species())] {
        let typed = asked.raw_input_contents.is_empty();
        let answer =
            client.model_infer(ModelInferRequest { id: "a7".into(), ..asked }).await.unwrap().into_inner();
        assert_eq!(
            (answer.model_name.as_str(), answer.model_version.as_str(), answer.id.as_str()),
            ("species", "1", "a7")
        );
        assert_eq!(answer.raw_output_contents.is_empty(), typed);
        assert_eq!(json!(outputs(&answer)), rest["outputs"]);
    }
    for asked in [mass(), raw(mass())] {
        assert_eq!(outputs(&client.model_infer(asked).await.unwrap().into_inner())[0]["data"], json!([9.0]));
    }
    let wanted = |name: &str| InferRequestedOutputTensor { name: name.into(), ..Default::default() };
    let one = ModelInferRequest { outputs: vec![wanted("probabilities")], ..raw(species()) };
    assert_eq!(outputs(&client.model_infer(one).await.unwrap().into_inner()), [rest["outputs"][1].clone()]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_datatype_has_its_field() {
    let server = Live::start(Options::default()).await;
    let mut client = client(&server).await;
    let none = InferTensorContents::default;
    for (datatype, contents, y) in [
        ("BOOL", InferTensorContents { bool_contents: vec![true], ..none() }, 3.0),
        ("INT8", InferTensorContents { int_contents: vec![-5], ..none() }, -9.0),
        ("INT64", InferTensorContents { int64_contents: vec![4], ..none() }, 9.0),
        ("UINT16", InferTensorContents { uint_contents: vec![4], ..none() }, 9.0),
        ("UINT64", InferTensorContents { uint64_contents: vec![4], ..none() }, 9.0),
        ("FP32", InferTensorContents { fp32_contents: vec![0.5], ..none() }, 2.0),
    ] {
        let asked = request("mass", vec![input("x", datatype, &[1], contents)]);
        let answer = client.model_infer(asked).await.unwrap().into_inner();
        assert_eq!(answer.outputs[0].contents.as_ref().unwrap().fp64_contents, [y], "{datatype}");
    }
    for (datatype, contents, part) in [
        ("FP64", InferTensorContents { fp32_contents: vec![1.0], ..none() }, "fp64_contents"),
        ("FP64", InferTensorContents { fp32_contents: vec![1.0], ..fp64(&[1.0]) }, "fp64_contents"),
        ("INT8", InferTensorContents { int_contents: vec![128], ..none() }, "element 0 is 128"),
        ("FP16", fp64(&[1.0]), "raw_input_contents"),
        ("FP65", fp64(&[1.0]), "unknown datatype"),
        (
            "BYTES",
            InferTensorContents { bytes_contents: vec![Bytes::from_static(b"\xff")], ..none() },
            "UTF-8",
        ),
    ] {
        let e = client
            .model_infer(request("mass", vec![input("x", datatype, &[1], contents)]))
            .await
            .unwrap_err();
        assert!(e.code() == Code::InvalidArgument && e.message().contains(part), "{datatype}: {e}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_wrong_is_told_what_to_mend() {
    let server = Live::start(Options::default()).await;
    let mut client = client(&server).await;
    let both = ModelInferRequest { raw_input_contents: raw(mass()).raw_input_contents, ..mass() };
    let neither = request("mass", vec![InferInputTensor { contents: None, ..mass().inputs[0].clone() }]);
    let short = ModelInferRequest { raw_input_contents: vec![Bytes::from_static(&[0; 7])], ..raw(mass()) };
    let few = ModelInferRequest { raw_input_contents: vec![Bytes::new(); 2], ..raw(mass()) };
    let shaped = |shape: &[i64]| request("mass", vec![input("x", "FP64", shape, fp64(&[4.0]))]);
    let wanted = |name: &str| InferRequestedOutputTensor { name: name.into(), ..Default::default() };
    let best = InferParameter { parameter_choice: Some(ParameterChoice::Int64Param(2)) };
    let classes = InferRequestedOutputTensor {
        parameters: [("classification".into(), best)].into(),
        ..wanted("prediction")
    };
    let with = |outputs| ModelInferRequest { outputs, ..mass() };
    use Code::{InvalidArgument, NotFound};
    for (asked, code, part) in [
        (
            both,
            InvalidArgument,
            "input \"x\": it has \"contents\", and the request \"raw_input_contents\" too",
        ),
        (neither, InvalidArgument, "neither"),
        (short, InvalidArgument, "1 elements of 8 bytes are not the 7 bytes"),
        (few, InvalidArgument, "2 elements for 1 inputs"),
        (shaped(&[2]), InvalidArgument, "needs 2 elements, contents has 1"),
        (shaped(&[-1]), InvalidArgument, "negative length"),
        (shaped(&[i64::MAX, 3]), InvalidArgument, "too many elements"),
        (shaped(&[1; 9]), InvalidArgument, "9 dimensions"),
        (shaped(&[1, 1, 1]), InvalidArgument, "[rows] or [rows, 1]"),
        (request("mass", vec![]), InvalidArgument, "input \"x\" is missing"),
        (request("mass", vec![mass().inputs[0].clone(); 65]), InvalidArgument, "65 inputs"),
        (request("mass", vec![input("z", "FP64", &[1], fp64(&[1.0]))]), InvalidArgument, "no input \"z\""),
        (request("mass", vec![input("x", "BYTES", &[1], bytes(&["a"]))]), InvalidArgument, "not of BYTES"),
        (with(vec![wanted("other")]), InvalidArgument, "no output \"other\""),
        (with(vec![wanted("prediction"); 2]), InvalidArgument, "asked for twice"),
        (with(vec![classes]), InvalidArgument, "classification"),
        (ModelInferRequest { model_name: "nobody".into(), ..mass() }, NotFound, "no model \"nobody\""),
        (ModelInferRequest { model_version: "7".into(), ..mass() }, NotFound, "version 7"),
    ] {
        let e = client.model_infer(asked).await.unwrap_err();
        assert!(e.code() == code && e.message().contains(part), "{part}: {e}");
    }
    assert!(server.is_well().await);
    server.stop().await;
}

#[tokio::test]
async fn what_is_no_message_is_refused_without_harm() {
    let service = service(Options::default());
    let good = frame(&mass().encode_to_vec());
    assert_eq!(send(&service, INFER, &[], good.clone()).await.0, Code::Ok);
    let squeezed = |message: &[u8]| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(message).unwrap();
        let mut frame = frame(&gzip.finish().unwrap());
        frame[0] = 1;
        frame
    };
    let gzip = [("grpc-encoding", "gzip")];
    assert_eq!(send(&service, INFER, &gzip, squeezed(&good[5..])).await.0, Code::Ok);
    let million = |part: &[u8]| part.repeat(1 << 20);
    let inputs = million(&field(5, &[]));
    let parameters = field(5, &million(&field(4, &[])));
    let texts = field(5, &field(5, &field(8, &[]).repeat(3 << 20)));
    for (what, headers, body, code) in [
        ("nothing", &[][..], Vec::new(), Code::InvalidArgument),
        ("half a frame", &[], good[..4].to_vec(), Code::InvalidArgument),
        ("too short", &[], good[..good.len() - 1].to_vec(), Code::InvalidArgument),
        ("two messages", &[], [good.clone(), good.clone()].concat(), Code::InvalidArgument),
        ("a wrong flag", &[], [&[2], &good[1..]].concat(), Code::InvalidArgument),
        ("no protobuf", &[], frame(b"\x0a\xffnonsense"), Code::InvalidArgument),
        ("a wrong field", &[], frame(b"\x0a\x02\xff\xfe"), Code::InvalidArgument),
        ("compression without a name", &[], squeezed(&good[5..]), Code::InvalidArgument),
        ("another compression", &[("grpc-encoding", "zstd")], squeezed(&good[5..]), Code::Unimplemented),
        (
            "no gzip",
            &gzip,
            {
                let mut f = good.clone();
                f[0] = 1;
                f
            },
            Code::InvalidArgument,
        ),
        ("a gzip bomb", &gzip, squeezed(&vec![0; 16 << 20]), Code::ResourceExhausted),
        ("too long", &[], frame(&vec![0; 9 << 20]), Code::ResourceExhausted),
        ("a million inputs", &[], frame(&inputs), Code::ResourceExhausted),
        ("a million parameters", &[], frame(&parameters), Code::ResourceExhausted),
        ("three million texts", &[], frame(&texts), Code::ResourceExhausted),
        ("a deadline that is none", &[("grpc-timeout", "soon")], good.clone(), Code::InvalidArgument),
    ] {
        let (found, headers) = send(&service, INFER, headers, body).await;
        assert_eq!(found, code, "{what}: {headers:?}");
        assert!(headers.contains_key("x-request-id"), "{what}");
    }
    let long = frame(&HealthCheckRequest { service: "a".repeat(1 << 10) }.encode_to_vec());
    assert_eq!(send(&service, "/grpc.health.v1.Health/Check", &[], long).await.0, Code::ResourceExhausted);
    assert_eq!(
        send(&service, "/inference.GRPCInferenceService/ModelConfig", &[], frame(&[])).await.0,
        Code::Unimplemented
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn compressed_messages_are_read() {
    let server = Live::start(Options::default()).await;
    let mut client = client(&server).await.send_compressed(CompressionEncoding::Gzip);
    assert_eq!(outputs(&client.model_infer(mass()).await.unwrap().into_inner())[0]["data"], json!([9.0]));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_their_scopes_hold() {
    // The digests of "abc" and of "abd".
    let abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let abd = "sha256:a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9";
    let folder = tempfile::tempdir().unwrap();
    let keys = keys_in(&folder, &format!("team predict {abc}\nwatch metrics {abd}"));
    let server = Live::start(Options { keys, ..Options::default() }).await;
    let channel = channel(&server).await;
    let asked = |key: Option<&str>| {
        let mut request = tonic::Request::new(mass());
        if let Some(key) = key {
            request.metadata_mut().insert("authorization", format!("Bearer {key}").parse().unwrap());
        }
        let mut client = GrpcInferenceServiceClient::new(channel.clone());
        async move { client.model_infer(request).await.map(drop).map_err(|e| e.code()) }
    };
    assert_eq!(asked(None).await, Err(Code::Unauthenticated));
    assert_eq!(asked(Some("abe")).await, Err(Code::Unauthenticated));
    assert_eq!(asked(Some("abd")).await, Err(Code::PermissionDenied));
    assert_eq!(asked(Some("abc")).await, Ok(()));
    let mut client = GrpcInferenceServiceClient::new(channel.clone());
    assert!(client.server_live(ServerLiveRequest {}).await.unwrap().get_ref().live);
    assert_eq!(
        client.server_metadata(ServerMetadataRequest {}).await.unwrap_err().code(),
        Code::Unauthenticated
    );
    let status = HealthClient::new(channel).check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(status.get_ref().status(), ServingStatus::Serving);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_cannot_ask_more_often_than_the_rate() {
    let server = Live::start(Options { rate: 2, ..Options::default() }).await;
    let mut client = client(&server).await;
    let mut refused = None;
    for _ in 0..3 {
        refused = client.model_infer(mass()).await.err().or(refused);
    }
    let refused: Status = refused.expect("the third comes too soon");
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert_eq!(refused.metadata().get("grpc-retry-pushback-ms").unwrap(), "1000");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_calls_at_once_are_refused_with_a_time_to_wait() {
    let batch_delay = Duration::from_millis(300);
    let server = Live::start(Options { in_flight: 1, batch_delay, ..Options::default() }).await;
    let client = client(&server).await;
    let first = tokio::spawn({
        let mut client = client.clone();
        async move { client.model_infer(mass()).await.map(|answer| outputs(answer.get_ref())) }
    });
    while metric(&server.service, "planish_in_flight") == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // On the same connection: a place is a call's, not a client's.
    let refused = client.clone().model_infer(mass()).await.unwrap_err();
    assert_eq!((refused.code(), refused.message()), (Code::ResourceExhausted, "too many requests at once"));
    assert_eq!(refused.metadata().get("grpc-retry-pushback-ms").unwrap(), "1000");
    assert!(client.clone().server_live(ServerLiveRequest {}).await.is_ok(), "probes need no place");
    assert_eq!(first.await.unwrap().unwrap()[0]["data"], json!([9.0]));
    assert!(client.clone().model_infer(mass()).await.is_ok());
    server.stop().await;
}

#[tokio::test]
async fn an_answer_that_is_not_ready_in_time_is_given_up() {
    let service = service(Options { batch_delay: Duration::from_millis(300), ..Options::default() });
    let body = frame(&mass().encode_to_vec());
    assert_eq!(
        send(&service, INFER, &[("grpc-timeout", "20m")], body.clone()).await.0,
        Code::DeadlineExceeded
    );
    assert_eq!(send(&service, INFER, &[("grpc-timeout", "5S")], body).await.0, Code::Ok);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_sees_the_service_stop_and_holds_nobody_up() {
    let options = Options {
        idle_timeout: Duration::from_millis(100),
        drain_delay: Duration::from_millis(300),
        ..Options::default()
    };
    let server = Live::start(options).await;
    let mut health = HealthClient::new(channel(&server).await);
    let other = HealthCheckRequest { service: "nobody".into() };
    assert_eq!(health.check(other.clone()).await.unwrap_err().code(), Code::NotFound);
    let mut unknown = health.watch(other).await.unwrap().into_inner();
    let first = unknown.message().await.unwrap().unwrap();
    assert_eq!(first.status(), ServingStatus::ServiceUnknown);
    let named = HealthCheckRequest { service: "inference.GRPCInferenceService".into() };
    let mut watching = health.watch(named.clone()).await.unwrap().into_inner();
    assert_eq!(watching.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    // Longer than a connection may do nothing.
    tokio::time::sleep(Duration::from_millis(400)).await;
    let running = server.begin_stop();
    assert_eq!(watching.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    assert!(watching.message().await.unwrap().is_none(), "and that is the end");
    assert_eq!(health.check(named).await.unwrap().get_ref().status(), ServingStatus::NotServing);
    tokio::time::timeout(Duration::from_secs(5), running).await.expect("before the drain's end").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_counted_and_named() {
    let server = Live::start(Options::default()).await;
    let mut client = client(&server).await;
    let mut named = tonic::Request::new(mass());
    named.metadata_mut().insert("x-request-id", "order-66".parse().unwrap());
    let answer = client.model_infer(named).await.unwrap();
    assert_eq!(answer.metadata().get("x-request-id").unwrap(), "order-66");
    client.model_infer(request("nobody", vec![])).await.unwrap_err();
    let text = server.service.metrics_text().unwrap();
    for line in [
        r#"planish_requests_total{endpoint="grpc_model_infer",status="200"} 1"#,
        r#"planish_requests_total{endpoint="grpc_model_infer",status="404"} 1"#,
        r#"planish_refused_total{reason="not_found"} 1"#,
        r#"planish_predicted_rows_total{model="mass",version="1"} 1"#,
    ] {
        assert!(text.lines().any(|l| l == line), "{line} is missing in\n{text}");
    }
    server.stop().await;
}
