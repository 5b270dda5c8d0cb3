//! Answers that clients do not take stay within bounds and end their connection in time; so do connections over which nothing is said.

use super::attacks::h2_frame;
use super::live::{Live, request};
use super::metric;
use planish_serve::Options;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const DATA: u8 = 0;
const END: u8 = 1;
/// What one connection may have unsent before its next requests wait, and a bit.
const BOUND: usize = (1 << 20) + (128 << 10);

/// HTTP/2 said by hand.
struct Frames {
    socket: TcpStream,
    next: u32,
}

impl Frames {
    /// Connects and opens this window for each answer, and the whole for the connection.
    async fn connect(server: &Live, window: u32) -> Frames {
        let mut socket = server.connect().await;
        let settings = h2_frame(SETTINGS, 0, 0, &[&[0, 4][..], &window.to_be_bytes()].concat());
        let whole = h2_frame(8, 0, 0, &((1_u32 << 31) - 1 - 65535).to_be_bytes());
        socket.write_all(&[PREFACE, &settings, &whole].concat()).await.unwrap();
        Frames { socket, next: 1 }
    }

    /// Asks for this path so many times; `rest` are more headers and `body` what is sent.
    async fn ask(&mut self, times: u32, method: u8, path: &str, rest: &[u8], body: Option<&[u8]>) {
        let named = |name: u8, value: &str| [&[name, value.len() as u8][..], value.as_bytes()].concat();
        let head = [&[method, 0x86][..], &named(4, path), &named(1, "localhost"), rest].concat();
        for _ in 0..times {
            let end = if body.is_none() { END } else { 0 };
            let mut bytes = h2_frame(1, 4 | end, self.next, &head);
            bytes.extend(body.map_or(Vec::new(), |body| h2_frame(DATA, END, self.next, body)));
            // A server that has waited enough may close before all is sent.
            let _ = self.socket.write_all(&bytes).await;
            self.next += 2;
        }
    }

    async fn get(&mut self, times: u32, path: &str) {
        self.ask(times, 0x82, path, &[], None).await;
    }

    /// The next frame: its kind, its flags, and its length; nothing when the connection is closed.
    async fn frame(&mut self) -> Option<(u8, u8, usize)> {
        let mut head = [0; 9];
        self.socket.read_exact(&mut head).await.ok()?;
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        self.socket.read_exact(&mut vec![0; length]).await.ok()?;
        Some((head[3], head[4], length))
    }

    /// Reads until the server closes the connection; the bytes of answers that came.
    async fn until_closed(&mut self) -> usize {
        let mut data = 0;
        let read = async {
            while let Some((kind, _, length)) = self.frame().await {
                data += if kind == DATA { length } else { 0 };
            }
        };
        tokio::time::timeout(Duration::from_secs(30), read).await.expect("the server closes the connection");
        data
    }
}

/// Waits for what must come.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), wait).await.unwrap_or_else(|_| panic!("{what}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_without_a_window_stay_within_bounds_and_end_their_connection() {
    let write_timeout = Duration::from_secs(2);
    let server = Live::start(Options { write_timeout, ..Options::default() }).await;
    let length = server.ask("GET", "/openapi.json", "", b"").await.body.len();
    assert!(length * 100 > 2 * BOUND, "{length} bytes make no attack");
    let mut attacks = Vec::new();
    for _ in 0..4 {
        let mut frames = Frames::connect(&server, 0).await;
        frames.get(100, "/openapi.json").await;
        attacks.push(frames);
    }
    until("answers are made", || metric(&server.service, "planish_unsent_bytes") > BOUND / 2).await;
    for _ in 0..20 {
        let bytes = metric(&server.service, "planish_unsent_bytes");
        assert!(bytes <= 4 * BOUND, "{bytes} bytes wait");
        assert!(server.is_well().await);
    }
    for frames in &mut attacks {
        assert_eq!(frames.until_closed().await, 0);
    }
    until("all is given back", || metric(&server.service, "planish_unsent_bytes") == 0).await;
    assert_eq!(metric(&server.service, r#"planish_refused_total{reason="unread"}"#), 4);
    let made = metric(&server.service, r#"planish_requests_total{endpoint="openapi",status="200"}"#);
    assert!((made - 1) * length <= 4 * BOUND, "{made} answers were made");
    until("their places are free", || metric(&server.service, "planish_connections") == 0).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_gets_all_answers_however_many_were_asked_for() {
    let server = Live::start(Options::default()).await;
    let length = server.ask("GET", "/openapi.json", "", b"").await.body.len();
    let mut frames = Frames::connect(&server, (1 << 31) - 1).await;
    frames.get(100, "/openapi.json").await;
    let (mut ended, mut data) = (0, 0);
    while ended < 100 {
        let (kind, flags, length) = frames.frame().await.expect("the connection goes on");
        if kind == DATA {
            ended += usize::from(flags & END != 0);
            data += length;
        }
    }
    assert_eq!(data, 100 * length);
    drop(frames);
    until("all is given back", || metric(&server.service, "planish_unsent_bytes") == 0).await;
    assert_eq!(metric(&server.service, r#"planish_refused_total{reason="unread"}"#), 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_over_grpc_whose_answer_is_not_taken_ends_its_connection() {
    let write_timeout = Duration::from_millis(200);
    let server = Live::start(Options { write_timeout, ..Options::default() }).await;
    for path in ["/inference.GRPCInferenceService/ServerMetadata", "/grpc.health.v1.Health/Watch"] {
        let mut frames = Frames::connect(&server, 0).await;
        // The content type as a literal.
        let grpc = [&[0x0f, 0x10, 16][..], b"application/grpc"].concat();
        frames.ask(3, 0x83, path, &grpc, Some(&[0; 5])).await;
        assert_eq!(frames.until_closed().await, 0, "{path}");
    }
    assert_eq!(metric(&server.service, r#"planish_refused_total{reason="unread"}"#), 2);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_room_for_answers_is_taken_long_ones_are_refused_and_short_ones_go_on() {
    let write_timeout = Duration::from_secs(120);
    let options = Options { unsent_bytes: 64 << 10, write_timeout, ..Options::default() };
    let server = Live::start(options).await;
    let mut frames = Frames::connect(&server, 0).await;
    frames.get(20, "/openapi.json").await;
    until("the room is taken", || metric(&server.service, "planish_unsent_bytes") > 32 << 10).await;
    until("the refusal is seen", || metric(&server.service, r#"planish_refused_total{reason="unsent"}"#) > 0)
        .await;
    let answer = server.ask("GET", "/openapi.json", "", b"").await;
    assert_eq!(answer.status, 429, "{answer:?}");
    assert!(answer.head.contains("retry-after: 1") && answer.error().contains("answers"), "{answer:?}");
    assert!(server.is_well().await);
    drop(frames);
    until("all is given back", || metric(&server.service, "planish_unsent_bytes") == 0).await;
    assert_eq!(server.ask("GET", "/openapi.json", "", b"").await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_has_the_time_of_a_head_and_who_said_something_may_be_idle() {
    let header_timeout = Duration::from_secs(1);
    let server = Live::start(Options { header_timeout, ..Options::default() }).await;
    let mut spoken = Frames::connect(&server, 1000).await;
    let mut kept = server.connect().await;
    let live = String::from_utf8(request("GET", "/v2/health/live", "", b"")).unwrap();
    let live = live.replace("connection: close\r\n", "");
    kept.write_all(live.as_bytes()).await.unwrap();
    assert!(kept.read(&mut [0; 512]).await.unwrap() > 0);
    let mut silent = Vec::new();
    let torn = h2_frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]);
    for said in [&b""[..], b"PRI * HTTP/2.0\r\n\r\n", PREFACE, &[PREFACE, &torn[..12]].concat(), b"GET /"] {
        let mut socket = server.connect().await;
        socket.write_all(said).await.unwrap();
        silent.push((socket, said.to_vec()));
    }
    for (socket, said) in &mut silent {
        // The service may have said its settings.
        let mut sink = [0; 512];
        let closed = async { while matches!(socket.read(&mut sink).await, Ok(1..)) {} };
        let said = String::from_utf8_lossy(said);
        tokio::time::timeout(Duration::from_secs(30), closed).await.unwrap_or_else(|_| panic!("{said:?}"));
    }
    assert_eq!(metric(&server.service, r#"planish_refused_total{reason="slow_head"}"#), 5);
    spoken.socket.write_all(&h2_frame(PING, 0, 0, &[7; 8])).await.unwrap();
    let answered = async { while spoken.frame().await.expect("it is open").0 != PING {} };
    tokio::time::timeout(Duration::from_secs(30), answered).await.expect("an answer");
    kept.write_all(live.as_bytes()).await.unwrap();
    assert!(kept.read(&mut [0; 512]).await.unwrap() > 0);
    drop((spoken, kept));
    server.stop().await;
}
