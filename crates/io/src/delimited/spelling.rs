//! What is taken out of a delimited text before it is parsed: lines to skip, comments, runs of blanks between fields. Line ends stay, so that the
//! numbers of lines remain those of the file.

use std::io::Read;

/// What is taken out of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Spelling {
    /// Lines at the start that are no part of the table.
    pub(super) skipped_lines: u64,
    /// The byte that begins a line that is none either.
    pub(super) comment: Option<u8>,
    /// Runs of blanks delimit fields; they become one tab.
    pub(super) blanks_delimit: bool,
}

impl Spelling {
    /// The stream without them.
    pub(super) fn wrap<R: Read>(self, stream: R) -> Cleaned<R> {
        Cleaned {
            stream,
            spelling: self,
            line: 0,
            place: Place::Start,
            quoted: false,
            out: Vec::new(),
            given: 0,
        }
    }
}

/// Where in a line the next byte is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    /// In a line that is left out.
    LeftOut,
    /// After blanks that may have to become a delimiter.
    Gap,
    Text,
}

/// A stream without what its spelling takes out.
pub(super) struct Cleaned<R> {
    stream: R,
    spelling: Spelling,
    line: u64,
    place: Place,
    quoted: bool,
    out: Vec<u8>,
    /// How much of `out` was handed on.
    given: usize,
}

impl<R> Cleaned<R> {
    fn take(&mut self, b: u8) {
        let is_end = b == b'\n' || b == b'\r';
        if self.place == Place::Start && !is_end {
            let left_out =
                self.line < self.spelling.skipped_lines || !self.quoted && Some(b) == self.spelling.comment;
            self.place = if left_out { Place::LeftOut } else { Place::Text };
            if !left_out && !self.quoted && self.is_blank(b) {
                self.place = Place::Start; // blanks before the first field
                return;
            }
        }
        if is_end && (!self.quoted || self.place == Place::LeftOut) {
            self.line += u64::from(b == b'\n');
            self.place = Place::Start;
            self.out.push(b);
            return;
        }
        if self.place == Place::LeftOut {
            return;
        }
        if !self.quoted && self.is_blank(b) {
            self.place = Place::Gap;
            return;
        }
        if self.place == Place::Gap {
            self.out.push(b'\t');
            self.place = Place::Text;
        }
        self.quoted ^= b == b'"';
        self.line += u64::from(b == b'\n');
        self.out.push(b);
    }

    fn is_blank(&self, b: u8) -> bool {
        self.spelling.blanks_delimit && (b == b' ' || b == b'\t')
    }
}

impl<R: Read> Read for Cleaned<R> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        while self.given == self.out.len() {
            self.out.clear();
            self.given = 0;
            let mut chunk = [0; 1 << 14];
            let n = self.stream.read(&mut chunk)?;
            if n == 0 {
                return Ok(0);
            }
            chunk[..n].iter().for_each(|&b| self.take(b));
        }
        let n = (self.out.len() - self.given).min(to.len());
        to[..n].copy_from_slice(&self.out[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(text: &str, spelling: Spelling) -> String {
        let mut out = String::new();
        spelling.wrap(text.as_bytes()).read_to_string(&mut out).unwrap();
        out
    }

    #[test]
    fn lines_comments_and_blanks_are_taken_out_and_line_ends_stay() {
        let skip = Spelling { skipped_lines: 2, comment: Some(b'#'), blanks_delimit: false };
        assert_eq!(cleaned("a \"title\nmore\na,b\n# no\n1,#2\n", skip), "\n\na,b\n\n1,#2\n");
        let blanks = Spelling { blanks_delimit: true, ..Spelling::default() };
        let text = "  \"mpg\" cyl \n\"Mazda RX4\"   21  6\n\"a\nb\" 1 2\n";
        assert_eq!(cleaned(text, blanks), "\"mpg\"\tcyl\n\"Mazda RX4\"\t21\t6\n\"a\nb\"\t1\t2\n");
    }
}
