//! Text as it may stand in HTML and SVG, its width in a picture, and numbers as they stand at axes.

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

/// The largest size of a picture's text (page.css has it for phones) with a fifth more: no sans-serif that is meant for reading is wider.
const EM: f64 = 14.0 * 1.2;

/// A width that the text stays within in a picture, whatever sans-serif the reader has. The letters are those of DejaVu Sans and Verdana, which are among
/// the widest.
pub(crate) fn width(text: &str) -> f64 {
    let ems = |c: char| match c {
        'i' | 'j' | 'l' | 'I' | '\'' | '|' | '!' | '.' | ',' | ':' | ';' | ' ' => 0.35,
        'f' | 'r' | 't' | '(' | ')' | '[' | ']' | '/' | '\\' | '-' => 0.42,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' | 'Æ' | 'Œ' | 'æ' | 'œ' => 1.0,
        '−' | '+' | '=' | '<' | '>' | '~' | '^' | '#' => 0.84,
        // Ideographs and emoji are square.
        '\u{1100}'.. => 1.05,
        '\u{250}'.. => 0.9,
        c if c.is_uppercase() => 0.8,
        _ => 0.64,
    };
    EM * text.chars().map(ems).sum::<f64>()
}

/// The text, [shortened] if it is wider than the room.
pub(crate) fn fitted(text: &str, room: f64) -> String {
    let most = text.chars().count().min((room / (0.35 * EM)) as usize);
    let mut candidates = (1..=most).rev().map(|letters| shortened(text, letters));
    candidates.find(|t| width(t) <= room).unwrap_or_else(|| "…".to_owned())
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
    fn a_text_is_shortened_to_its_room_by_the_width_of_its_letters() {
        let fits = |text: &str| {
            let short = fitted(text, 150.0);
            assert!(width(&short) <= 150.0, "{short}");
            short.chars().count()
        };
        assert_eq!(fitted("bill_length", 150.0), "bill_length");
        assert_eq!((fits(&"i".repeat(40)), fits(&"W".repeat(40)), fits(&"漢".repeat(40))), (23, 8, 8));
        assert_eq!((fitted("", 150.0), fitted("W", 1.0)), (String::from("…"), "…".to_owned()));
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
