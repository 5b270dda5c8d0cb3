//! A peer in Python: a child process that works when told to and reports its own seconds.
//!
//! Lines are exchanged over its standard input and output, one answer to each request; the scripts in `bench/python` describe them. A child
//! waits for a line between its samples, so the samples of all contenders stay interleaved.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A child process; it is ended when this is dropped.
pub struct Peer {
    /// The library.
    pub name: &'static str,
    /// What the child said of its version.
    pub version: String,
    process: Child,
    /// `None` once closed.
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts a child with this Python and the text of a script, and waits until its libraries are loaded.
    pub fn start(python: &str, script: &str, name: &'static str, threads: usize) -> Result<Peer, String> {
        let threads = threads.to_string();
        let mut command = Command::new(python);
        command.args(["-c", script, name, &threads]);
        for variable in [
            "OMP_NUM_THREADS",
            "OPENBLAS_NUM_THREADS",
            "MKL_NUM_THREADS",
            "PJRT_NPROC",
            "NPROC",
            "POLARS_MAX_THREADS",
        ] {
            command.env(variable, &threads);
        }
        // OpenBLAS's threads look for work for 2²⁰ cycles before they sleep, not for 2²⁶: the next contender needs the cores.
        command.env("OPENBLAS_THREAD_TIMEOUT", "20");
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("{python}: {e}"))?;
        let requests = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().expect("a pipe was asked for"));
        let mut peer = Peer { name, version: String::new(), process, requests, answers };
        let first = peer.answer()?;
        let version = first.strip_prefix("ready ").ok_or_else(|| peer.misunderstood(&first))?;
        peer.version = version.to_owned();
        Ok(peer)
    }

    /// Prepares what `request` describes.
    pub fn set(&mut self, request: &str) -> Result<(), String> {
        let answer = self.ask(request)?;
        if answer == "ok" { Ok(()) } else { Err(self.misunderstood(&answer)) }
    }

    /// Seconds of `runs` runs, after `warm_up` runs that do not count.
    pub fn run(&mut self, warm_up: usize, runs: usize) -> Result<f64, String> {
        self.number(&format!("run {warm_up} {runs}"))
    }

    /// The number that answers a question.
    pub fn number(&mut self, question: &str) -> Result<f64, String> {
        let answer = self.ask(question)?;
        answer.parse().map_err(|_| self.misunderstood(&answer))
    }

    fn ask(&mut self, request: &str) -> Result<String, String> {
        let pipe = self.requests.as_mut().expect("open until dropped");
        writeln!(pipe, "{request}")
            .and_then(|()| pipe.flush())
            .map_err(|e| format!("the peer {}: {e}", self.name))?;
        self.answer()
    }

    fn answer(&mut self) -> Result<String, String> {
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(0) => Err(format!("the peer {} has ended; its message is above", self.name)),
            Ok(_) => Ok(line.trim().to_owned()),
            Err(e) => Err(format!("the peer {}: {e}", self.name)),
        }
    }

    fn misunderstood(&self, answer: &str) -> String {
        format!("the peer {} answered {answer:?}", self.name)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.requests.take());
        let _ = self.process.wait();
    }
}
