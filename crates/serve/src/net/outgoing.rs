//! An answer on its way to the HTTP library: its bytes are counted as unsent from here until they are written, or given up.
//!
//! The library and HTTP/2's streams pass the [`Piece`] on as it is and call [`Buf::advance`] as its bytes leave, which shows that the client
//! reads; when they drop it, nothing of it is in memory any more.

use crate::net::activity::{ActiveRequest, PendingAnswer};
use crate::protocols::reply::ReplyBody;
use bytes::{Buf, Bytes};
use hyper::HeaderMap;
use hyper::body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tonic::Status;

/// Bytes of an answer that are not sent yet.
#[derive(Debug)]
pub(crate) struct Piece {
    bytes: Bytes,
    held: PendingAnswer,
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.len()
    }

    fn chunk(&self) -> &[u8] {
        &self.bytes
    }

    fn advance(&mut self, sent: usize) {
        self.bytes.advance(sent);
        self.held.went_on();
    }
}

/// A counted answer.
pub(crate) enum Outgoing {
    /// In one piece, with what follows it.
    Whole { piece: Option<Piece>, trailers: Option<Box<HeaderMap>> },
    /// For as long as the client listens.
    GoesOn { body: tonic::body::Body, working: ActiveRequest },
}

impl Outgoing {
    pub(crate) fn new(body: ReplyBody, working: ActiveRequest) -> Outgoing {
        match body {
            ReplyBody::Whole { data, trailers } => {
                let piece = Piece { held: working.answered_with(data.len()), bytes: data };
                Outgoing::Whole { piece: Some(piece), trailers }
            }
            ReplyBody::GoesOn(body) => Outgoing::GoesOn { body, working },
        }
    }
}

impl Body for Outgoing {
    type Data = Piece;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Piece>, Status>>> {
        match self.get_mut() {
            Outgoing::Whole { piece, trailers } => {
                let data = piece.take().filter(|piece| !piece.bytes.is_empty()).map(Frame::data);
                Poll::Ready(
                    data.or_else(|| trailers.take().map(|trailers| Frame::trailers(*trailers))).map(Ok),
                )
            }
            Outgoing::GoesOn { body, working } => {
                let frame = ready!(Pin::new(body).poll_frame(cx));
                let counted =
                    |bytes: Bytes| Piece { held: working.again().answered_with(bytes.len()), bytes };
                Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(counted))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Outgoing::Whole { piece, trailers } => {
                trailers.is_none() && piece.as_ref().is_none_or(|piece| piece.bytes.is_empty())
            }
            Outgoing::GoesOn { body, .. } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            // gRPC answers, those with trailers, say their lengths themselves.
            Outgoing::Whole { piece, trailers: None } => {
                SizeHint::with_exact(piece.as_ref().map_or(0, |piece| piece.bytes.len() as u64))
            }
            Outgoing::Whole { trailers: Some(_), .. } | Outgoing::GoesOn { .. } => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::unsent::AllUnsent;
    use crate::net::activity::{Activity, CloseReason};
    use crate::options::Options;
    use std::sync::Arc;
    use std::task::Waker;
    use std::time::Duration;

    #[test]
    fn an_answer_is_counted_until_it_is_gone_and_has_its_time_anew_when_some_of_it_is_sent() {
        let all = AllUnsent::new(1 << 20);
        let activity = Arc::new(Activity::new(all.clone()));
        let data = Bytes::from(vec![b'x'; 100_000]);
        let body = ReplyBody::Whole { data, trailers: None };
        let mut answer = Outgoing::new(body, ActiveRequest::begin(&activity));
        assert_eq!(answer.size_hint().exact(), Some(100_000));
        let mut cx = Context::from_waker(Waker::noop());
        let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut answer).poll_frame(&mut cx) else { panic!("none") };
        assert!(answer.is_end_stream());
        let mut piece = frame.into_data().unwrap();
        let look = || {
            std::thread::sleep(Duration::from_millis(2));
            activity.look_at(&Options::default(), Duration::ZERO)
        };
        assert_eq!(look(), None);
        for _ in 0..10 {
            piece.advance(1);
            assert_eq!(look(), None);
        }
        assert!(piece.remaining() == 99_990 && all.bytes() > 80_000, "its memory is there to the end");
        assert_eq!((look(), look()), (Some(CloseReason::Unread), None));
        drop((piece, answer));
        assert_eq!(all.bytes(), 0);
    }
}
