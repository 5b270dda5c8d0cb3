//! How to run: the instruction set and the number of threads. Passed by value to every routine that
//! depends on them, so nothing is global and tests can force either.

use crate::isa::Isa;

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

    /// Runs `job` inside a pool of this many threads. With one thread, inside such a pool already, or if the system
    /// refuses to start threads, the job runs on the caller's thread.
    pub fn install<R: Send>(self, job: impl FnOnce() -> R + Send) -> R {
        let inside = rayon::current_thread_index().is_some() && rayon::current_num_threads() == self.threads;
        if self.threads <= 1 || inside {
            return job();
        }
        match rayon::ThreadPoolBuilder::new().num_threads(self.threads).build() {
            Ok(pool) => pool.install(job),
            Err(_) => job(),
        }
    }
}
