//! Numbers as text: the shortest that reads back as the same number, with an exponent where there would be many zeros.

use std::io::Write;

/// Appends the number.
pub(crate) fn push_number(out: &mut Vec<u8>, x: f64) {
    let has_exponent = x != 0.0 && x.is_finite() && !(1e-5..1e16).contains(&x.abs());
    let written = if has_exponent { write!(out, "{x:e}") } else { write!(out, "{x}") };
    // A vector takes all that is written.
    debug_assert!(written.is_ok());
}

/// The number as text.
pub(crate) fn number_text(x: f64) -> String {
    let mut out = Vec::new();
    push_number(&mut out, x);
    out.into_iter().map(char::from).collect()
}
