//! Splits Rust source into code and comments, line by line, and empties the string literals.
//!
//! Not a parser: it knows just enough of the lexical grammar never to take a comment or a literal for code.
//! Those are line comments, nested block comments, strings with escapes, raw strings with any number of `#`,
//! byte and C strings, and character literals, which are told from lifetimes by where the next quote is. What
//! remains of a literal is its quotes.
//!
//! Source: The Rust Reference, "Lexical structure".

/// A line of source: its code without comments and literals, and its comments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) code: String,
    pub(super) comment: String,
}

/// The lines of a source file.
pub(super) fn lines(source: &str) -> Vec<Line> {
    let mut scanner = Scanner { rest: source, lines: vec![Line::default()] };
    while !scanner.rest.is_empty() {
        scanner.token();
    }
    scanner.lines
}

/// Whether `word` occurs in `code` and is not a part of a longer identifier there.
pub(super) fn has_word(code: &str, word: &str) -> bool {
    word_end(code, word).is_some()
}

/// The code that follows the first `word`.
pub(super) fn after_word<'a>(code: &'a str, word: &str) -> Option<&'a str> {
    word_end(code, word).map(|end| &code[end..])
}

fn word_end(code: &str, word: &str) -> Option<usize> {
    code.match_indices(word).map(|(start, _)| (start, start + word.len())).find_map(|(start, end)| {
        let before = code[..start].chars().next_back().is_some_and(is_identifier);
        let after = code[end..].chars().next().is_some_and(is_identifier);
        let joined = before && word.starts_with(is_identifier) || after && word.ends_with(is_identifier);
        (!joined).then_some(end)
    })
}

fn is_identifier(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

struct Scanner<'a> {
    rest: &'a str,
    lines: Vec<Line>,
}

impl Scanner<'_> {
    /// Takes the next comment, literal, or character of code.
    fn token(&mut self) {
        if self.rest.starts_with("//") {
            self.comment(self.rest.find('\n').unwrap_or(self.rest.len()));
        } else if self.rest.starts_with("/*") {
            self.comment(block_comment(self.rest));
        } else if let Some((length, quote)) = self.literal_ahead() {
            self.literal(length, quote);
        } else {
            self.code();
        }
    }

    /// The literal that begins here; a prefix such as `r` begins none where it is the end of an identifier.
    fn literal_ahead(&mut self) -> Option<(usize, char)> {
        let inside = self.line().code.ends_with(is_identifier) && self.rest.starts_with(is_identifier);
        if inside { None } else { literal(self.rest) }
    }

    fn comment(&mut self, length: usize) {
        let (comment, rest) = self.rest.split_at(length);
        self.rest = rest;
        let mut parts = comment.split('\n');
        self.line().comment.push_str(parts.next().unwrap_or_default());
        self.lines.extend(parts.map(|part| Line { code: String::new(), comment: part.to_owned() }));
    }

    fn literal(&mut self, length: usize, quote: char) {
        let (literal, rest) = self.rest.split_at(length);
        self.rest = rest;
        self.line().code.push(quote);
        self.lines.extend(literal.matches('\n').map(|_| Line::default()));
        self.line().code.push(quote);
    }

    fn code(&mut self) {
        let mut characters = self.rest.chars();
        match characters.next() {
            Some('\n') => self.lines.push(Line::default()),
            Some(c) => self.line().code.push(c),
            None => {}
        }
        self.rest = characters.as_str();
    }

    fn line(&mut self) -> &mut Line {
        self.lines.last_mut().expect("there is a line from the start")
    }
}

/// The length of the block comment that `rest` begins with; they nest.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while let Some(next) = rest[at..].find(['/', '*']) {
        at += next;
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += 1;
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// The length and the quote of the string or character literal that `rest` begins with.
fn literal(rest: &str) -> Option<(usize, char)> {
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| rest.starts_with(prefix))?;
    let body = &rest[prefix.len()..];
    let (length, quote) = if prefix.ends_with('r') {
        (raw_string(body)?, '"')
    } else if body.starts_with('"') {
        (escaped(body, '"'), '"')
    } else {
        (character(body)?, '\'')
    };
    Some((prefix.len() + length, quote))
}

/// The length of a raw string from its `#`s on.
fn raw_string(body: &str) -> Option<usize> {
    let hashes = body.len() - body.trim_start_matches('#').len();
    let inside = body[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = inside.find(&end).map_or(inside.len(), |at| at + end.len());
    Some(hashes + 1 + length)
}

/// The length of a literal in which a backslash escapes the next character.
fn escaped(body: &str, quote: char) -> usize {
    let mut escape = false;
    for (at, c) in body.char_indices().skip(1) {
        if !escape && c == quote {
            return at + 1;
        }
        escape = !escape && c == '\\';
    }
    body.len()
}

/// The length of a character literal; a quote that begins a lifetime is none.
fn character(body: &str) -> Option<usize> {
    let inside = body.strip_prefix('\'')?;
    if inside.starts_with('\\') {
        return Some(escaped(body, '\''));
    }
    let mut characters = inside.chars();
    characters.next().filter(|&c| c != '\'')?;
    let rest = characters.as_str().strip_prefix('\'')?;
    Some(body.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(source: &str) -> Vec<String> {
        lines(source).into_iter().map(|line| line.code).collect()
    }

    fn comments(source: &str) -> Vec<String> {
        lines(source).into_iter().map(|line| line.comment).collect()
    }

    #[test]
    fn a_line_comment_ends_with_its_line() {
        assert_eq!(code("a // b \"\n/// c\nd"), ["a ", "", "d"]);
        assert_eq!(comments("a // b \"\n/// c\nd"), ["// b \"", "/// c", ""]);
    }

    #[test]
    fn block_comments_nest_and_span_lines() {
        assert_eq!(code("a /* b /* c */\n d */ e /**/ f"), ["a ", " e  f"]);
        assert_eq!(comments("a /* b /* c */\n d */ e"), ["/* b /* c */", " d */"]);
        assert_eq!(code("a / b * c /*/ d */ e"), ["a / b * c  e"]);
        assert_eq!(code("a /* never\nended"), ["a ", ""]);
    }

    #[test]
    fn a_string_is_emptied_whatever_it_holds() {
        assert_eq!(code(r#"f("// \" unsafe", b"x", c"y") + 1"#), [r#"f("", "", "") + 1"#]);
        assert_eq!(code("\"a\\\n b\" c"), ["\"", "\" c"]);
        assert_eq!(code(r#""\\" + "/*""#), [r#""" + """#]);
    }

    #[test]
    fn a_raw_string_ends_with_as_many_hashes_as_it_begins_with() {
        assert_eq!(code("r#\"a \" // \"# + r\"\\\" + br##\"\"#\"## b"), ["\"\" + \"\" + \"\" b"]);
        assert_eq!(code("r#\"\n\n\"# a"), ["\"", "", "\" a"]);
    }

    #[test]
    fn a_raw_identifier_or_the_end_of_a_name_begins_no_string() {
        assert_eq!(code("r#type + b + attr\"x\" + e"), ["r#type + b + attr\"\" + e"]);
    }

    #[test]
    fn character_literals_are_told_from_lifetimes() {
        assert_eq!(code(r"f('a', '\'', b'\\', '\u{1F600}', '🙂', '/')"), ["f('', '', '', '', '', '')"]);
        assert_eq!(
            code("fn f<'a, 'b>(x: &'a str) -> &'static str"),
            ["fn f<'a, 'b>(x: &'a str) -> &'static str"]
        );
        assert_eq!(code("('\"', x /* y */, '\"') // z"), ["('', x , '') "]);
    }

    #[test]
    fn a_word_is_not_part_of_a_longer_identifier() {
        assert!(has_word("unsafe { f() }", "unsafe"));
        assert!(!has_word("#![forbid(unsafe_code)]", "unsafe"));
        assert!(!has_word("eprintln!()", "println!"));
        assert!(has_word("use std::fs;", "std::fs") && !has_word("my_std::fs", "std::fs"));
        assert!(has_word("ab a", "a"));
        assert_eq!(after_word("pub(crate) fn read()", "fn"), Some(" read()"));
    }
}
