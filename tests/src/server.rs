//! A service under test: started, asked over a socket, and stopped.

use crate::program::planish;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

/// A running service.
pub struct Server {
    child: Child,
    address: String,
    log: Option<JoinHandle<String>>,
}

impl Server {
    /// Serves these models of a folder, on a free port.
    pub fn start(folder: &Path, models: &[&str]) -> Server {
        let (mut server, log) = Server::start_unread(folder, models);
        server.read(log);
        server
    }

    /// Of what it says only the first line is read, until [`Server::read`] reads the rest.
    pub fn start_unread(folder: &Path, models: &[&str]) -> (Server, BufReader<ChildStderr>) {
        let mut child = planish()
            .arg("serve")
            .args(models)
            .args(["--addr", "127.0.0.1:0"])
            .current_dir(folder)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut line, mut log) = (String::new(), BufReader::new(child.stderr.take().unwrap()));
        // Before it, models that cannot be served may have been logged.
        while !line.starts_with("serving ") {
            line.clear();
            assert!(log.read_line(&mut line).unwrap() > 0, "it ends before it serves");
        }
        let address = line
            .split("://")
            .nth(1)
            .unwrap_or_else(|| panic!("{line}"))
            .split_whitespace()
            .next()
            .unwrap()
            .to_owned();
        (Server { child, address, log: None }, log)
    }

    /// Reads what it says from now on.
    pub fn read(&mut self, log: BufReader<ChildStderr>) {
        self.log = Some(std::thread::spawn(move || std::io::read_to_string(log).unwrap()));
    }

    /// The value of this line of `/metrics`.
    pub fn metric(&self, name: &str) -> f64 {
        let (_, body) = ask_bytes(&self.address, "GET", "/metrics", "", "");
        let text = String::from_utf8(body).unwrap();
        let found = text.lines().find_map(|l| l.strip_prefix(name)?.trim().parse().ok());
        found.unwrap_or_else(|| panic!("{name} is missing in\n{text}"))
    }

    /// The status and the JSON of an answer.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        ask(&self.address, method, path, body)
    }

    /// Sends SIGHUP.
    pub fn hang_up(&self) {
        let sent = Command::new("kill").args(["-HUP", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Sends SIGTERM, after which the service ends with success.
    pub fn end(&mut self) {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        assert!(self.child.wait().unwrap().success(), "SIGTERM ends with exit code 0");
    }

    /// The same; what it logged after its first line.
    pub fn stop(mut self) -> String {
        self.end();
        self.log.take().unwrap().join().unwrap()
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }
}

/// The status and the JSON that a service at this address answers with.
pub fn ask(address: &str, method: &str, path: &str, body: &str) -> (u16, Value) {
    ask_with(address, method, path, "", body)
}

/// The same with more lines of the head, each with its end.
pub fn ask_with(address: &str, method: &str, path: &str, lines: &str, body: &str) -> (u16, Value) {
    let (status, body) = ask_bytes(address, method, path, lines, body);
    (status, serde_json::from_slice(&body).unwrap())
}

/// The status and the body.
fn ask_bytes(address: &str, method: &str, path: &str, lines: &str, body: &str) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n{lines}content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + body).as_bytes()).unwrap();
    // Some keep the connection, so the answer ends where its length says.
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut answer = BufReader::new(stream);
    let (mut line, mut status, mut length) = (String::new(), 0, 0);
    while line != "\r\n" {
        line.clear();
        assert!(
            answer.read_line(&mut line).unwrap() > 0,
            "the head of an answer to {method} {path} ends early"
        );
        if let Some(rest) = line.strip_prefix("HTTP/1.1 ") {
            status = rest[..3].parse().unwrap();
        } else if let Some(("content-length", n)) = line.to_ascii_lowercase().split_once(':') {
            length = n.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    answer.read_exact(&mut body).unwrap();
    (status, body)
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
