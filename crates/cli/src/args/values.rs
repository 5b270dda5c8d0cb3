//! What the values of options are read from.

use planish_io::Every;
use planish_model::setting::TIME;

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
            [b] => Ok(*b),
            _ => Err("it must be one ASCII character, or \"tab\"".to_owned()),
        },
    }
}
