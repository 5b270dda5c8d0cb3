//! What the HTTP library answers by itself, to a head that is too long or is no HTTP, has a status and no body. Clients read
//! `{"error": …}` from every answer, so this puts one in.
//!
//! Nothing of ours answers an error with an empty body, and the library writes such an answer in one piece, so it is known by its first
//! and last bytes. Bytes that arrive are noted too: they tell when a head began (see [`crate::net::activity`]).
//!
//! What is written goes on as the pieces that the library has, so that an answer is not copied into a buffer where nobody counts it.

use crate::net::activity::Activity;
use crate::net::opening::{Opening, Version};
use crate::protocols::reply::error_text;
use bytes::{Buf, Bytes};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A socket with the bodies of plain errors put in.
pub(crate) struct PlainErrors<S> {
    socket: S,
    activity: Arc<Activity>,
    opening: Opening,
    version: Option<Version>,
    /// What replaces the piece that is being written.
    instead: Bytes,
}

impl<S> PlainErrors<S> {
    pub(crate) fn new(socket: S, activity: Arc<Activity>) -> Self {
        PlainErrors { socket, activity, opening: Opening::default(), version: None, instead: Bytes::new() }
    }

    /// Bytes came from the client.
    fn came(&mut self, bytes: &[u8]) {
        if self.version == Some(Version::Http2) || bytes.is_empty() {
            return;
        }
        self.version = self.opening.came(bytes);
        match self.version {
            Some(Version::Http2) => self.activity.speaks_http2(),
            Some(Version::Http1) | None => self.activity.bytes_came(),
        }
    }
}

/// The answer with a body, if this is one of the library's own errors.
fn with_body(piece: &[u8]) -> Option<Bytes> {
    let status = piece.strip_prefix(b"HTTP/1.1 ")?.get(..3)?;
    if !matches!(status[0], b'4' | b'5') || piece.len() > 512 || !piece.ends_with(b"\r\n\r\n") {
        return None;
    }
    let head = std::str::from_utf8(piece).ok()?;
    if !head.contains("\r\ncontent-length: 0\r\n") {
        return None;
    }
    let message = match status {
        b"431" => "the head of the request is too long",
        b"414" => "the path is too long",
        _ => "this is no HTTP request that can be understood",
    };
    let body = error_text(message);
    let length = format!("\r\ncontent-type: application/json\r\ncontent-length: {}\r\n", body.len());
    Some((head.replacen("\r\ncontent-length: 0\r\n", &length, 1) + &body).into())
}

impl<S: AsyncRead + Unpin> AsyncRead for PlainErrors<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(cx, buf))?;
        self.came(&buf.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PlainErrors<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.instead.is_empty() {
            match with_body(buf) {
                None => return Pin::new(&mut self.socket).poll_write(cx, buf),
                Some(instead) => self.instead = instead,
            }
        }
        while !self.instead.is_empty() {
            let this = &mut *self;
            let n = ready!(Pin::new(&mut this.socket).poll_write(cx, &this.instead))?;
            if n == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            this.instead.advance(n);
        }
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = bufs.iter().find(|buf| !buf.is_empty()).map_or(&[][..], |buf| buf);
        match self.instead.is_empty() && with_body(first).is_none() {
            true => Pin::new(&mut self.socket).poll_write_vectored(cx, bufs),
            false => self.poll_write(cx, first),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_errors_without_a_body_get_one() {
        let plain = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\ndate: x\r\n\r\n";
        let text = String::from_utf8(with_body(plain).unwrap().to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())), "{head}");
        assert_eq!(body, r#"{"error":"the head of the request is too long"}"#);
        for other in [
            &b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n"[..],
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 9\r\n\r\n{\"error\"}",
            b"HTTP/1.1 4",
            b"",
        ] {
            assert_eq!(with_body(other), None);
        }
    }
}
