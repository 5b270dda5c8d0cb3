//! The threads that speak with clients, one a core. A connection stays with the thread that it was given to, so that no request waits for
//! another thread to be woken, and a thread has all of a connection in its core's cache.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// Blocking threads of each, for bodies that take long to be parsed and for models that are read again.
const APART: usize = 2;

/// The threads; they end, with all that they do, when this is dropped.
#[derive(Debug)]
pub(crate) struct Workers {
    all: Vec<Worker>,
}

#[derive(Debug)]
struct Worker {
    runtime: Handle,
    /// The number of its connections.
    connections: Arc<AtomicUsize>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Workers {
    /// Starts the threads.
    ///
    /// # Errors
    /// A system that refuses threads, or descriptors for them to wait on.
    pub(crate) fn start() -> std::io::Result<Workers> {
        let cores = thread::available_parallelism().map_or(1, |n| n.get());
        Ok(Workers { all: (0..cores).map(Worker::start).collect::<Result<_, _>>()? })
    }

    /// Gives a connection to the thread that has fewest.
    pub(crate) fn spawn(&self, connection: impl Future<Output = ()> + Send + 'static) {
        let Some(worker) = self.all.iter().min_by_key(|w| w.connections.load(Relaxed)) else { return };
        worker.connections.fetch_add(1, Relaxed);
        let counted = Counted(worker.connections.clone());
        worker.runtime.spawn(async move {
            let _counted = counted;
            connection.await;
        });
    }
}

impl Worker {
    fn start(number: usize) -> std::io::Result<Worker> {
        let runtime = Builder::new_current_thread().max_blocking_threads(APART).enable_all().build()?;
        let (handle, (stop, stopped)) = (runtime.handle().clone(), oneshot::channel::<()>());
        let work = move || {
            let _ = runtime.block_on(stopped);
            runtime.shutdown_background();
        };
        let thread = thread::Builder::new().name(format!("serve-{number}")).spawn(work)?;
        Ok(Worker { runtime: handle, connections: Arc::default(), stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.all.iter_mut().for_each(|worker| drop(worker.stop.take()));
        for worker in &mut self.all {
            worker.thread.take().map(JoinHandle::join);
        }
    }
}

/// Counts a connection of a thread, until this is dropped.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn connections_are_spread_over_the_threads_and_end_with_them() {
        let workers = Workers::start().unwrap();
        let (tell, told) = mpsc::channel();
        let n = workers.all.len();
        for _ in 0..3 * n {
            let tell = tell.clone();
            workers.spawn(async move {
                tell.send(thread::current().name().map(str::to_owned)).unwrap();
                std::future::pending::<()>().await;
            });
        }
        drop(tell);
        let mut names: Vec<_> = (0..3 * n).map(|_| told.recv().unwrap().unwrap()).collect();
        names.sort();
        assert!(names.chunks(3).all(|three| three[0] == three[2]), "{names:?}");
        let connections: Vec<_> = workers.all.iter().map(|w| w.connections.clone()).collect();
        assert!(connections.iter().all(|c| c.load(Relaxed) == 3));
        drop(workers);
        assert!(told.recv().is_err(), "what they did is gone");
        assert!(connections.iter().all(|c| c.load(Relaxed) == 0));
    }
}
