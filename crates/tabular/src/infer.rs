//! What a column of text cells holds, and whether it can be a feature, told by its different texts and how many rows it has.

use crate::date;
use crate::formatted;
use crate::schema::{DateOrder, DecimalMark, Kind};
use crate::source::Reason;
use planish_tensor::Dd;

/// Rows from which a column of all different texts is no category.
const IDENTIFIER_ROWS: u64 = 20;
/// Rows from which one is none either of whose texts more than two thirds are different.
const MANY_ROWS: u64 = 50;
/// Mean letters of a text from which it is written for people to read.
const LETTERS_OF_PROSE: usize = 40;

/// What the texts of a column are.
#[derive(Clone, PartialEq, Debug)]
pub enum Texts {
    /// Decimal numbers, some of them infinite or not a number: the first of those.
    Infinite(String),
    /// Numbers with signs, in one style.
    Formatted(DecimalMark),
    /// Dates of one order.
    Dates(DateOrder),
    /// Dates that have another meaning when day and month are exchanged: one of them.
    AmbiguousDates(String),
    /// Anything else.
    Categories,
}

/// Whether a cell is one of the words for infinity, or a number too large: a column of numbers in which it stands is refused with its place, rather
/// than taken for a category.
fn is_infinite(cell: &str) -> bool {
    let word = cell.trim_start_matches(['-', '+']);
    let is_number = word.starts_with(|c: char| c.is_ascii_digit() || c == '.') && cell.parse::<f64>().is_ok();
    is_number || ["inf", "infinity"].iter().any(|w| word.eq_ignore_ascii_case(w))
}

/// What the different texts of a column are, none of which stands for a missing value and some of which is no decimal.
pub fn texts(texts: &[&str]) -> Texts {
    let is_decimal = |text: &&str| Dd::parse_decimal(text).is_some();
    let infinite = || texts.iter().find(|t| !is_decimal(t));
    if texts.iter().any(is_decimal) && texts.iter().all(|t| is_decimal(t) || is_infinite(t)) {
        return infinite().map_or(Texts::Categories, |t| Texts::Infinite((*t).to_owned()));
    }
    if let Some(mark) = formatted::settle(texts.iter().copied()) {
        return Texts::Formatted(mark);
    }
    match date::settle(texts.iter().copied()) {
        Some(Ok(order)) => Texts::Dates(order),
        Some(Err(ambiguous)) => Texts::AmbiguousDates(ambiguous.example),
        None => Texts::Categories,
    }
}

impl Texts {
    /// The kind of column that they make.
    pub fn kind(&self) -> Kind {
        match self {
            Texts::Infinite(_) => Kind::Number,
            Texts::Formatted(mark) => Kind::Formatted(*mark),
            Texts::Dates(order) => Kind::Date(*order),
            Texts::AmbiguousDates(_) | Texts::Categories => Kind::Category,
        }
    }
}

/// Whether a first column of this name is the numbering of the rows, if its cells are consecutive integers or all different texts: nameless, or as
/// pandas and R call it.
pub fn is_index_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let names = ["", "index", "rownames", "row.names", "row_names", "...1", "__index_level_0__"];
    names.contains(&name.as_str()) || name.starts_with("unnamed:")
}

/// Why a category of these different texts, with a value in so many rows, is no feature; `None` if it is one.
pub fn no_category(texts: &[&str], present: u64, is_first_unnamed: bool) -> Option<Reason> {
    let different = texts.len() as u64;
    let letters = texts.iter().map(|t| t.len()).sum::<usize>() / texts.len().max(1);
    let all_different = different == present;
    let nearly = present >= MANY_ROWS && different * 3 > present * 2;
    if all_different && is_first_unnamed && different > 1 {
        return Some(Reason::Index);
    }
    if letters >= LETTERS_OF_PROSE && different * 2 > present && present >= IDENTIFIER_ROWS {
        return Some(Reason::FreeText);
    }
    if all_different && present >= IDENTIFIER_ROWS || nearly {
        return Some(Reason::Identifier);
    }
    None
}

/// Whether texts are numbers but for few: the first that is none, for a column that is nearly all numbers.
pub fn stray_text<'t>(texts: &[&'t str], counts: &[u64]) -> Option<&'t str> {
    let mut strays = texts.iter().zip(counts).filter(|(t, _)| Dd::parse_decimal(t).is_none());
    let (first, _) = strays.clone().next()?;
    let stray: u64 = strays.by_ref().map(|(_, n)| n).sum();
    (counts.iter().sum::<u64>() > 10 * stray).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_what_all_of_them_are() {
        for (cells, expected) in [
            (&["1", "inf"][..], Texts::Infinite("inf".to_owned())),
            (&["1", "1e999"], Texts::Infinite("1e999".to_owned())),
            (&["inf", "rome"], Texts::Categories),
            (&["inf"], Texts::Categories),
            (&["0x10", "1_000"], Texts::Categories),
            (&["1,340", "7"], Texts::Formatted(DecimalMark::Point)),
            (&["10,56", "7"], Texts::Formatted(DecimalMark::Comma)),
            (&["12%", "7.5%"], Texts::Formatted(DecimalMark::Point)),
            (&["2024-01-31"], Texts::Dates(DateOrder::Ymd)),
            (&["31/01/2024", "01/02/2024"], Texts::Dates(DateOrder::Dmy)),
            (&["01/31/2024", "01/02/2024"], Texts::Dates(DateOrder::Mdy)),
            (&["02/01/2024", "01/03/2024"], Texts::AmbiguousDates("02/01/2024".to_owned())),
        ] {
            assert_eq!(texts(cells), expected, "{cells:?}");
        }
    }

    #[test]
    fn what_tells_rows_apart_is_no_category() {
        let many: Vec<String> = (0..100).map(|i| format!("id{i}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(no_category(&many, 100, false), Some(Reason::Identifier));
        assert_eq!(no_category(&many, 140, false), Some(Reason::Identifier));
        assert_eq!(no_category(&many, 160, false), None);
        assert_eq!(no_category(&many, 200, false), None);
        assert_eq!(no_category(&many[..8], 8, false), None);
        assert_eq!(no_category(&many[..8], 8, true), Some(Reason::Index));
        let prose = [
            "a long text that was written to be read by people",
            "another one that is just as long, or longer",
        ];
        assert_eq!(no_category(&prose, 3, false), None);
    }

    #[test]
    fn few_texts_among_numbers_are_strays() {
        assert_eq!(stray_text(&["1", "12a", "b"], &[98, 1, 1]), Some("12a"));
        assert_eq!(stray_text(&["1", "12a"], &[5, 1]), None);
        assert_eq!(stray_text(&["1", "2"], &[5, 1]), None);
    }
}
