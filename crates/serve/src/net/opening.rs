//! Which version of HTTP a client speaks, told by the first bytes of its connection.
//!
//! HTTP/2 begins with a preface of 24 bytes and a SETTINGS frame (RFC 9113, section 3.4). Until all of that is there the client has said
//! nothing, and the time-out of a first head applies; so it does to one that never sends a byte.

/// What a client of HTTP/2 sends first.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The head of the frame after it, which begins with the frame's length in three bytes.
const HEAD: usize = 9;

/// A version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Http1,
    Http2,
}

/// The beginning of a connection.
#[derive(Debug, Default)]
pub(crate) struct Opening {
    /// The number of bytes that were read so far.
    seen: usize,
    /// The length of the first frame after the preface.
    frame: usize,
    version: Option<Version>,
}

impl Opening {
    /// More bytes came; the version, when it is known.
    pub(crate) fn came(&mut self, bytes: &[u8]) -> Option<Version> {
        let mut bytes = bytes.iter();
        while self.version.is_none() {
            let byte = bytes.next()?;
            self.look_at(*byte);
        }
        self.version
    }

    fn look_at(&mut self, byte: u8) {
        let at = self.seen;
        self.seen += 1;
        match PREFACE.get(at) {
            Some(expected) if *expected != byte => self.version = Some(Version::Http1),
            Some(_) => {}
            None if at < PREFACE.len() + 3 => self.frame = self.frame << 8 | usize::from(byte),
            None => {}
        }
        if self.seen >= PREFACE.len() + HEAD && self.seen - PREFACE.len() - HEAD >= self.frame {
            self.version = Some(Version::Http2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_known_when_the_client_has_said_it_in_whatever_pieces() {
        let settings = [&[0, 0, 6, 4, 0, 0, 0, 0, 0][..], &[0, 3, 0, 0, 0, 100]].concat();
        let two = [PREFACE, &settings].concat();
        for piece in [1, 2, 5, 24, 25, 33, 38, two.len()] {
            let mut opening = Opening::default();
            let said: Vec<_> = two.chunks(piece).map(|piece| opening.came(piece)).collect();
            let (last, before) = said.split_last().unwrap();
            assert_eq!(*last, Some(Version::Http2), "{piece}");
            assert!(before.iter().all(Option::is_none), "{piece}");
            assert_eq!(opening.came(b"anything"), Some(Version::Http2));
        }
        for one in ["GET / HTTP/1.1\r\n", "PRINT / HTTP/1.1", "POST /"] {
            assert_eq!(Opening::default().came(one.as_bytes()), Some(Version::Http1), "{one}");
        }
        assert_eq!(Opening::default().came(b"P"), None);
        assert_eq!(Opening::default().came(b""), None);
    }
}
