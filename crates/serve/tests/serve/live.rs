//! A server on loopback, and a client that may send anything.

use super::service;
use planish_serve::{Options, Service, run};
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) struct Live {
    pub(crate) addr: SocketAddr,
    pub(crate) service: Service,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The message of an error; the body must be `{"error": message}`.
    pub(crate) fn error(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{self:?}: {e}"));
        assert!(self.head.to_lowercase().contains("content-type: application/json"), "{self:?}");
        body["error"].as_str().unwrap_or_else(|| panic!("{self:?}")).to_owned()
    }
}

impl Live {
    pub(crate) async fn start(options: Options) -> Live {
        Live::start_with(service(options)).await
    }

    pub(crate) async fn start_with(service: Service) -> Live {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = run(listener, service.clone(), async { drop(stopped.await) });
        let running = tokio::spawn(async { serving.await.unwrap() });
        Live { addr, service, stop, running }
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.addr).await.unwrap()
    }

    /// Sends these bytes on a new connection and reads until the server closes it.
    pub(crate) async fn send(&self, bytes: &[u8]) -> Answer {
        let mut socket = self.connect().await;
        // A server that has heard enough may close before all is sent.
        let _ = socket.write_all(bytes).await;
        rest(&mut socket).await
    }

    /// A whole request on a new connection.
    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        self.send(&request(method, path, headers, body)).await
    }

    /// Whether a normal request is answered within a second.
    pub(crate) async fn is_well(&self) -> bool {
        let body = br#"{"model":"mass","rows":[{"x":4}]}"#;
        let asked = self.ask("POST", "/predict", "", body);
        let answer =
            tokio::time::timeout(Duration::from_secs(1), asked).await.expect("an answer within a second");
        answer.status == 200 && answer.body.contains(r#""prediction":9.0"#)
    }

    /// Signals the server to stop.
    pub(crate) fn begin_stop(self) -> JoinHandle<()> {
        let _ = self.stop.send(());
        self.running
    }

    /// Stops the server and waits for its end.
    pub(crate) async fn stop(self) {
        self.begin_stop().await.unwrap();
    }
}

/// A request that asks for the connection to be closed after it.
pub(crate) fn request(method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = format!("content-length: {}\r\n", body.len());
    let head =
        format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{length}{headers}\r\n");
    [head.as_bytes(), body].concat()
}

/// What the server sends until it closes the connection.
pub(crate) async fn rest(socket: &mut TcpStream) -> Answer {
    let (mut all, mut piece) = (Vec::new(), [0; 4096]);
    let read = async {
        while let Ok(n @ 1..) = socket.read(&mut piece).await {
            all.extend_from_slice(&piece[..n]);
        }
    };
    tokio::time::timeout(Duration::from_secs(20), read).await.expect("the server closes the connection");
    parse(&String::from_utf8_lossy(&all))
}

fn parse(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let status = head.split_whitespace().nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}
