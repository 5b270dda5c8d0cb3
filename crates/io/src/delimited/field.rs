//! One field of delimited text: where it ends, and its text without quotes and the blanks around it.
//!
//! A field that begins with a quote, blanks before it aside, goes on to the quote that closes it; a doubled quote inside stands for one. What
//! follows up to the delimiter is added as it is. Anywhere else a quote is a character as any other.

use super::dialect::Dialect;
use std::borrow::Cow;

/// A field.
pub(super) struct Field<'a> {
    /// Its text, without the blanks around it.
    pub(super) text: Cow<'a, [u8]>,
    /// The byte after it: a delimiter or a line end.
    pub(super) end: usize,
    /// Line ends within its quotes.
    pub(super) lines: u64,
}

/// The field that begins at this byte; a line end follows it somewhere.
pub(super) fn read<'a>(bytes: &'a [u8], at: usize, dialect: &Dialect) -> Field<'a> {
    let start = skip_blanks(bytes, at, dialect);
    if bytes[start] == b'"' {
        return quoted(bytes, start, dialect);
    }
    let end = end(bytes, start, dialect);
    Field { text: Cow::Borrowed(bytes[start..end].trim_ascii()), end, lines: 0 }
}

/// The fields of the record that begins at this byte, and the byte after its line end.
pub(super) fn record(bytes: &[u8], mut at: usize, dialect: &Dialect) -> (Vec<Vec<u8>>, usize) {
    let mut fields = Vec::new();
    loop {
        let field = read(bytes, at, dialect);
        fields.push(field.text.into_owned());
        at = field.end + 1;
        if at >= bytes.len() || bytes[field.end] == dialect.terminator {
            return (fields, at);
        }
    }
}

/// The first byte from here on that is no blank, unless blanks delimit.
#[inline(always)]
pub(super) fn skip_blanks(bytes: &[u8], mut at: usize, dialect: &Dialect) -> usize {
    while bytes[at] == b' ' || bytes[at] == b'\t' && dialect.delimiter != b'\t' {
        at += 1;
    }
    at
}

/// The next delimiter or line end, quotes or not.
#[inline(always)]
pub(super) fn end(bytes: &[u8], mut at: usize, dialect: &Dialect) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let delimiters = ONES * u64::from(dialect.delimiter);
    let line_ends = ONES * u64::from(dialect.terminator);
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    while let Some(word) = bytes.get(at..at + 8) {
        let word = u64::from_le_bytes(word.try_into().expect("eight bytes"));
        let found = zero(word ^ delimiters) | zero(word ^ line_ends);
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let stops = |&b: &u8| b == dialect.delimiter || b == dialect.terminator;
    bytes[at..].iter().position(stops).map_or(bytes.len(), |n| at + n)
}

/// The field whose quote opens at this byte.
#[cold]
fn quoted<'a>(bytes: &'a [u8], start: usize, dialect: &Dialect) -> Field<'a> {
    let mut text = Cow::Borrowed(&bytes[0..0]);
    let mut from = start + 1;
    let close = loop {
        let Some(quote) = memchr::memchr(b'"', &bytes[from..]).map(|n| from + n) else { break bytes.len() };
        let is_doubled = bytes.get(quote + 1) == Some(&b'"');
        let part = &bytes[from..quote + usize::from(is_doubled)];
        add(&mut text, part);
        if !is_doubled {
            break quote;
        }
        from = quote + 2;
    };
    let after = (close + 1).min(bytes.len());
    let end = end(bytes, after, dialect);
    let lines = memchr::memchr_iter(dialect.terminator, &bytes[start..close]).count() as u64;
    let more = bytes[after..end].trim_ascii_end();
    if !more.is_empty() {
        add(&mut text, more);
    }
    let text = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_ascii()),
        Cow::Owned(text) => Cow::Owned(text.trim_ascii().to_vec()),
    };
    Field { text, end, lines }
}

/// Adds bytes to a text, which is copied only if it had some.
fn add<'a>(text: &mut Cow<'a, [u8]>, part: &'a [u8]) {
    if text.is_empty() {
        *text = Cow::Borrowed(part);
    } else {
        text.to_mut().extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_ends_where_it_should() {
        for (text, field, end) in [
            ("abc,d\n", "abc", 3),
            ("  abc  ,d\n", "abc", 7),
            ("\n", "", 0),
            ("abcdefghij\n", "abcdefghij", 10),
            ("\"a,\"\"b\"\"\nc\" ,d\n", "a,\"b\"\nc", 12),
            (" \"b c\", d\n", "b c", 6),
            ("\"\"\"\",x\n", "\"", 4),
            ("\"a\"b,c\n", "ab", 4),
            ("5\" pipe,c\n", "5\" pipe", 7),
            ("\"\"\n", "", 2),
            ("x\r\n", "x", 2),
        ] {
            let bytes = [text.as_bytes(), &[0; 16]].concat();
            let found = read(&bytes, 0, &Dialect::of(b','));
            assert_eq!((String::from_utf8_lossy(&found.text), found.end), (field.into(), end), "{text:?}");
        }
    }
}
