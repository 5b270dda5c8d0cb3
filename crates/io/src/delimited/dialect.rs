//! How a delimited text is written: its delimiter, how lines end, what is skipped. What is not told is found at the start of the text.

use super::spelling::Spelling;
use crate::error::IoError;
use crate::input::Input;
use crate::table_options::TableOptions;
use std::io::Read;

/// How a delimited text is written.
#[derive(Clone, Debug)]
pub(super) struct Dialect {
    pub(super) delimiter: u8,
    /// The last byte of a line: `\n`, or `\r` in texts that have no other.
    pub(super) terminator: u8,
    /// What is taken out of the text first.
    spelling: Spelling,
}

impl Dialect {
    /// As most texts are, with this delimiter.
    #[cfg(test)]
    pub(super) fn of(delimiter: u8) -> Dialect {
        Dialect { delimiter, terminator: b'\n', spelling: Spelling::default() }
    }

    /// The dialect of an input: told, or seen in its first bytes.
    pub(super) fn detect(input: &Input, options: &TableOptions) -> Result<Dialect, IoError> {
        if input.is_canonical() {
            return Ok(Dialect { delimiter: b',', terminator: b'\n', spelling: Spelling::default() });
        }
        let mut spelling =
            Spelling { skipped_lines: options.skip, comment: options.comment, blanks_delimit: false };
        let mut head = Vec::new();
        let start = input.head()?;
        if spelling == Spelling::default() && begins_with_comments(&start) {
            spelling.comment = Some(b'#');
        }
        let failed = IoError::system(&input.name, "read");
        spelling.wrap(&start[..]).read_to_end(&mut head).map_err(failed)?;
        let line_end = head.iter().position(|b| matches!(b, b'\n' | b'\r'));
        let has_cr = line_end.is_some_and(|n| head[n] == b'\r' && head.get(n + 1) != Some(&b'\n'));
        let terminator = if has_cr && !head.contains(&b'\n') { b'\r' } else { b'\n' };
        let delimiter = options.delimiter.unwrap_or_else(|| most_frequent(&head, terminator));
        spelling.blanks_delimit =
            delimiter == b' ' || options.delimiter.is_none() && are_blanks_delimiters(&head, terminator);
        let delimiter = if spelling.blanks_delimit { b'\t' } else { delimiter };
        Ok(Dialect { delimiter, terminator, spelling })
    }

    /// The text of an input, without what is skipped.
    pub(super) fn stream(&self, input: &Input) -> Result<Box<dyn Read + Send>, IoError> {
        let stream = input.reader(0)?;
        Ok(if self.spelling == Spelling::default() { stream } else { Box::new(self.spelling.wrap(stream)) })
    }

    /// Whether a quote at this byte, outside quotes, opens a quoted field: only blanks lie between it and the start of the field.
    pub(super) fn opens(&self, bytes: &[u8], at: usize) -> bool {
        let is_blank = |b: &u8| *b == b' ' || *b == b'\t' && self.delimiter != b'\t';
        match bytes[..at].iter().rev().find(|b| !is_blank(b)) {
            Some(before) => *before == self.delimiter || *before == self.terminator,
            None => true,
        }
    }
}

/// Whether a text begins with lines after `#` that are no part of its table: they have fewer delimiters than the line below them.
fn begins_with_comments(head: &[u8]) -> bool {
    let is_comment = |line: &&[u8]| line.first() == Some(&b'#');
    let delimiters = |line: &[u8]| line.iter().filter(|b| b",;\t|".contains(b)).count();
    let mut comments = lines(head, b'\n').take_while(is_comment).map(delimiters).peekable();
    let Some(most) = comments.peek().is_some().then(|| comments.max()).flatten() else { return false };
    lines(head, b'\n').find(|line| !is_comment(line)).is_some_and(|line| delimiters(line) > most)
}

/// Lines of the head whose quotes are closed, without blank ones.
fn lines(head: &[u8], terminator: u8) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    let ends = move |b: &u8| {
        quoted ^= *b == b'"';
        *b == terminator && !quoted
    };
    head.split(ends).map(<[u8]>::trim_ascii).filter(|line| !line.is_empty())
}

/// How often each byte of a line is outside quotes.
fn count(line: &[u8], wanted: u8) -> usize {
    let mut quoted = false;
    let is_wanted = |b: &&u8| {
        quoted ^= **b == b'"';
        !quoted && **b == wanted
    };
    line.iter().filter(is_wanted).count()
}

/// The most frequent of comma, semicolon, tab and bar in the first line, outside quotes; a comma if there is none.
fn most_frequent(head: &[u8], terminator: u8) -> u8 {
    let first = lines(head, terminator).next().unwrap_or_default();
    let candidates = [b',', b';', b'\t', b'|'];
    let counts = candidates.map(|c| count(first, c));
    let best = (0..4).fold(0, |best, i| if counts[i] > counts[best] { i } else { best });
    candidates[best]
}

/// Whether fields are delimited by runs of blanks, as R's `write.table` writes them: the first lines have no other delimiter (or tabs that divide
/// the rows otherwise than the header), and all rows have the same number of words, two or more; the header may lack one, that of the rows' names.
fn are_blanks_delimiters(head: &[u8], terminator: u8) -> bool {
    let words = |line: &[u8]| {
        let mut quoted = false;
        let gaps = |b: &u8| {
            quoted ^= *b == b'"';
            !quoted && b.is_ascii_whitespace()
        };
        line.split(gaps).filter(|word| !word.is_empty()).count()
    };
    let mut few = lines(head, terminator).take(20).peekable();
    let Some(first) = few.next() else { return false };
    if few.peek().is_none() || [b',', b';', b'|'].iter().any(|&d| count(first, d) > 0) {
        return false;
    }
    let header = words(first);
    let few: Vec<&[u8]> = few.collect();
    let tabs = count(first, b'\t');
    let are_tabs_mixed = tabs == 0 || few.iter().any(|line| count(line, b'\t') != tabs);
    let rows: Vec<usize> = few.iter().map(|line| words(line)).collect();
    // The last line of a long text is cut off.
    let whole = if head.len() > 1 << 15 && rows.len() > 1 { &rows[..rows.len() - 1] } else { &rows[..] };
    let n = whole[0];
    n >= 2 && (header == n || header + 1 == n) && whole.iter().all(|&k| k == n) && are_tabs_mixed
}
