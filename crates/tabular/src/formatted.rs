//! Numbers as people write them: `1,340.56`, `$1,234.50`, `12%`, `(1,200)` for a negative one, `1.340,56`, `1 234,5`.
//!
//! What can be doubted is no number: thousands are groups of exactly three digits, parted by one and the same sign, and a currency sign
//! stands at one end. The digits alone are then read as any other decimal, so that none is lost. `12%` is 12.

use crate::schema::DecimalMark;
use planish_tensor::Dd;

const CURRENCIES: [char; 12] = ['$', '€', '£', '¥', '₹', '₩', '₽', '₺', '₴', '₫', '₪', '₱'];

/// Spaces that part thousands: the plain one, the one that does not break, narrow and thin ones.
const SPACES: [char; 4] = [' ', '\u{a0}', '\u{202f}', '\u{2009}'];

/// What a text has around its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Dress {
    currency: Option<char>,
    percent: bool,
}

/// The number that a text stands for, with this decimal mark; plain numbers too. `None` if it can be doubted.
pub fn parse_formatted(text: &str, mark: DecimalMark) -> Option<Dd> {
    parse(text, mark).map(|(x, _)| x)
}

/// The decimal mark with which all texts are numbers, `Point` where both would do. `None` if there are no texts, if a text is no number, or if
/// not all or none have a percent sign, or have signs of two currencies: they are no numbers of one unit.
pub fn settle<'t>(texts: impl IntoIterator<Item = &'t str>) -> Option<DecimalMark> {
    let (mut point, mut comma) = (true, true);
    let mut first: Option<Dress> = None;
    for text in texts {
        let [as_point, as_comma] = [DecimalMark::Point, DecimalMark::Comma].map(|mark| parse(text, mark));
        (point, comma) = (point && as_point.is_some(), comma && as_comma.is_some());
        let (_, dress) = as_point.or(as_comma)?;
        let before = first.get_or_insert(dress);
        before.currency = before.currency.or(dress.currency);
        let other_currency = dress.currency.is_some() && dress.currency != before.currency;
        if !(point || comma) || before.percent != dress.percent || other_currency {
            return None;
        }
    }
    first.map(|_| if point { DecimalMark::Point } else { DecimalMark::Comma })
}

fn parse(text: &str, mark: DecimalMark) -> Option<(Dd, Dress)> {
    if mark == DecimalMark::Point
        && let Some(x) = Dd::parse_decimal(text)
    {
        return Some((x, Dress::default()));
    }
    let trimmed = text.trim_matches(SPACES);
    let (negative, signed, inner) = without_sign(trimmed);
    let (dress, inner) = undress(inner)?;
    // `$-3`: a sign may stand behind the currency sign.
    let (negative, digits) = match inner.strip_prefix(['-', '\u{2212}']) {
        Some(rest) if !signed && dress.currency.is_some() => (true, rest),
        Some(_) => return None,
        None => (negative, inner),
    };
    let mut plain = String::with_capacity(digits.len() + 1);
    if negative {
        plain.push('-');
    }
    let bare = dress == Dress::default();
    push_plain(digits, mark, bare, &mut plain)?;
    Some((Dd::parse_decimal(&plain)?, dress))
}

/// Whether a number is negative, whether that or the opposite is said, and the rest: `-3`, `+3`, `(3)`.
fn without_sign(text: &str) -> (bool, bool, &str) {
    if let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        return (true, true, inner.trim_matches(SPACES));
    }
    if let Some(rest) = text.strip_prefix(['-', '\u{2212}']) {
        return (true, true, rest);
    }
    text.strip_prefix('+').map_or((false, false, text), |rest| (false, true, rest))
}

/// What stands around the digits, and the digits; `None` for two things.
fn undress(text: &str) -> Option<(Dress, &str)> {
    let (before, rest) = match text.strip_prefix(CURRENCIES) {
        Some(rest) => (text.chars().next(), rest.trim_start_matches(SPACES)),
        None => (None, text),
    };
    let last = rest.chars().next_back().filter(|c| CURRENCIES.contains(c) || *c == '%');
    let rest = last.map_or(rest, |c| rest[..rest.len() - c.len_utf8()].trim_end_matches(SPACES));
    let percent = last == Some('%');
    let after = last.filter(|_| !percent);
    let one = usize::from(before.is_some()) + usize::from(last.is_some()) <= 1;
    one.then_some((Dress { currency: before.or(after), percent }, rest))
}

/// Writes the digits as a plain decimal; an exponent is allowed in a `bare` number without thousands.
fn push_plain(digits: &str, mark: DecimalMark, bare: bool, plain: &mut String) -> Option<()> {
    let (point, other) = match mark {
        DecimalMark::Point => ('.', ','),
        DecimalMark::Comma => (',', '.'),
    };
    let (whole, fraction) = digits.split_once(point).map_or((digits, None), |(w, f)| (w, Some(f)));
    let is_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    let separator = whole.chars().find(|c| !c.is_ascii_digit());
    let is_separator = |c: char| c == other || SPACES.contains(&c) || c == '\'' || c == '\u{2019}';
    match separator {
        Some(c) if is_separator(c) => {
            let mut groups = whole.split(c);
            let first = groups.next().filter(|g| (1..=3).contains(&g.len()) && is_digits(g))?;
            // `0,123` has its decimals behind a comma.
            if first.starts_with('0') {
                return None;
            }
            plain.push_str(first);
            for group in groups {
                plain.push_str(Some(group).filter(|g| g.len() == 3 && is_digits(g))?);
            }
        }
        None => plain.push_str(whole),
        Some('e' | 'E') if bare && fraction.is_none() => plain.push_str(whole), // checked by who reads it
        Some(_) => return None,
    }
    let Some(fraction) = fraction else { return (!whole.is_empty()).then_some(()) };
    let plain_exponent = bare && separator.is_none() && fraction.contains(['e', 'E']);
    if !fraction.starts_with(|c: char| c.is_ascii_digit()) || !(is_digits(fraction) || plain_exponent) {
        return None;
    }
    plain.push('.');
    plain.push_str(fraction);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use DecimalMark::{Comma, Point};

    #[test]
    fn numbers_for_people_are_their_digits() {
        for (text, mark, plain) in [
            ("1,340", Point, "1340"),
            ("1,340.56", Point, "1340.56"),
            ("$1,234.50", Point, "1234.50"),
            ("€ 12", Point, "12"),
            ("12 €", Point, "12"),
            ("12%", Point, "12"),
            ("12.5 %", Point, "12.5"),
            ("(1,200)", Point, "-1200"),
            ("($1,200.10)", Point, "-1200.10"),
            ("-$3.00", Point, "-3.00"),
            ("$-3.00", Point, "-3.00"),
            ("\u{2212}3%", Point, "-3"),
            ("+1,000", Point, "1000"),
            ("$.50", Point, ".50"),
            ("1 234.5", Point, "1234.5"),
            ("1'234'567", Point, "1234567"),
            ("-1e-3", Point, "-1e-3"),
            ("0.1", Point, "0.1"),
            ("1.340,56", Comma, "1340.56"),
            ("1.340", Comma, "1340"),
            ("10,56", Comma, "10.56"),
            ("-10,56 €", Comma, "-10.56"),
            ("1 234,5", Comma, "1234.5"),
            ("1\u{a0}234,5", Comma, "1234.5"),
            ("1\u{202f}234\u{202f}567,5", Comma, "1234567.5"),
            ("1’234,5", Comma, "1234.5"),
            ("1,5e3", Comma, "1.5e3"),
            ("2e3", Comma, "2e3"),
            (",5", Comma, ".5"),
            ("0,123", Comma, "0.123"),
            ("12345678901234,56789", Comma, "12345678901234.56789"),
        ] {
            let expected = Dd::parse_decimal(plain);
            assert!(expected.is_some() && parse_formatted(text, mark) == expected, "{text:?}");
        }
        assert!(parse_formatted("12345678901234,56789", Comma).unwrap().lo != 0.0);
    }

    #[test]
    fn what_can_be_doubted_is_no_number() {
        for text in [
            "",
            " ",
            "1,34",
            "1,3400",
            "12-34",
            "1.2.3",
            "0,123",
            "01,234",
            "1,234,56",
            "1,234 567",
            "$",
            "%",
            "$1$",
            "$5%",
            "%5",
            "5%%",
            "1,340.",
            "(-5)",
            "--5",
            "-(5)",
            "$ -",
            "-$-3",
            "1,2e3",
            "$1e3",
            "1e",
            "inf",
            "NaN",
            "0x10",
            "1_000",
            "(5",
            "5)",
            "1,,000",
            ",340",
            "1'23",
            "1 23",
            "USD 5",
            "1e400",
            "1.5,5",
            "٣",
        ] {
            assert_eq!(parse_formatted(text, Point), None, "{text:?}");
        }
        for text in ["1.5", "1.34,5", "10.56", "1,5,5", "1,5.000", "10,", "1.340.56", "1,e3", "-", "e5", ""] {
            assert_eq!(parse_formatted(text, Comma), None, "{text:?}");
        }
    }

    #[test]
    fn the_texts_of_a_column_settle_the_mark() {
        assert_eq!(settle(["1,340", "12"]), Some(Point));
        assert_eq!(settle(["10,56", "1,340"]), Some(Comma));
        assert_eq!(settle(["1,340", "1.5"]), Some(Point));
        assert_eq!(settle(["1.340", "2,5"]), Some(Comma));
        assert_eq!(settle(["$5", "6"]), Some(Point));
        assert_eq!(settle(["1,5", "1.5"]), None);
        assert_eq!(settle(["12%", "0.5"]), None);
        assert_eq!(settle(["$12", "6", "€ 5"]), None);
        assert_eq!(settle(["1,340", "x"]), None);
        assert_eq!(settle([]), None);
    }
}
