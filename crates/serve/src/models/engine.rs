//! Prediction threads and the queue that feeds them.
//!
//! A thread that is free takes the first request and, of those that wait behind it, all for the same network or trees that fit into a batch; it does
//! not wait for more unless a delay was asked for, and leaves to the other threads their share of what waits. The queue is bounded by rows,
//! by bytes and by the time that it takes (see [`crate::models::backlog`]). A request whose client has gone leaves the queue unworked. A row has
//! the same bits alone or in a batch, because the products have.

use crate::error::{ApiError, Reason};
use crate::models::backlog::Backlog;
use crate::models::served::{Served, not_finite};
use crate::options::Options;
use planish_model::{Encoded, Predictions};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Multiplications up to which a prediction is made on the connection's own thread, if nothing waits: some tens of microseconds.
const INLINE_COST: usize = 1 << 18;

/// Prediction threads; they end when this is dropped.
#[derive(Debug)]
pub(crate) struct Engine {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    waiting: AtomicUsize,
    most_rows: usize,
    most_bytes: usize,
    batch_rows: usize,
    delay: Duration,
    threads: usize,
}

#[derive(Debug)]
struct Queue {
    jobs: VecDeque<Job>,
    rows: usize,
    bytes: usize,
    backlog: Backlog,
    closed: bool,
}

#[derive(Debug)]
struct Job {
    served: Arc<Served>,
    rows: Encoded,
    since: Instant,
    /// How long its rows were expected to take when it came.
    expected: Duration,
    reply: oneshot::Sender<Option<Predictions>>,
}

impl Job {
    fn bytes(&self) -> usize {
        self.rows.bytes()
    }
}

impl Engine {
    /// Starts the threads.
    ///
    /// # Errors
    /// A system that refuses threads.
    pub(crate) fn start(options: &Options) -> std::io::Result<Engine> {
        let cores = || std::thread::available_parallelism().map_or(1, |n| n.get());
        let threads = if options.threads == 0 { cores() } else { options.threads };
        let backlog = Backlog::new(threads, options.queue_wait);
        let shared = Arc::new(Shared {
            queue: Mutex::new(Queue { jobs: VecDeque::new(), rows: 0, bytes: 0, backlog, closed: false }),
            wake: Condvar::new(),
            waiting: AtomicUsize::new(0),
            most_rows: options.queue_rows,
            most_bytes: options.queue_bytes,
            batch_rows: options.batch_rows,
            delay: options.batch_delay,
            threads,
        });
        let engine = Engine { shared };
        for i in 0..threads {
            let shared = engine.shared.clone();
            let work = move || while shared.work() {};
            std::thread::Builder::new().name(format!("predict-{i}")).spawn(work)?;
        }
        Ok(engine)
    }

    /// Rows that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.shared.waiting.load(Ordering::Relaxed)
    }

    /// Predicts encoded rows: here and now if that is quick and nothing waits, else by a thread.
    pub(crate) fn predict(&self, served: &Arc<Served>, rows: Encoded) -> Result<Predicting, ApiError> {
        let (n, began) = (rows.rows(), Instant::now());
        if self.waiting() == 0 && self.shared.delay.is_zero() && served.cost(n) <= INLINE_COST {
            let predictions = served.predict(&rows);
            let took = began.elapsed();
            served.metrics.predicted(n, Duration::ZERO, took);
            served.metrics.answered(took);
            return finite(predictions).map(Predicting::Made);
        }
        let (reply, answer) = oneshot::channel();
        let expected = served.pace.expected(n);
        self.shared.push(Job { served: served.clone(), rows, since: began, expected, reply })?;
        Ok(Predicting::Waits { served: served.clone(), began, answer })
    }
}

/// A prediction that was asked for.
#[derive(Debug)]
pub(crate) enum Predicting {
    Made(Predictions),
    Waits { served: Arc<Served>, began: Instant, answer: oneshot::Receiver<Option<Predictions>> },
}

impl Predicting {
    /// The predictions, when they are made.
    pub(crate) async fn made(self) -> Result<Predictions, ApiError> {
        match self {
            Predicting::Made(predictions) => Ok(predictions),
            Predicting::Waits { served, began, answer } => {
                let failed = || ApiError::new(Reason::Internal, "the prediction failed");
                let predictions = answer.await.ok().flatten().ok_or_else(failed)?;
                served.metrics.answered(began.elapsed());
                finite(predictions)
            }
        }
    }
}

/// Refuses predictions that overflowed, as JSON has no number for them.
fn finite(predictions: Predictions) -> Result<Predictions, ApiError> {
    match not_finite(&predictions) {
        None => Ok(predictions),
        Some(row) => Err(ApiError::overflow(row)),
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.wake.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, job: Job) -> Result<(), ApiError> {
        let (rows, bytes) = (job.rows.rows(), job.bytes());
        let mut queue = self.lock();
        queue.drop_abandoned();
        if queue.rows + rows > self.most_rows || queue.bytes + bytes > self.most_bytes {
            return Err(ApiError::new(Reason::Busy, "too many rows wait for a prediction"));
        }
        let waiting = queue.jobs.len();
        if !queue.backlog.admits(waiting, job.since) {
            return Err(ApiError::new(
                Reason::Busy,
                "the predictions asked for before this one take too long",
            ));
        }
        queue.rows += rows;
        queue.bytes += bytes;
        queue.backlog.add(job.expected);
        self.waiting.store(queue.rows, Ordering::Relaxed);
        queue.jobs.push_back(job);
        drop(queue);
        self.wake.notify_one();
        Ok(())
    }

    /// Waits for a batch and works on it; false when the engine ends.
    fn work(&self) -> bool {
        let mut queue = self.lock();
        while queue.jobs.is_empty() {
            if queue.closed {
                return false;
            }
            queue = self.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        if !self.delay.is_zero() {
            queue = self.wait_for_more(queue);
        }
        // With a batching delay, take full batches.
        let share = if self.delay.is_zero() { queue.rows.div_ceil(self.threads) } else { usize::MAX };
        let batch = queue.take(self.batch_rows.min(share));
        self.waiting.store(queue.rows, Ordering::Relaxed);
        drop(queue);
        let done = batch.iter().map(|job| job.expected).sum();
        run(batch);
        self.lock().backlog.remove(done);
        true
    }

    /// Waits until the first request has waited for the delay, or a batch is full.
    fn wait_for_more<'a>(&'a self, mut queue: MutexGuard<'a, Queue>) -> MutexGuard<'a, Queue> {
        while queue.rows < self.batch_rows && !queue.closed {
            let waited = queue.jobs.front().map_or(self.delay, |job| job.since.elapsed());
            let Some(left) = self.delay.checked_sub(waited).filter(|d| !d.is_zero()) else { break };
            queue = self.wake.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        queue
    }
}

impl Queue {
    /// Removes requests whose clients have left.
    fn drop_abandoned(&mut self) {
        let Queue { jobs, rows, bytes, backlog, .. } = self;
        jobs.retain(|job| {
            let wanted = !job.reply.is_closed();
            if !wanted {
                *rows -= job.rows.rows();
                *bytes -= job.bytes();
                backlog.remove(job.expected);
            }
            wanted
        });
    }

    /// The first request, and those behind it that can be computed with it.
    fn take(&mut self, most_rows: usize) -> Vec<Job> {
        self.drop_abandoned();
        let Some(first) = self.jobs.pop_front() else { return Vec::new() };
        let mut total = first.rows.rows();
        let mut batch = vec![first];
        if batch[0].rows.can_join() {
            let mut at = 0;
            while at < self.jobs.len() {
                let job = &self.jobs[at];
                let fits = total + job.rows.rows() <= most_rows && Arc::ptr_eq(&job.served, &batch[0].served);
                if fits && let Some(job) = self.jobs.remove(at) {
                    total += job.rows.rows();
                    batch.push(job);
                } else {
                    at += 1;
                }
            }
        }
        self.rows -= total;
        self.bytes -= batch.iter().map(Job::bytes).sum::<usize>();
        batch
    }
}

/// Predicts a batch and answers each request of it.
fn run(batch: Vec<Job>) {
    let Some(first) = batch.first() else { return };
    let (served, began) = (first.served.clone(), Instant::now());
    let result = catch_unwind(AssertUnwindSafe(|| predict(&served, &batch)));
    let took = began.elapsed();
    let rows = batch.iter().map(|job| job.rows.rows()).sum();
    served.pace.took(rows, took);
    served.metrics.predicted(rows, began.saturating_duration_since(batch[0].since), took);
    let mut results = result.unwrap_or_default().into_iter();
    for job in batch {
        let _ = job.reply.send(results.next());
    }
}

fn predict(served: &Served, batch: &[Job]) -> Vec<Predictions> {
    let parts: Vec<&Encoded> = batch.iter().map(|job| &job.rows).collect();
    let joined = if let [_] = parts[..] { None } else { Encoded::joined(&parts) };
    let Some(joined) = joined else { return parts.into_iter().map(|rows| served.predict(rows)).collect() };
    let all = served.predict(&joined);
    let mut from = 0;
    let own = |rows: usize| {
        from += rows;
        all.rows_between(from - rows, from)
    };
    parts.iter().map(|rows| rows.rows()).map(own).collect()
}
