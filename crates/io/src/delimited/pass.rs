//! A pass over a delimited text: pieces are cut in order and parsed many at a time, while the next ones are read and those before are used. They come out
//! in order, and how many are parsed together does not depend on the number of threads, so that nothing else does.

use super::cut::{Cutter, Piece};
use super::piece::{Fault, FaultKind, Parsed, Plan};
use crate::error::IoError;
use crate::input::Input;
use planish_tensor::Exec;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

/// Pieces that are parsed at the same time.
const TOGETHER: usize = 16;

/// The threads that parse.
#[derive(Clone)]
pub(super) struct Workers(Option<Arc<ThreadPool>>);

impl Workers {
    pub(super) fn new(exec: Exec) -> Workers {
        let pool =
            (exec.threads > 1).then(|| ThreadPoolBuilder::new().num_threads(exec.threads).build().ok());
        Workers(pool.flatten().map(Arc::new))
    }

    /// Runs a job on them.
    pub(super) fn run<R: Send>(&self, job: impl FnOnce() -> R + Send) -> R {
        match &self.0 {
            Some(pool) => pool.install(job),
            None => job(),
        }
    }

    fn are_several(&self) -> bool {
        self.0.is_some()
    }
}

/// The parsed pieces of a text, in order.
pub(super) struct Pass {
    workers: Workers,
    source: Source,
    parsed: VecDeque<Result<Parsed, Fault>>,
    /// What went wrong after the parsed pieces.
    failed: Option<IoError>,
    /// Whether all pieces were cut.
    ended: bool,
}

/// Where the next batch comes from.
enum Source {
    /// It is still to be parsed; none of its pieces may have been cut.
    Waiting(Box<Work>),
    /// Threads parse it.
    Running(Receiver<Batch>),
}

/// What is to be done for a batch.
struct Work {
    cutter: Cutter,
    /// Its pieces, cut while the batch before it was parsed.
    pieces: Option<Vec<Piece>>,
}

/// What was done.
struct Batch {
    parsed: Vec<Result<Parsed, Fault>>,
    /// The work for the next one, or why there is none.
    next: Result<Work, IoError>,
}

impl Pass {
    pub(super) fn new(cutter: Cutter, workers: Workers) -> Pass {
        let source = Source::Waiting(Box::new(Work { cutter, pieces: None }));
        Pass { workers, source, parsed: VecDeque::new(), failed: None, ended: false }
    }

    /// The next piece, by a plan that may change from one call to the next, and has an effect some batches later; `None` at the end. `describe`
    /// makes an error of a fault.
    pub(super) fn next(
        &mut self,
        plan: &Plan,
        describe: impl Fn(Fault) -> IoError,
    ) -> Result<Option<Parsed>, IoError> {
        if self.parsed.is_empty() && !self.ended {
            self.refill(plan)?;
        }
        match self.parsed.pop_front() {
            Some(parsed) => parsed.map(Some).map_err(describe),
            None => self.failed.take().map_or(Ok(None), Err),
        }
    }

    /// Whether nothing was taken of it.
    pub(super) fn is_fresh(&self) -> bool {
        matches!(&self.source, Source::Waiting(work) if work.pieces.is_none())
    }

    /// Whether a whole number of batches was taken.
    pub(super) fn is_between_batches(&self) -> bool {
        self.parsed.is_empty()
    }

    /// Takes the parsed pieces of a batch, and has the next one parsed meanwhile.
    fn refill(&mut self, plan: &Plan) -> Result<(), IoError> {
        let batch = match std::mem::replace(&mut self.source, Source::Running(channel().1)) {
            Source::Waiting(work) => work.run(plan, &self.workers),
            Source::Running(done) => Ok(done.recv().expect("threads that parse do not panic")),
        };
        // After an error there is no more.
        self.ended = batch.is_err();
        let batch = batch?;
        self.parsed = batch.parsed.into();
        match batch.next {
            Ok(work) if work.pieces.as_ref().is_some_and(|p| !p.is_empty()) => {
                self.source = self.workers.start(work, plan);
            }
            Ok(_) => self.ended = true,
            Err(e) => (self.ended, self.failed) = (true, Some(e)),
        }
        Ok(())
    }
}

impl Work {
    /// Parses the batch, and cuts the next one at the same time.
    fn run(self, plan: &Plan, workers: &Workers) -> Result<Batch, IoError> {
        let Work { mut cutter, pieces } = self;
        let pieces = match pieces {
            Some(pieces) => pieces,
            None => cut(&mut cutter)?,
        };
        let (parsed, next) = if workers.are_several() {
            let parse = || pieces.par_iter().map(|piece| plan.parse(piece)).collect();
            workers.run(|| rayon::join(parse, || cut(&mut cutter)))
        } else {
            (pieces.iter().map(|piece| plan.parse(piece)).collect(), cut(&mut cutter))
        };
        pieces.into_iter().for_each(|piece| cutter.recycle(piece));
        Ok(Batch { parsed, next: next.map(|pieces| Work { cutter, pieces: Some(pieces) }) })
    }
}

impl Workers {
    /// Starts with a batch whose pieces are cut, if there are threads for it.
    fn start(&self, work: Work, plan: &Plan) -> Source {
        let Some(pool) = &self.0 else { return Source::Waiting(Box::new(work)) };
        let (sender, receiver) = channel();
        let (plan, workers) = (plan.clone(), self.clone());
        pool.spawn(move || {
            let Ok(batch) = work.run(&plan, &workers) else { return };
            // Nobody waits for it if the pass was given up.
            let _ = sender.send(batch);
        });
        Source::Running(receiver)
    }
}

/// The next pieces of a batch.
fn cut(cutter: &mut Cutter) -> Result<Vec<Piece>, IoError> {
    let mut pieces = Vec::with_capacity(TOGETHER);
    while pieces.len() < TOGETHER {
        match cutter.next()? {
            Some(piece) => pieces.push(piece),
            None => break,
        }
    }
    Ok(pieces)
}

impl Fault {
    /// The error that names file, line and column. `names` are those of all fields.
    pub(super) fn describe(self, file: &str, names: &[String]) -> IoError {
        let name = |field: usize| names.get(field).cloned().unwrap_or_default();
        match self.what {
            FaultKind::Ragged(n) => {
                let what = format!("the row has {n} fields, the header {}", names.len());
                IoError::row(file, self.line, what)
            }
            FaultKind::NotUtf8 { field } => {
                let column = name(field);
                let what = format!(
                    "field {} in column {column:?} is not UTF-8 text; {}",
                    field + 1,
                    Input::ENCODING_ADVICE
                );
                IoError::row(file, self.line, what)
            }
            FaultKind::NoNumber { field, found } => {
                let expected = if found.parse::<f64>().is_ok() { "finite number" } else { "number" };
                IoError::cell(file, self.line, (field, name(field)), expected, &found)
            }
            FaultKind::NoValue { field, found, expected } => {
                IoError::cell(file, self.line, (field, name(field)), expected, &found)
            }
        }
    }
}
