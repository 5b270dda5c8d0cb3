//! One request for each status that the service gives, and its `{"error": …}`.

use super::live::{Live, request, rest};
use super::{keys_in, metric, service};
use planish_serve::{Keys, Options, ServeError, run};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// How long a prediction waits for others, where one must be slow.
const SLOW: Duration = Duration::from_millis(300);
const ROWS: &[u8] = br#"{"model":"mass","rows":[{"x":4}]}"#;

#[tokio::test(flavor = "multi_thread")]
async fn bad_json_shape_type_name_and_length_are_400() {
    let server = Live::start(Options::default()).await;
    let tensor = |name: &str, shape: &str, datatype: &str, data: &str| {
        format!(r#"{{"inputs":[{{"name":"{name}","shape":{shape},"datatype":"{datatype}","data":{data}}}]}}"#)
    };
    for (body, part) in [
        ("{".to_owned(), "line 1 column 1"),
        (tensor("x", "[1,2]", "FP64", "[1,2]"), "shape"),
        (tensor("x", "[1]", "FP99", "[1]"), "datatype"),
        (tensor("z", "[1]", "FP64", "[1]"), r#"no input "z""#),
        (tensor("x", "[3]", "FP64", "[1]"), "needs 3 elements"),
    ] {
        let answer = server.ask("POST", "/v2/models/mass/infer", "", body.as_bytes()).await;
        assert!(answer.status == 400 && answer.error().contains(part), "{body}: {answer:?}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_is_401_and_one_without_the_scope_403() {
    let abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let folder = tempfile::tempdir().unwrap();
    let keys = keys_in(&folder, &format!("probe metrics {abc}"));
    let server = Live::start(Options { keys, ..Options::default() }).await;
    let answer = server.ask("POST", "/predict", "", ROWS).await;
    assert_eq!(answer.status, 401);
    assert!(
        answer.error().contains("a key is needed") && answer.head.contains("www-authenticate: Bearer"),
        "{answer:?}"
    );
    assert_eq!(server.ask("POST", "/predict", "authorization: Bearer abd\r\n", ROWS).await.status, 401);
    let answer = server.ask("POST", "/predict", "authorization: Bearer abc\r\n", ROWS).await;
    assert!(answer.status == 403 && answer.error().contains("the scope predict"), "{answer:?}");
    assert_eq!(server.ask("GET", "/v2/health/ready", "", b"").await.status, 200, "probes need no key");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_models_and_versions_are_404_and_methods_405() {
    let server = Live::start(Options::default()).await;
    for path in ["/nowhere", "/v2/models/none", "/v2/models/mass/versions/2"] {
        let answer = server.ask("GET", path, "", b"").await;
        assert!(answer.status == 404 && !answer.error().is_empty(), "{answer:?}");
    }
    let answer = server.ask("DELETE", "/predict", "", b"").await;
    assert!(answer.status == 405 && answer.head.contains("allow: POST"), "{answer:?}");
    answer.error();
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_body_is_408() {
    let options = Options { body_timeout: Duration::from_millis(100), ..Options::default() };
    let server = Live::start(options).await;
    let answer =
        server.send(b"POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: 50\r\n\r\n{").await;
    assert_eq!((answer.status, answer.error().as_str()), (408, "the body did not arrive in time"));
    assert!(server.is_well().await);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_without_a_length_is_411_and_one_too_long_413() {
    let server = Live::start(Options { body_bytes: 1000, ..Options::default() }).await;
    let answer = server.send(b"POST /predict HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
    assert!(answer.status == 411 && answer.error().contains("content-length"), "{answer:?}");
    let answer = server.ask("POST", "/predict", "", &[b' '; 1001]).await;
    assert!(answer.status == 413 && answer.error().contains("larger than 1000 bytes"), "{answer:?}");
    let chunks = [
        b"POST /predict HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n3e9\r\n".as_slice(),
        &[b' '; 1001],
    ];
    let answer = server.send(&chunks.concat()).await;
    assert_eq!((answer.status, answer.error().as_str()), (413, "the body is larger than 1000 bytes"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_encoding_is_415() {
    let server = Live::start(Options::default()).await;
    let answer = server.ask("POST", "/predict", "content-encoding: br\r\n", ROWS).await;
    assert!(answer.status == 415 && answer.error().contains("gzip"), "{answer:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_at_once_are_429_with_a_time_to_wait() {
    let server = Live::start(Options { in_flight: 1, batch_delay: SLOW, ..Options::default() }).await;
    let mut first = server.connect().await;
    first.write_all(&request("POST", "/predict", "", ROWS)).await.unwrap();
    while metric(&server.service, "planish_in_flight") == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let answer = server.ask("POST", "/predict", "", ROWS).await;
    assert!(answer.status == 429 && answer.head.contains("retry-after: 1"), "{answer:?}");
    assert_eq!(answer.error(), "too many requests at once");
    assert_eq!(server.ask("GET", "/v2/health/ready", "", b"").await.status, 200, "probes need no place");
    assert_eq!(rest(&mut first).await.status, 200);
    assert!(server.is_well().await);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asks_too_often_is_429() {
    let server = Live::start(Options { rate: 1, ..Options::default() }).await;
    assert_eq!(server.ask("POST", "/predict", "", ROWS).await.status, 200);
    let answer = server.ask("POST", "/predict", "", ROWS).await;
    assert!(answer.status == 429 && answer.head.contains("retry-after: 1"), "{answer:?}");
    assert_eq!(answer.error(), "too many requests from this client");
    assert_eq!(server.ask("GET", "/v2/health/live", "", b"").await.status, 200, "probes are not counted");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_share_a_budget_of_memory() {
    let server = Live::start(Options { buffered_bytes: 50, ..Options::default() }).await;
    let answer = server.ask("POST", "/predict", "", &[b' '; 51]).await;
    assert!(answer.status == 429 && answer.error().contains("large requests"), "{answer:?}");
    for _ in 0..3 {
        assert!(server.is_well().await, "the budget is given back");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_ready_in_time_is_504() {
    let server =
        Live::start(Options { deadline: Duration::from_millis(30), batch_delay: SLOW, ..Options::default() })
            .await;
    let answer = server.ask("POST", "/predict", "", ROWS).await;
    assert_eq!((answer.status, answer.error().as_str()), (504, "the answer was not ready in time"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_service_is_not_ready_but_live_and_finishes_what_it_began() {
    let server = Live::start(Options {
        drain_delay: Duration::from_millis(200),
        batch_delay: SLOW,
        ..Options::default()
    })
    .await;
    let (addr, mut slow) = (server.addr, server.connect().await);
    slow.write_all(&request("POST", "/predict", "", ROWS)).await.unwrap();
    let mut probes = [server.connect().await, server.connect().await];
    let service = server.service.clone();
    while metric(&service, "planish_in_flight") == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let running = server.begin_stop();
    while service.is_ready() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for (probe, path, status) in [(0, "/v2/health/ready", 503), (1, "/v2/health/live", 200)] {
        probes[probe].write_all(&request("GET", path, "", b"")).await.unwrap();
        assert_eq!(rest(&mut probes[probe]).await.status, status, "{path}");
    }
    assert_eq!(rest(&mut slow).await.status, 200);
    running.await.unwrap();
    assert!(tokio::net::TcpStream::connect(addr).await.is_err(), "nobody listens any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_drain_is_bounded() {
    let server = Live::start(Options { drain: Duration::from_millis(50), ..Options::default() }).await;
    let mut slow = server.connect().await;
    slow.write_all(b"POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n").await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), server.stop())
        .await
        .expect("it ends though a body is missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_address_needs_a_key_or_a_word() {
    let listen = || tokio::net::TcpListener::bind("0.0.0.0:0");
    let refused = run(listen().await.unwrap(), service(Options::default()), async {}).await;
    assert!(matches!(refused, Err(ServeError::Public { .. })), "{refused:?}");
    let options = Options { allow_public: true, ..Options::default() };
    run(listen().await.unwrap(), service(options), async {}).await.unwrap();
    let mut keys = Keys::default();
    keys.add("test", "0123456789abcdef").unwrap();
    run(listen().await.unwrap(), service(Options { keys, ..Options::default() }), async {}).await.unwrap();
}
