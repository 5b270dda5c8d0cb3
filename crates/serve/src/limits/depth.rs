//! How deep a JSON text nests, found before it is parsed, so that no parser is led into recursion.

use crate::error::ApiError;

/// Refuses a text that nests deeper than this. What is no JSON is left for the parser to name.
pub(crate) fn check_depth(text: &[u8], limit: usize) -> Result<(), ApiError> {
    // Text nests no deeper than it has brackets, and counting those takes a tenth of the time.
    if memchr::memchr2_iter(b'[', b'{', text).count() <= limit {
        return Ok(());
    }
    let mut depth = 0_usize;
    let mut bytes = text.iter();
    while let Some(b) = bytes.next() {
        match b {
            b'"' => skip_text(&mut bytes),
            b'[' | b'{' => {
                depth += 1;
                if depth > limit {
                    return Err(ApiError::bad_request(format!("the JSON nests deeper than {limit}")));
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Skips a string, to after the quote that ends it.
fn skip_text(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(b) = bytes.next() {
        match b {
            b'\\' => drop(bytes.next()),
            b'"' => return,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_count_outside_texts_only() {
        assert!(check_depth(br#"[["[[[[","\"[[[["],[1,[2]]]"#, 3).is_ok());
        assert!(check_depth(br#"[[1,[2]]]"#, 2).is_err());
        assert!(check_depth("[{}]".repeat(100).as_bytes(), 2).is_ok());
        assert!(check_depth(&vec![b'['; 1 << 20], 32).is_err());
    }
}
