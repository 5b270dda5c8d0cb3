//! How deep a JSON text nests, found before it is parsed, so that no parser is led into recursion.

use crate::error::ApiError;

/// Refuses a text that nests deeper than this. What is no JSON is left for the parser to name.
pub(crate) fn check_depth(text: &[u8], limit: usize) -> Result<(), ApiError> {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for &b in text {
        if in_text {
            match b {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_text = false,
                _ => {}
            }
            continue;
        }
        match b {
            b'"' => in_text = true,
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
