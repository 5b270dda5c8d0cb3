//! Clients that ask without pause, each over a connection of its own, and what they were answered: `wrk` does not tell the times of the
//! accepted from those of the refused.

use crate::Done;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// What a crowd was answered.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// Answers by status; 0: a connection that failed.
    pub(crate) statuses: BTreeMap<u16, usize>,
    /// Times of the answers of status 200, sorted.
    accepted: Vec<Duration>,
}

impl Answers {
    /// The time within which this part of the accepted requests was answered, in microseconds.
    pub(crate) fn quantile(&self, part: f64) -> f64 {
        let at = (part * self.accepted.len() as f64) as usize;
        self.accepted
            .get(at.min(self.accepted.len().saturating_sub(1)))
            .map_or(f64::NAN, |t| t.as_secs_f64() * 1e6)
    }
}

/// So many clients send this request for so long; who is refused asks again at once.
pub(crate) fn ask(address: &str, request: &[u8], clients: u32, time: Duration) -> Done<Answers> {
    let until = Instant::now() + time;
    let mut all = Answers::default();
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..clients).map(|_| scope.spawn(|| client(address, request, until))).collect();
        for client in clients {
            let answers = client.join().map_err(|_| "a client panicked")?;
            answers.statuses.iter().for_each(|(status, n)| *all.statuses.entry(*status).or_default() += n);
            all.accepted.extend(answers.accepted);
        }
        Ok::<(), &str>(())
    })?;
    all.accepted.sort_unstable();
    Ok(all)
}

fn client(address: &str, request: &[u8], until: Instant) -> Answers {
    let mut answers = Answers::default();
    let mut open = None;
    while Instant::now() < until {
        let began = Instant::now();
        let status = match open.take().map_or_else(|| connect(address), Ok).and_then(|c| one(c, request)) {
            Ok((status, connection)) => {
                open = Some(connection);
                status
            }
            Err(_) => 0,
        };
        *answers.statuses.entry(status).or_default() += 1;
        if status == 200 {
            answers.accepted.push(began.elapsed());
        }
    }
    answers
}

fn connect(address: &str) -> std::io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    Ok(BufReader::new(stream))
}

/// One request and its answer.
fn one(mut connection: BufReader<TcpStream>, request: &[u8]) -> std::io::Result<(u16, BufReader<TcpStream>)> {
    let wrong = |what: &str| std::io::Error::other(what.to_owned());
    connection.get_mut().write_all(request)?;
    let (mut line, mut length) = (String::new(), 0);
    connection.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or_else(|| wrong("no status"))?;
    while line != "\r\n" {
        line.clear();
        if connection.read_line(&mut line)? == 0 {
            return Err(wrong("the head ended"));
        }
        if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = n.trim().parse().map_err(|_| wrong("no length"))?;
        }
    }
    connection.read_exact(&mut vec![0; length])?;
    Ok((status, connection))
}
