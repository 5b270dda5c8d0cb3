//! The log of the service on standard error, written by a thread of its own, so that no request and no signal waits for whoever reads it.
//!
//! Lines go into a buffer of bounded size, and the thread writes what is in it, in order. Where nobody reads and the buffer is full, lines are
//! dropped and counted, and the log says how many as soon as it can be written again. A thread and a buffer are all that is needed;
//! `tracing-appender` does the same with a channel that is bounded in lines rather than bytes, and brings `time` and `crossbeam` along.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

/// Bytes of lines that wait to be written.
const ROOM: usize = 1 << 20;
/// What a pipe takes whole or not at all (`PIPE_BUF` of Linux), so that lines of up to 4 KiB are not torn when the program ends.
const WHOLE: usize = 4096;
/// The thread rests after it wrote, so that a busy service wakes it a thousand times a second, not with each request.
const REST: Duration = Duration::from_millis(1);
/// How long the program waits at its end for lines to be read.
const LAST: Duration = Duration::from_secs(1);

static LINES: OnceLock<&Lines> = OnceLock::new();

/// Lines on their way to standard error.
#[derive(Debug, Default)]
struct Lines {
    queue: Mutex<Queue>,
    /// There is something to write.
    more: Condvar,
    /// All is written.
    done: Condvar,
    dropped: Arc<AtomicU64>,
    /// The thread that writes.
    writer: OnceLock<ThreadId>,
}

#[derive(Debug, Default)]
struct Queue {
    lines: Vec<u8>,
    /// The thread waits to be woken.
    idle: bool,
    /// The thread writes.
    writing: bool,
}

/// From now on what is said on standard error goes through the thread, messages of panics included. Returns the number of lines that were
/// dropped, as it goes on.
///
/// # Errors
/// A system that refuses a thread.
pub(crate) fn start() -> io::Result<Arc<AtomicU64>> {
    if let Some(lines) = LINES.get() {
        return Ok(lines.dropped.clone());
    }
    let lines: &'static Lines = Box::leak(Box::default());
    thread::Builder::new().name("log".to_owned()).spawn(|| lines.write_to(io::stderr()))?;
    // Only now: without the thread nobody would write what is pushed.
    let lines = LINES.get_or_init(|| lines);
    std::panic::set_hook(Box::new(panicked));
    Ok(lines.dropped.clone())
}

/// Says a whole line, with its end.
pub(crate) fn write(line: &[u8]) {
    match LINES.get() {
        Some(lines) => lines.push(line),
        // If nobody reads it, that is no reason to stop.
        None => drop(io::stderr().write_all(line)),
    }
}

/// Waits until all is written, for a bounded time.
pub(crate) fn finish() {
    if let Some(lines) = LINES.get() {
        lines.wait(LAST);
    }
}

/// A writer of whole lines, for `tracing-subscriber`, which writes each event at once.
#[derive(Debug, Default)]
pub(crate) struct Line;

impl Write for Line {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        write(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, line: &[u8]) {
        let mut queue = self.lock();
        let full = queue.lines.len().saturating_add(line.len()) > ROOM;
        // What the writing thread has to say of dropped lines is not dropped.
        if full && self.writer.get() != Some(&thread::current().id()) {
            self.dropped.fetch_add(1, Relaxed);
            return;
        }
        queue.lines.extend_from_slice(line);
        if std::mem::take(&mut queue.idle) {
            self.more.notify_one();
        }
    }

    /// Writes what comes, for ever.
    fn write_to(&self, mut out: impl Write) {
        let _ = self.writer.set(thread::current().id());
        let (mut batch, mut told) = (Vec::new(), 0);
        loop {
            self.take(&mut batch);
            let lost = write_whole(&batch, &mut out);
            self.dropped.fetch_add(lost, Relaxed);
            let dropped = self.dropped.load(Relaxed);
            if lost == 0 && dropped > told {
                tracing::error!(
                    lines = dropped - told,
                    "lines of the log were dropped, as standard error was not read"
                );
                told = dropped;
            }
            batch.clear();
            thread::sleep(REST);
        }
    }

    /// Waits for lines and takes them.
    fn take(&self, batch: &mut Vec<u8>) {
        let mut queue = self.lock();
        queue.writing = false;
        while queue.lines.is_empty() {
            self.done.notify_all();
            queue.idle = true;
            queue = self.more.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        queue.idle = false;
        queue.writing = true;
        std::mem::swap(&mut queue.lines, batch);
    }

    /// Waits until all is written, at most this long; whether it is.
    fn wait(&self, time: Duration) -> bool {
        let waits = |queue: &mut Queue| queue.writing || !queue.lines.is_empty();
        let waited = self.done.wait_timeout_while(self.lock(), time, waits);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

/// Writes lines, as many at once as a pipe takes whole; how many could not be written.
fn write_whole(mut batch: &[u8], out: &mut impl Write) -> u64 {
    let mut lost = 0;
    while !batch.is_empty() {
        let (piece, rest) = batch.split_at(whole_lines(batch));
        if out.write_all(piece).is_err() {
            lost += piece.iter().filter(|&&byte| byte == b'\n').count() as u64;
        }
        batch = rest;
    }
    lost
}

/// The length of as many whole lines as a pipe takes at once, at least of one.
fn whole_lines(batch: &[u8]) -> usize {
    let end = |piece: &[u8]| piece.iter().rposition(|&byte| byte == b'\n').map(|at| at + 1);
    let first = || batch.iter().position(|&byte| byte == b'\n').map_or(batch.len(), |at| at + 1);
    end(&batch[..batch.len().min(WHOLE)]).unwrap_or_else(first)
}

/// Says where and why a thread panicked.
fn panicked(info: &PanicHookInfo<'_>) {
    let thread = thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let message = info.payload_as_str().unwrap_or("no message");
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    if tracing::enabled!(tracing::Level::ERROR) {
        tracing::error!(thread, place, reason = ?message, backtrace, "panicked");
        return;
    }
    let backtrace = backtrace.map_or(String::new(), |trace| format!("\n{trace}"));
    write(format!("thread {thread:?} panicked at {place}: {message}{backtrace}\n").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};

    /// Passes on what is written when it may.
    struct Slow(Receiver<()>, Sender<Vec<u8>>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.recv().map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
            self.1.send(bytes.to_vec()).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Lines that a thread writes as `may` says, and what it wrote.
    fn lines() -> (&'static Lines, Sender<()>, Receiver<Vec<u8>>) {
        let lines: &'static Lines = Box::leak(Box::default());
        let ((may, allowed), (wrote, written)) = (channel(), channel());
        thread::spawn(move || lines.write_to(Slow(allowed, wrote)));
        (lines, may, written)
    }

    #[test]
    fn lines_that_nobody_reads_are_dropped_and_counted_and_the_others_come_whole_and_in_order() {
        let (lines, may, written) = lines();
        let line = |i: usize| format!("{i:07} {}\n", "x".repeat(91));
        let all = 3 * ROOM / 100;
        (0..all).for_each(|i| lines.push(line(i).as_bytes()));
        assert!(!lines.wait(Duration::ZERO), "nobody reads");
        let dropped = lines.dropped.load(Relaxed) as usize;
        assert!(dropped >= all - 2 * (ROOM / 100) - 1 && dropped < all, "{dropped} of {all}");
        let mut text = Vec::new();
        while text.len() < 100 * (all - dropped) {
            may.send(()).unwrap();
            let piece = written.recv().unwrap();
            assert!(piece.len() <= WHOLE && piece.ends_with(b"\n"));
            text.extend(piece);
        }
        assert!(lines.wait(Duration::from_secs(20)));
        let text = String::from_utf8(text).unwrap();
        let numbers: Vec<usize> = text.lines().map(|l| l[..7].parse().unwrap()).collect();
        assert_eq!(numbers.len(), all - dropped);
        assert!(numbers.is_sorted());
        drop(may);
        lines.push(b"nobody is there\n");
        assert!(lines.wait(Duration::from_secs(20)), "a closed standard error stops nobody");
        assert_eq!(lines.dropped.load(Relaxed) as usize, dropped + 1);
    }

    #[test]
    fn a_piece_ends_with_a_line_and_a_long_line_is_one() {
        assert_eq!(whole_lines(b"one\ntwo\n"), 8);
        let long = [&vec![b'x'; 5000][..], b"\nshort\n"].concat();
        assert_eq!(whole_lines(&long), 5001);
        let two = [&vec![b'x'; 3000][..], b"\n", &vec![b'y'; 3000], b"\n"].concat();
        assert_eq!(whole_lines(&two), 3001);
        assert_eq!(whole_lines(b"no end"), 6);
    }
}
