//! How to run: the instruction set and the number of threads. Passed by value to every routine that
//! depends on them, so nothing is global and tests can force either.

use crate::isa::Isa;
use rayon::{ThreadPool, ThreadPoolBuilder, Yield};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// An instruction set and a thread count.
///
/// Work is split over rayon's *current* pool by `join`, and only where a piece is worth waking a thread; so
/// enter a pool of the wanted size once around the whole job ([`Exec::install`]), not per call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exec {
    /// The instruction set.
    pub isa: Isa,
    /// The most threads that a routine may use; 1 never touches a pool.
    pub threads: usize,
}

impl From<Isa> for Exec {
    /// One thread.
    fn from(isa: Isa) -> Exec {
        Exec::serial(isa)
    }
}

impl Exec {
    /// One thread and the fastest instruction set.
    pub fn best() -> Exec {
        Exec { isa: Isa::best(), threads: 1 }
    }

    /// One thread and the given instruction set.
    pub fn serial(isa: Isa) -> Exec {
        Exec { isa, threads: 1 }
    }

    /// As many threads as given (0: as many as the machine has cores).
    pub fn with_threads(self, threads: usize) -> Exec {
        let cores = || std::thread::available_parallelism().map_or(1, |n| n.get());
        Exec { threads: if threads == 0 { cores() } else { threads }, ..self }
    }

    /// The same with half the threads, for each of two jobs that run side by side.
    #[must_use]
    pub fn half(self) -> Exec {
        Exec { threads: self.threads.div_ceil(2), ..self }
    }

    /// Runs `job` inside a pool of this many threads. With one thread, inside such a pool already, or if the system
    /// refuses to start threads, the job runs on the caller's thread.
    pub fn install<R: Send>(self, job: impl FnOnce() -> R + Send) -> R {
        match self.new_pool() {
            Some(pool) => pool.install(job),
            None => job(),
        }
    }

    /// Runs both, side by side in the current pool unless there is one thread alone.
    pub fn join<A: Send, B: Send>(
        self,
        a: impl FnOnce() -> A + Send,
        b: impl FnOnce() -> B + Send,
    ) -> (A, B) {
        if self.threads > 1 { rayon::join(a, b) } else { (a(), b()) }
    }

    /// As [`Exec::join`], the caller's thread being kept from falling asleep while it waits for `b`: for jobs of microseconds.
    pub fn join_awake<A: Send, B: Send>(
        self,
        a: impl FnOnce() -> A + Send,
        b: impl FnOnce() -> B + Send,
    ) -> (A, B) {
        if self.threads <= 1 {
            return (a(), b());
        }
        let (started, done) = (AtomicBool::new(false), AtomicBool::new(false));
        let first = || {
            let a = a();
            while started.load(Ordering::Acquire) && !done.load(Ordering::Acquire) {
                if rayon::yield_now() != Some(Yield::Executed) {
                    std::hint::spin_loop();
                }
            }
            a
        };
        let second = || {
            started.store(true, Ordering::Release);
            // Set also if the job panics, or the other would wait for ever.
            let _done = SetOnDrop(&done);
            b()
        };
        rayon::join(first, second)
    }

    /// As [`Exec::install`], with the pool's other threads kept from falling asleep while the job runs: for jobs that split
    /// work every few microseconds, where waking a thread would cost more than the work.
    pub fn install_awake<R: Send>(self, job: impl FnOnce() -> R + Send) -> R {
        match self.new_pool() {
            Some(pool) => pool.install(|| awake(self.threads - 1, job)),
            None => job(),
        }
    }

    /// A pool of this many threads, if one is wanted and to be had.
    fn new_pool(self) -> Option<ThreadPool> {
        let inside = rayon::current_thread_index().is_some() && rayon::current_num_threads() == self.threads;
        if self.threads <= 1 || inside {
            return None;
        }
        ThreadPoolBuilder::new().num_threads(self.threads).build().ok()
    }
}

/// Runs the job while `others` threads of the current, otherwise idle pool look for work without pause.
fn awake<R>(others: usize, job: impl FnOnce() -> R) -> R {
    let (started, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    let watch = || {
        started.fetch_add(1, Ordering::Release);
        while !done.load(Ordering::Acquire) {
            if rayon::yield_now() != Some(Yield::Executed) {
                std::hint::spin_loop();
            }
        }
    };
    rayon::in_place_scope(|scope| {
        (0..others).for_each(|_| scope.spawn(|_| watch()));
        // Set also if the job panics, or the scope would wait for ever.
        let _stop = SetOnDrop(&done);
        // A watcher that had not started could be picked up by this very thread while it waits for half of a product.
        while started.load(Ordering::Acquire) < others {
            std::thread::yield_now();
        }
        job()
    })
}

struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}
