//! Work that may take so long and no longer.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

/// What this work comes to, if that takes no longer. Most work is done when it is first looked at, and needs no clock.
pub(crate) async fn within<T>(time: Duration, mut work: impl Future<Output = T> + Unpin) -> Option<T> {
    match poll_fn(|cx| Poll::Ready(Pin::new(&mut work).poll(cx))).await {
        Poll::Ready(done) => Some(done),
        Poll::Pending => Box::pin(tokio::time::timeout(time, work)).await.ok(),
    }
}
