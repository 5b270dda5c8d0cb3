//! What the values of options are read from.

use planish_io::Every;
use std::time::Duration;

pub(crate) fn threads(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&n| n <= 1024).ok_or_else(|| "it must be a whole number up to 1024".to_owned())
}

pub(crate) fn level(text: &str) -> Result<f64, String> {
    let level = text.parse().ok().filter(|x| *x > 0.0 && *x < 1.0);
    level.ok_or_else(|| "it must lie between 0 and 1, such as 0.95".to_owned())
}

/// 90s, 5m or 2h.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let seconds = |unit: char, each: f64| text.strip_suffix(unit)?.parse::<f64>().ok().map(|n| n * each);
    seconds('s', 1.0)
        .or_else(|| seconds('m', 60.0))
        .or_else(|| seconds('h', 3600.0))
        .filter(|s| *s > 0.0 && *s < 1e9)
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "it must be a time such as 90s, 5m or 2h".to_owned())
}

/// 500 (steps), or a time.
pub(crate) fn every(text: &str) -> Result<Every, String> {
    match text.parse() {
        Ok(n) if n > 0 => Ok(Every::Steps(n)),
        _ => duration(text).map(Every::Time).map_err(|_| {
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
