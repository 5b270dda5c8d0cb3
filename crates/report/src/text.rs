//! Text as it may stand in HTML and SVG, and numbers as they stand at axes.

/// The text with `& < > " '` as character references, and without the control characters that no document may hold.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(' '),
            // Marks of direction could make one name look like another.
            c if c.is_control()
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}') =>
            {
                out.push('\u{fffd}')
            }
            c => out.push(c),
        }
    }
    out
}

/// The text cut to so many characters, an ellipsis in the place of its middle.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= most {
        return text.to_owned();
    }
    let (head, tail) = ((most - 1).div_ceil(2), (most - 1) / 2);
    letters[..head].iter().chain(&['…']).chain(&letters[letters.len() - tail..]).collect()
}

/// The number at a tick, with the decimals that steps of `step` need; thousands and millions by `k` and `M`. A minus sign is one.
pub(crate) fn tick(value: f64, step: f64) -> String {
    let largest = value.abs().max(step.abs());
    let (unit, suffix) = match largest {
        a if !(1e-4..1e9).contains(&a) => return scientific(value),
        a if a >= 1e6 => (1e6, "M"),
        a if a >= 1e4 => (1e3, "k"),
        _ => (1.0, ""),
    };
    let places = (0..8).find(|&p| is_whole(step / unit * power_of_ten(p))).unwrap_or(8) as usize;
    let text = format!("{:.places$}", value / unit);
    let zero = text.chars().all(|c| matches!(c, '-' | '0' | '.'));
    if zero { "0".to_owned() } else { format!("{text}{suffix}").replace('-', "−") }
}

fn scientific(value: f64) -> String {
    if value == 0.0 { "0".to_owned() } else { format!("{value:.1e}").replace(".0e", "e").replace('-', "−") }
}

fn is_whole(x: f64) -> bool {
    (x - x.round()).abs() < 1e-6 * x.abs().max(1.0)
}

/// 10ⁿ, from its decimal.
pub(crate) fn power_of_ten(n: i32) -> f64 {
    format!("1e{n}").parse().unwrap_or(f64::INFINITY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_is_markup() {
        assert_eq!(
            escape("<script>\"a\" & 'b'</script>\u{0}"),
            "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;\u{fffd}"
        );
        assert_eq!(escape("Größe\tm²\u{202e}"), "Größe m²\u{fffd}");
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!((shortened("abcdef", 6), shortened("abcdefg", 6)), ("abcdef".into(), "abc…fg".into()));
        assert_eq!(shortened("ÄÖÜäöüß", 3), "Ä…ß");
    }

    #[test]
    fn ticks_have_the_decimals_of_their_step() {
        let of = |values: &[f64], step| values.iter().map(|&v| tick(v, step)).collect::<Vec<_>>().join(" ");
        assert_eq!(of(&[-0.5, 0.0, 0.25], 0.25), "−0.50 0 0.25");
        assert_eq!(of(&[0.0, 2e4, 1e5, 1.2e6], 2e4), "0 20k 100k 1.20M");
        assert_eq!(of(&[-5e3, 0.0, 5e3], 5e3), "−5000 0 5000");
        assert_eq!(of(&[0.0, 2e-7, 1e12, 2.5e12], 2e-7), "0 2e−7 1e12 2.5e12");
    }
}
