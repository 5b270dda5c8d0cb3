//! What must not harm the service: after each attack it answers a normal request within a second.

use super::live::{Live, request, rest};
use super::{ask, keys_in, mass, metric, send};
use planish_serve::{Keys, ModelSource, Options, Service};
use planish_tensor::Exec;
use serde_json::{Value, json};
use std::io::Write;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test(flavor = "multi_thread")]
async fn deep_json_is_refused_before_it_is_parsed() {
    let server = Live::start(Options::default()).await;
    let deep = "[".repeat(1 << 20);
    for path in ["/predict", "/v2/models/mass/infer", "/v1/models/mass:predict"] {
        let answer = server.ask("POST", path, "", deep.as_bytes()).await;
        assert!(
            answer.status == 400 && answer.error().contains("deeper than 32"),
            "{path}: {}",
            answer.status
        );
        let in_data = format!(r#"{{"inputs":[{{"name":"x","shape":[1],"datatype":"FP64","data":{deep}"#);
        let answer = server.ask("POST", path, "", in_data.as_bytes()).await;
        assert!(
            answer.status == 400 && answer.error().contains("deeper than 32"),
            "{path}: {}",
            answer.status
        );
    }
    assert!(server.is_well().await);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shape_whose_product_overflows_is_refused() {
    let server = Live::start(Options::default()).await;
    for shape in [
        "[4294967296,4294967296]",
        "[18446744073709551615]",
        "[18446744073709551615,2]",
        "[-1]",
        "[1e3]",
        "[1,1,1,1,1,1,1,1,1]",
    ] {
        let body = format!(r#"{{"inputs":[{{"name":"x","shape":{shape},"datatype":"FP64","data":[1]}}]}}"#);
        let answer = server.ask("POST", "/v2/models/mass/infer", "", body.as_bytes()).await;
        assert!(answer.status == 400 && !answer.error().is_empty(), "{shape}: {answer:?}");
    }
    assert!(server.is_well().await);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gzip_bomb_stops_at_the_limit() {
    let server = Live::start(Options::default()).await;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..256 {
        gzip.write_all(&[b' '; 1 << 20]).unwrap();
    }
    let bomb = gzip.finish().unwrap();
    assert!(bomb.len() < 1 << 20);
    let answer = server.ask("POST", "/predict", "content-encoding: gzip\r\n", &bomb).await;
    assert_eq!((answer.status, answer.error().as_str()), (413, "the body is larger than 8388608 bytes"));
    let answer = server.ask("POST", "/predict", "content-encoding: gzip\r\n", &bomb[..1000]).await;
    assert!(answer.status == 400 && answer.error().contains("gzip"), "{answer:?}");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(br#"{"model":"mass","rows":[{"x":4}]}"#).unwrap();
    let answer = server.ask("POST", "/predict", "content-encoding: gzip\r\n", &gzip.finish().unwrap()).await;
    assert!(answer.status == 200 && answer.body.contains("9.0"), "{answer:?}");
    assert!(server.is_well().await);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_inputs_and_rows_are_refused() {
    let server = Live::start(Options::default()).await;
    let input = r#"{"name":"x","shape":[1],"datatype":"FP64","data":[1]}"#;
    let inputs = format!(r#"{{"inputs":[{}]}}"#, vec![input; 65].join(","));
    let answer = server.ask("POST", "/v2/models/mass/infer", "", inputs.as_bytes()).await;
    assert!(answer.status == 400 && answer.error().contains("64"), "{answer:?}");
    let output = r#"{"name":"prediction"}"#;
    let outputs = format!(r#"{{"inputs":[{input}],"outputs":[{}]}}"#, vec![output; 65].join(","));
    let answer = server.ask("POST", "/v2/models/mass/infer", "", outputs.as_bytes()).await;
    assert!(answer.status == 400 && answer.error().contains("outputs"), "{answer:?}");
    let rows = format!(r#"{{"model":"mass","rows":[{}]}}"#, vec![r#"{"x":1}"#; 4097].join(","));
    let answer = server.ask("POST", "/predict", "", rows.as_bytes()).await;
    assert!(answer.status == 400 && answer.error().contains("1 to 4096"), "{answer:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_site_cannot_ask_through_a_browser() {
    let server = Live::start(Options::default()).await;
    for (host, origin) in [
        ("evil.example", ""),
        ("localhost.evil.example", ""),
        ("localhost", "origin: http://evil.example\r\n"),
        ("localhost", "origin: null\r\n"),
    ] {
        let head =
            format!("GET /v2/models/mass HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{origin}\r\n");
        let answer = server.send(head.as_bytes()).await;
        assert!(answer.status == 403 && !answer.error().is_empty(), "{host} {origin}: {answer:?}");
    }
    let answer = server.send(b"GET /v2 HTTP/1.1\r\nconnection: close\r\n\r\n").await;
    assert!(answer.status == 400 && answer.error().contains("host"), "{answer:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_is_too_long_or_no_http_gets_json_too() {
    let server = Live::start(Options::default()).await;
    let long = format!("GET /v2 HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "y".repeat(17 << 10));
    let answer = server.send(long.as_bytes()).await;
    assert_eq!((answer.status, answer.error().as_str()), (431, "the head of the request is too long"));
    let many = format!("GET /v2 HTTP/1.1\r\nhost: localhost\r\n{}\r\n", "a: b\r\n".repeat(200));
    let answer = server.send(many.as_bytes()).await;
    assert!(answer.status == 431 && !answer.error().is_empty(), "{answer:?}");
    let answer = server.send(b"\x16\x03\x01\x02\x00\x01\x00 not http at all\r\n\r\n").await;
    assert!(answer.status == 400 && !answer.error().is_empty(), "{answer:?}");
    let both =
        b"POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd";
    assert_eq!(server.send(both).await.status, 400, "two lengths smuggle nothing");
    assert!(server.is_well().await);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_send_slowly_or_nothing_are_closed() {
    let (head, idle) = (Duration::from_millis(200), Duration::from_millis(400));
    let server =
        Live::start(Options { header_timeout: head, idle_timeout: idle, ..Options::default() }).await;
    let began = Instant::now();
    // Nothing; the first byte that both versions of HTTP have; a head that never ends, a byte at a time.
    let mut silent = server.connect().await;
    let mut torn = server.connect().await;
    torn.write_all(b"P").await.unwrap();
    let mut slow = server.connect().await;
    slow.write_all(b"GET /v2 HTTP/1.1\r\nhost: localhost\r\n").await.unwrap();
    let (mut read, mut write) = slow.split();
    let drip = async {
        while write.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let mut piece = [0; 64];
    tokio::select! {
        () = drip => {}
        n = read.read(&mut piece) => assert!(matches!(n, Ok(0) | Err(_)), "closed without an answer"),
    }
    rest(&mut silent).await;
    rest(&mut torn).await;
    assert!(began.elapsed() >= head && began.elapsed() < Duration::from_secs(10));
    assert!(server.is_well().await);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_connections_than_places_are_told_so_and_others_go_on() {
    let server = Live::start(Options { connections: 2, ..Options::default() }).await;
    let mut held = [server.connect().await, server.connect().await];
    for socket in &mut held {
        socket.write_all(b"GET /v2/health/live HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        assert!(socket.read(&mut [0; 512]).await.unwrap() > 0);
    }
    let answer = server.ask("GET", "/v2", "", b"").await;
    assert_eq!((answer.status, answer.error().as_str()), (503, "too many connections at once"));
    drop(held);
    while server.ask("GET", "/v2", "", b"").await.status != 200 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(server.is_well().await);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_are_opened_and_reset_end_the_connection_only() {
    let server = Live::start(Options::default()).await;
    let mut socket = server.connect().await;
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend([0, 0, 0, 4, 0, 0, 0, 0, 0]); // settings, empty
    for i in 0..20_000_u32 {
        // Headers (GET http://localhost/ from the static table), then RST_STREAM CANCEL.
        let stream = (2 * i + 1).to_be_bytes();
        bytes.extend([0, 0, 3, 1, 5]);
        bytes.extend(stream);
        bytes.extend([0x82, 0x86, 0x84]);
        bytes.extend([0, 0, 4, 3, 0]);
        bytes.extend(stream);
        bytes.extend([0, 0, 0, 8]);
    }
    let _ = socket.write_all(&bytes).await;
    let mut sink = [0; 4096];
    let closed = async { while matches!(socket.read(&mut sink).await, Ok(1..)) {} };
    tokio::time::timeout(Duration::from_secs(20), closed).await.expect("the connection is ended");
    assert!(server.is_well().await);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_quote_what_was_sent_short_and_escaped() {
    let server = Live::start(Options::default()).await;
    let name = format!("a%0d%0aforged%1b[31m{}", "x".repeat(1000));
    let answer = server.ask("GET", &format!("/v2/models/{name}"), "", b"").await;
    let message = answer.error();
    assert!(answer.status == 404 && message.len() < 200, "{message}");
    assert!(!message.contains(['\r', '\n', '\x1b']) && message.contains(r"a\r\nforged\u{1b}"), "{message}");
    let long = "y".repeat(100_000);
    for (path, body) in [
        ("/predict", format!(r#"{{"rows":"{long}"}}"#)),
        ("/v2/models/mass/infer", format!(r#"{{"inputs":"{long}"}}"#)),
        ("/v1/models/mass:predict", format!(r#"{{"inputs":{{"{long}":1}}}}"#)),
    ] {
        let answer = server.ask("POST", path, "", body.as_bytes()).await;
        let message = answer.error();
        assert!(answer.status == 400 && message.len() < 400 && message.contains("yyy"), "{path}: {message}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_in_a_row_on_one_connection_are_each_answered() {
    let server = Live::start(Options::default()).await;
    let mut socket = server.connect().await;
    let one = String::from_utf8(request("GET", "/v2/models/mass/ready", "", b"")).unwrap();
    let keep = one.replace("connection: close\r\n", "");
    socket.write_all((keep.repeat(50) + &one).as_bytes()).await.unwrap();
    let all = rest(&mut socket).await;
    let ready = all.body.matches(r#"{"name":"mass","ready":true}"#).count();
    assert_eq!(ready, 51);
    server.stop().await;
}

/// A frame of HTTP/2.
pub(crate) fn h2_frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_are_opened_and_reset_at_once_end_the_connection() {
    let server = Live::start(Options::default()).await;
    let mut socket = server.connect().await;
    let mut bytes = [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &h2_frame(4, 0, 0, &[])].concat();
    // Of the static table: GET, http, the path "/"; and the authority as a literal.
    let head = [&[0x82, 0x86, 0x84, 0x01, 9][..], b"localhost"].concat();
    for i in 0..2000 {
        let stream = 2 * i + 1;
        bytes.extend(h2_frame(1, 0x5, stream, &head));
        bytes.extend(h2_frame(3, 0, stream, &8_u32.to_be_bytes()));
    }
    let _ = socket.write_all(&bytes).await;
    let mut answer = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(10), socket.read_to_end(&mut answer)).await;
    assert!(end.is_ok(), "the server closes the connection");
    // GOAWAY with the code ENHANCE_YOUR_CALM.
    let calm = answer.windows(9).position(|w| w[3] == 7 && w[..3] != [0, 0, 0] && w[5..9] == [0; 4]);
    let at = calm.expect("the client is told why");
    assert_eq!(answer[at + 13..at + 17], [0, 0, 0, 11]);
    assert!(server.is_well().await);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_reads_ends_the_connection_in_the_time_of_writing() {
    let write_timeout = Duration::from_millis(400);
    let server = Live::start(Options { write_timeout, ..Options::default() }).await;
    let mut socket = server.connect().await;
    let rows = format!(r#"{{"model":"mass","rows":[{}]}}"#, vec![r#"{"x":1}"#; 4096].join(","));
    let one = String::from_utf8(request("POST", "/predict", "", rows.as_bytes())).unwrap();
    let keep = one.replace("connection: close\r\n", "");
    // Sends until the server, whose answers fill the buffers between, takes no more.
    let sending = async { while socket.write_all(keep.as_bytes()).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(20), sending).await.expect("the connection is ended");
    let open = || metric(&server.service, "planish_connections");
    let closed = async {
        while open() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), closed).await.expect("its place is free again");
    assert!(server.is_well().await);
    server.stop().await;
}

#[tokio::test]
async fn models_are_managed_with_a_key_only_and_failures_tell_no_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.safetensors");
    planish_io::save_model(&mass(), &path).unwrap();
    let abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let open = |keys: &str| {
        let keys = if keys.is_empty() { Keys::default() } else { keys_in(&folder, keys) };
        let source = ModelSource { name: None, path: path.clone() };
        let options = Options { keys, ..Options::default() };
        Service::open(Exec::best(), options, vec![source], Vec::new()).unwrap()
    };
    let (status, answer) = ask(&open(""), "POST", "/admin/reload", "").await;
    assert_eq!(status, 401, "on loopback too: {answer}");
    let service = open(&format!("all predict,admin {abc}"));
    std::fs::write(&path, "nothing").unwrap();
    let key = [("authorization", "Bearer abc")];
    let (head, answer) = send(&service, "POST", "/admin/reload", &key, b"").await;
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let failure = json!({ "model": "m", "version": "1", "reason": "this is not a Planish model" });
    let told =
        json!({ "error": "not read: m/1", "failed": 1, "failures": [failure], "loaded": [], "removed": [] });
    assert_eq!((head.status.as_u16(), answer), (500, told));
    // No path takes a model, or the place of one.
    for (method, path) in [
        ("POST", "/models"),
        ("PUT", "/v2/models/m"),
        ("POST", "/v2/repository/models/m/load"),
        ("POST", "/v2/models/..%2f..%2fm/infer"),
    ] {
        let (head, _) = send(&service, method, path, &key, br#"{"url":"file:///m.safetensors"}"#).await;
        assert!(matches!(head.status.as_u16(), 404 | 405), "{method} {path}: {}", head.status);
    }
}
