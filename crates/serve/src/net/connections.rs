//! The open connections: one task ends those whose time-outs have passed, instead of a timer in each that every request would reset.

use crate::limits::unsent::AllUnsent;
use crate::net::activity::{Activity, CloseReason};
use crate::options::Options;
use crate::telemetry::metrics::Metrics;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// While unread answers fill more than half of the room for them, `write_timeout` is divided by this.
const HASTE: u32 = 4;

/// All open connections.
#[derive(Debug)]
pub(crate) struct Connections {
    all: Mutex<All>,
    unsent: Arc<AllUnsent>,
}

#[derive(Debug, Default)]
struct All {
    open: HashMap<u64, Arc<Activity>>,
    next: u64,
    stopping: bool,
}

/// A connection that is looked after until this is dropped.
#[derive(Debug)]
pub(crate) struct Open<'a> {
    connections: &'a Connections,
    number: u64,
    pub(crate) activity: Arc<Activity>,
}

impl Connections {
    /// None yet; their unsent bytes are counted in `unsent`.
    pub(crate) fn new(unsent: Arc<AllUnsent>) -> Connections {
        Connections { all: Mutex::default(), unsent }
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more connection.
    pub(crate) fn open(&self) -> Open<'_> {
        let activity = Arc::new(Activity::new(self.unsent.clone()));
        let mut all = self.lock();
        let number = all.next;
        all.next += 1;
        all.open.insert(number, activity.clone());
        if all.stopping {
            activity.stop();
        }
        Open { connections: self, number, activity }
    }

    /// Asks every connection, and those that are still to come, to end after its request.
    pub(crate) fn stop(&self) {
        let mut all = self.lock();
        all.stopping = true;
        all.open.values().for_each(|connection| connection.stop());
    }

    /// Ends connections whose time-outs have passed, without end, and counts slow heads and unread answers.
    pub(crate) async fn look_after(&self, options: &Options, metrics: &Metrics) {
        let shortest = options.header_timeout.min(options.idle_timeout).min(options.write_timeout);
        let step = (shortest / 4).clamp(Duration::from_millis(20), Duration::from_secs(2));
        loop {
            tokio::time::sleep(step).await;
            let write_timeout = options.write_timeout / if self.unsent.is_scarce() { HASTE } else { 1 };
            for connection in self.lock().open.values() {
                match connection.look_at(options, write_timeout) {
                    Some(CloseReason::SlowHead) => metrics.closed("slow_head"),
                    Some(CloseReason::Unread) => metrics.closed("unread"),
                    Some(CloseReason::Idle) | None => {}
                }
            }
        }
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.connections.lock().open.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::{Context, Waker};

    #[test]
    fn connections_are_told_to_stop_whether_they_are_open_or_come_later() {
        let connections = Connections::new(AllUnsent::new(0));
        let stopping = |open: &Open<'_>| open.activity.state(&Context::from_waker(Waker::noop())).stopping;
        let (first, second) = (connections.open(), connections.open());
        assert!(!stopping(&first) && !stopping(&second));
        connections.stop();
        let late = connections.open();
        assert!(stopping(&first) && stopping(&second) && stopping(&late));
        drop((first, late));
        assert_eq!(connections.lock().open.keys().copied().collect::<Vec<_>>(), [1]);
    }

    #[tokio::test]
    async fn a_connection_without_requests_has_its_time_and_no_more() {
        let (connections, metrics) = (Connections::new(AllUnsent::new(0)), Metrics::new([], false));
        let open = connections.open();
        let options = Options { idle_timeout: Duration::from_millis(60), ..Options::default() };
        let over = std::future::poll_fn(|cx| match open.activity.state(cx).over {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        });
        tokio::select! {
            () = connections.look_after(&options, &metrics) => {}
            () = over => {}
            () = tokio::time::sleep(Duration::from_secs(20)) => panic!("nobody woke it"),
        }
    }
}
