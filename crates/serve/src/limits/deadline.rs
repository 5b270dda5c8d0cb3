//! A future with a time-out.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

/// The result of the work, if it takes no longer than this. Most work is done at its first poll, and needs no timer.
pub(crate) async fn within<T>(time: Duration, mut work: impl Future<Output = T> + Unpin) -> Option<T> {
    match poll_fn(|cx| Poll::Ready(Pin::new(&mut work).poll(cx))).await {
        Poll::Ready(done) => Some(done),
        Poll::Pending => Box::pin(tokio::time::timeout(time, work)).await.ok(),
    }
}
