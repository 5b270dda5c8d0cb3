//! What the values of options are read from.

use planish_io::{Every, WishedKind};
use planish_model::setting::{TIME, split_names};
use planish_tabular::DecimalMark;

pub(crate) fn level(text: &str) -> Result<f64, String> {
    let level = text.parse().ok().filter(|x| *x > 0.0 && *x < 1.0);
    level.ok_or_else(|| "it must lie between 0 and 1, such as 0.95".to_owned())
}

/// 500 (steps), or a time.
pub(crate) fn every(text: &str) -> Result<Every, String> {
    match text.parse() {
        Ok(n) if n > 0 => Ok(Every::Steps(n)),
        _ => TIME(text).map(Every::Time).map_err(|_| {
            "it must be a number of steps such as 500, or a time such as 90s, 5m or 2h".to_owned()
        }),
    }
}

pub(crate) fn delimiter(text: &str) -> Result<u8, String> {
    match text {
        "tab" | "\\t" => Ok(b'\t'),
        _ => match text.as_bytes() {
            [b'"' | b'\n' | b'\r'] => Err("a quote or a line end cannot be the delimiter".to_owned()),
            [b] if b.is_ascii_alphanumeric() || b"+-.".contains(b) => {
                Err("a letter, a digit or what is part of a number cannot be the delimiter".to_owned())
            }
            [b] => Ok(*b),
            _ => Err("it must be one ASCII character, or \"tab\"".to_owned()),
        },
    }
}

pub(crate) fn comment(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [b] if !b"\"\r\n".contains(b) => Ok(*b),
        _ => Err("it must be one ASCII character, such as #".to_owned()),
    }
}

pub(crate) fn names(text: &str) -> Result<Vec<String>, String> {
    split_names(text)
}

/// `zip:category,when:date`; a name with a comma is quoted as in CSV.
pub(crate) fn kinds(text: &str) -> Result<Vec<(String, WishedKind)>, String> {
    let kind = |item: &String| {
        let (name, kind) = item.rsplit_once(':').ok_or("it must be a column and its kind: zip:category")?;
        let known = WishedKind::CHOICES.iter().find(|(known, _)| *known == kind.trim());
        let all = || WishedKind::CHOICES.map(|(known, _)| known).join(", ");
        let (_, kind) =
            known.ok_or_else(|| format!("the kind {kind:?} of {name:?} must be one of {}", all()))?;
        Ok((name.trim().to_owned(), *kind))
    };
    split_names(text)?.iter().map(kind).collect()
}

pub(crate) fn decimal(text: &str) -> Result<DecimalMark, String> {
    match text {
        "." => Ok(DecimalMark::Point),
        "," => Ok(DecimalMark::Comma),
        _ => Err("it must be . or ,".to_owned()),
    }
}

/// The decimal mark beside this mark between thousands.
pub(crate) fn thousands(text: &str) -> Result<DecimalMark, String> {
    decimal(text).map(|mark| match mark {
        DecimalMark::Point => DecimalMark::Comma,
        DecimalMark::Comma => DecimalMark::Point,
    })
}

/// `500M`, `4G`, or bytes.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let text = text.trim_end_matches(['B', 'b']);
    let (digits, unit) = match text.as_bytes().last() {
        Some(b'k' | b'K') => (&text[..text.len() - 1], 1 << 10),
        Some(b'm' | b'M') => (&text[..text.len() - 1], 1 << 20),
        Some(b'g' | b'G') => (&text[..text.len() - 1], 1 << 30),
        _ => (text, 1),
    };
    let bytes = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(unit)).filter(|n| *n > 0);
    bytes.ok_or_else(|| "it must be a number of bytes such as 500M or 4G".to_owned())
}
