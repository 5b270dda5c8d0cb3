//! Dates of text: ISO 8601, days and months of digits in either order, months by name; a time of day may follow, and a time zone.
//!
//! A date becomes the seconds since 1970-01-01T00:00:00, in UTC where a zone is given. Whether `03/04/2024` is in March or in April is said
//! by a [`DateOrder`], which the texts of a whole column settle: one day above 12 is enough. Times alone, quarters and plain numbers
//! (`20240131`) are no dates.

use crate::calendar::{Civil, DAY, MONTHS};
use crate::schema::DateOrder;

/// A text of a column in which days and months cannot be told apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ambiguous {
    /// The first text that is one date or another.
    pub example: String,
}

/// What a text says before days and months are told apart.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Day {
    /// The year in front, or the month by name.
    Known(Civil),
    /// Two numbers, then the year.
    Pair { first: u32, second: u32, year: i32 },
}

impl Day {
    fn in_order(self, order: DateOrder) -> Option<Civil> {
        match (self, order) {
            (Day::Known(day), _) => Some(day),
            (Day::Pair { first, second, year }, DateOrder::Dmy) => Civil::new(year, second, first),
            (Day::Pair { first, second, year }, DateOrder::Mdy) => Civil::new(year, first, second),
            (Day::Pair { .. }, DateOrder::Ymd) => None,
        }
    }
}

/// The seconds since 1970-01-01T00:00:00 of a date in this order; years in front and month names are read in any.
pub fn parse_date(text: &str, order: DateOrder) -> Option<f64> {
    let (day, time) = read(text)?;
    Some(day.in_order(order)?.days() as f64 * DAY + time)
}

/// The order in which all texts are dates, `Ymd` where all say it themselves; `None` if there are no texts or if one is no date. Where every pair of
/// day and month is a date both ways and some pair differs, they cannot be told apart.
pub fn settle<'t>(texts: impl IntoIterator<Item = &'t str>) -> Option<Result<DateOrder, Ambiguous>> {
    let (mut dmy, mut mdy, mut pairs, mut any) = (true, true, false, false);
    let mut example = None;
    for text in texts {
        let (day, _) = read(text)?;
        any = true;
        if let Day::Pair { first, second, .. } = day {
            pairs = true;
            dmy = dmy && day.in_order(DateOrder::Dmy).is_some();
            mdy = mdy && day.in_order(DateOrder::Mdy).is_some();
            if !(dmy || mdy) {
                return None;
            }
            if example.is_none() && first != second {
                example = Some(text);
            }
        }
    }
    match (dmy, mdy, example) {
        _ if !any => None,
        _ if !pairs => Some(Ok(DateOrder::Ymd)),
        (true, true, Some(example)) => Some(Err(Ambiguous { example: example.to_owned() })),
        (true, _, _) => Some(Ok(DateOrder::Dmy)),
        (false, _, _) => Some(Ok(DateOrder::Mdy)),
    }
}

/// The day and the seconds after its midnight that a text says.
fn read(text: &str) -> Option<(Day, f64)> {
    let mut rest = Rest(text.trim_matches(' ').as_bytes());
    let day = rest.day()?;
    let time = rest.time()?;
    rest.0.is_empty().then_some((day, time))
}

/// What is left to read of a text.
struct Rest<'t>(&'t [u8]);

impl Rest<'_> {
    fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// Takes a sign if it comes next.
    fn take(&mut self, signs: &[u8]) -> Option<u8> {
        let sign = self.peek().filter(|b| signs.contains(b))?;
        self.0 = &self.0[1..];
        Some(sign)
    }

    fn spaces(&mut self) -> bool {
        let before = self.0.len();
        self.0 = self.0.trim_ascii_start();
        self.0.len() < before
    }

    /// The digits that come next, of which there may be this many: their value and their number.
    fn digits(&mut self, most: usize) -> Option<(u32, usize)> {
        let n = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at_checked(n).filter(|_| (1..=most).contains(&n))?;
        self.0 = rest;
        Some((digits.iter().fold(0, |x, b| x * 10 + u32::from(b - b'0')), n))
    }

    /// A number of one or two digits.
    fn short(&mut self) -> Option<u32> {
        self.digits(2).map(|(x, _)| x)
    }

    /// The letters that come next.
    fn word(&mut self) -> &[u8] {
        let n = self.0.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        let (word, rest) = self.0.split_at(n);
        self.0 = rest;
        word
    }

    /// A month's name, whole or in three letters, perhaps with a point behind these.
    fn month(&mut self) -> Option<u32> {
        let word = self.word();
        let of = |(short, rest): (&&str, &&str)| {
            let (head, tail) = word.split_at_checked(3).unwrap_or((word, b""));
            head.eq_ignore_ascii_case(short.as_bytes())
                && (tail.is_empty() || tail.eq_ignore_ascii_case(rest.as_bytes()))
        };
        let sept = word.eq_ignore_ascii_case(b"sept");
        let month = if sept { 8 } else { MONTHS.iter().zip(&MONTHS_END).position(of)? };
        if word.len() <= 4 {
            self.take(b".");
        }
        Some(month as u32 + 1)
    }

    fn day(&mut self) -> Option<Day> {
        if !self.peek()?.is_ascii_digit() {
            return self.month_first().map(Day::Known);
        }
        let (first, length) = self.digits(4)?;
        match length {
            4 => self.year_first(first as i32).map(Day::Known),
            1 | 2 => self.short_first(first, length),
            _ => None,
        }
    }

    /// `2024-01-31`, `2024/01/31`, `2024.01.31`, `2024-Jan-31`, `2024-01`, after the year.
    fn year_first(&mut self, year: i32) -> Option<Civil> {
        let sign = self.take(b"-/.")?;
        if self.peek()?.is_ascii_alphabetic() {
            let month = self.month()?;
            self.take(&[sign])?;
            return Civil::new(year, month, self.short()?);
        }
        let (month, length) = self.digits(2)?;
        if self.take(&[sign]).is_none() {
            let is_month = sign == b'-' && length == 2 && self.0.is_empty();
            return is_month.then(|| Civil::new(year, month, 1)).flatten();
        }
        Civil::new(year, month, self.short()?)
    }

    /// `Jan 31, 2024`, `January 31 2024`, `Jan-31-2024`, `Jan 2024`.
    fn month_first(&mut self) -> Option<Civil> {
        let month = self.month()?;
        if self.take(b"-").is_some() {
            let day = self.short()?;
            self.take(b"-")?;
            return Civil::new(self.year()?, month, day);
        }
        self.spaces().then_some(())?;
        let (number, length) = self.digits(4)?;
        if length == 4 {
            return Civil::new(number as i32, month, 1);
        }
        let comma = self.take(b",").is_some();
        (length <= 2 && (self.spaces() || comma)).then_some(())?;
        Civil::new(self.year()?, month, number)
    }

    /// `31/01/2024`, `31.01.24`, `1/31/24`, `31-Jan-2024`, `31 Jan 2024`, after the first number.
    fn short_first(&mut self, first: u32, length: usize) -> Option<Day> {
        let sign = self.take(b"-/.");
        let spaces = self.spaces();
        if self.peek()?.is_ascii_alphabetic() {
            let month = self.month()?;
            let same = match sign {
                Some(sign @ (b'-' | b'/')) => !spaces && self.take(&[sign]).is_some(),
                Some(_) | None => spaces && (self.take(b","), self.spaces()).1,
            };
            same.then_some(())?;
            let year = if sign == Some(b'-') { self.year_of_two_or_four(false)? } else { self.year()? };
            return Civil::new(year, month, first).map(Day::Known);
        }
        let sign = sign.filter(|_| !spaces)?;
        let (second, second_length) = self.digits(2)?;
        self.take(&[sign])?;
        // `1.2.34` may be a version.
        let doubtful = sign != b'/' && (length, second_length) != (2, 2);
        let year = self.year_of_two_or_four(doubtful)?;
        let pair = Day::Pair { first, second, year };
        let is_some = pair.in_order(DateOrder::Dmy).or(pair.in_order(DateOrder::Mdy)).is_some();
        is_some.then_some(pair)
    }

    /// A year of four digits.
    fn year(&mut self) -> Option<i32> {
        self.digits(4).filter(|(_, length)| *length == 4).map(|(year, _)| year as i32)
    }

    /// A year of four digits, or of two: 69 to 99 are in the last century.
    fn year_of_two_or_four(&mut self, four: bool) -> Option<i32> {
        match self.digits(4)? {
            (year, 4) => Some(year as i32),
            (year, 2) if !four => Some(year as i32 + if year >= 69 { 1900 } else { 2000 }),
            _ => None,
        }
    }

    /// The seconds after midnight, less the zone's; zero if the text ends.
    fn time(&mut self) -> Option<f64> {
        if self.0.is_empty() {
            return Some(0.0);
        }
        let comma = self.take(b",").is_some();
        let apart = self.spaces() || (!comma && self.take(b"Tt").is_some());
        apart.then_some(())?;
        let hour = self.short()?;
        self.take(b":")?;
        let minute = self.two()?;
        let (mut second, mut fraction) = (0, 0.0);
        if self.take(b":").is_some() {
            second = self.two()?;
            if self.take(b".,").is_some() {
                fraction = self.fraction()?;
            }
        }
        self.spaces();
        let hour = self.half_of_day(hour)?;
        self.spaces();
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let zone = self.zone()?;
        Some((i64::from(hour * 3600 + minute * 60 + second) - zone) as f64 + fraction)
    }

    /// A number of two digits.
    fn two(&mut self) -> Option<u32> {
        self.digits(2).filter(|(_, length)| *length == 2).map(|(x, _)| x)
    }

    /// The decimals of a second; those beyond nine do not matter.
    fn fraction(&mut self) -> Option<f64> {
        let n = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(n);
        self.0 = rest;
        let kept = (0..9).map(|i| digits.get(i).map_or(0, |b| u32::from(b - b'0')));
        (n > 0).then(|| f64::from(kept.fold(0, |x, digit| x * 10 + digit)) / 1e9)
    }

    /// The hour after `AM` or `PM`, if that comes next.
    fn half_of_day(&mut self, hour: u32) -> Option<u32> {
        let afternoon = match self.peek() {
            Some(b'a' | b'A') => false,
            Some(b'p' | b'P') => true,
            Some(_) | None => return Some(hour),
        };
        let half = self.word().eq_ignore_ascii_case(if afternoon { b"pm" } else { b"am" });
        (half && (1..=12).contains(&hour)).then_some(hour % 12 + if afternoon { 12 } else { 0 })
    }

    /// The seconds that a zone is before UTC: `Z`, `UTC`, `+02:00`, `-0330`, `+02`; zero if there is none.
    fn zone(&mut self) -> Option<i64> {
        match self.peek() {
            None => Some(0),
            Some(sign @ (b'+' | b'-')) => {
                self.0 = &self.0[1..];
                let (hours, minutes) = match self.digits(4)? {
                    (number, 4) => (number / 100, number % 100),
                    (hours, 2) if self.take(b":").is_some() => (hours, self.two()?),
                    (hours, 2) => (hours, 0),
                    _ => return None,
                };
                let seconds = i64::from(hours * 3600 + minutes * 60);
                let known = hours <= 15 && minutes <= 59;
                known.then_some(if sign == b'-' { -seconds } else { seconds })
            }
            Some(_) => {
                let word = self.word();
                [&b"Z"[..], b"UTC", b"GMT"].iter().any(|w| word.eq_ignore_ascii_case(w)).then_some(0)
            }
        }
    }
}

/// What follows the three letters of a month's name.
const MONTHS_END: [&str; 12] =
    ["uary", "ruary", "ch", "il", "", "e", "y", "ust", "tember", "ober", "ember", "ember"];

#[cfg(test)]
mod tests {
    use super::*;
    use DateOrder::{Dmy, Mdy, Ymd};

    fn at(year: i32, month: u32, day: u32, seconds: f64) -> Option<f64> {
        Some(Civil::new(year, month, day).unwrap().days() as f64 * 86_400.0 + seconds)
    }

    #[test]
    fn dates_that_say_their_order_are_read_in_any() {
        let noon = 45_000.0; // 12:30
        for (text, seconds) in [
            ("2024-01-31", 0.0),
            ("2024-1-31", 0.0),
            ("2024/01/31", 0.0),
            ("2024.01.31", 0.0),
            ("2024-Jan-31", 0.0),
            (" 2024-01-31 ", 0.0),
            ("2024-01-31T12:30:00", noon),
            ("2024-01-31t12:30", noon),
            ("2024-01-31 12:30:00", noon),
            ("2024-01-31 12:30:00.25", noon + 0.25),
            ("2024-01-31T12:30:00,000", noon),
            ("2024-01-31T12:30:00Z", noon),
            ("2024-01-31 12:30:00 UTC", noon),
            ("2024-01-31T12:30:00+02:00", noon - 7200.0),
            ("2024-01-31T12:30:00.5-0330", noon + 0.5 + 12_600.0),
            ("2024-01-31 12:30:00+02", noon - 7200.0),
            ("2024-01-31 00:30:00+02:00", 1800.0 - 7200.0),
            ("Jan 31, 2024", 0.0),
            ("Jan. 31, 2024", 0.0),
            ("january 31 2024", 0.0),
            ("JANUARY 31,2024", 0.0),
            ("Jan-31-2024", 0.0),
            ("31 Jan 2024", 0.0),
            ("31 January, 2024", 0.0),
            ("31. Jan 2024", 0.0),
            ("31-Jan-2024", 0.0),
            ("31-jan-24", 0.0),
            ("31/Jan/2024", 0.0),
            ("Jan 31, 2024 12:30 PM", noon),
            ("31 Jan 2024, 12:30:00 am", 1800.0),
        ] {
            for order in [Ymd, Dmy, Mdy] {
                assert_eq!(parse_date(text, order), at(2024, 1, 31, seconds), "{text:?}");
            }
        }
        assert_eq!(parse_date("2024-03", Ymd), at(2024, 3, 1, 0.0));
        assert_eq!(parse_date("Sept 2024", Ymd), at(2024, 9, 1, 0.0));
        assert_eq!(parse_date("May 2024", Ymd), at(2024, 5, 1, 0.0));
        assert_eq!(parse_date("2024-02-29", Ymd), at(2024, 2, 29, 0.0));
        assert_eq!(parse_date("0001-01-01", Ymd), at(1, 1, 1, 0.0));
        assert_eq!(parse_date("1970-01-01", Ymd), Some(0.0));
    }

    #[test]
    fn days_and_months_of_digits_are_read_in_their_order() {
        for (text, order, expected) in [
            ("31/01/2024", Dmy, at(2024, 1, 31, 0.0)),
            ("31.01.2024", Dmy, at(2024, 1, 31, 0.0)),
            ("31-01-2024", Dmy, at(2024, 1, 31, 0.0)),
            ("31.01.24", Dmy, at(2024, 1, 31, 0.0)),
            ("01/31/2024", Mdy, at(2024, 1, 31, 0.0)),
            ("1/31/24", Mdy, at(2024, 1, 31, 0.0)),
            ("1/31/68", Mdy, at(2068, 1, 31, 0.0)),
            ("1/31/69", Mdy, at(1969, 1, 31, 0.0)),
            ("1/31/2024 1:05 PM", Mdy, at(2024, 1, 31, 47_100.0)),
            ("1/31/2024 12:05 AM", Mdy, at(2024, 1, 31, 300.0)),
            ("1/31/2024, 1:05:09PM", Mdy, at(2024, 1, 31, 47_109.0)),
            ("31/01/2024 23:59:59", Dmy, at(2024, 1, 31, 86_399.0)),
            ("03/04/2024", Dmy, at(2024, 4, 3, 0.0)),
            ("03/04/2024", Mdy, at(2024, 3, 4, 0.0)),
            ("03/04/2024", Ymd, None),
            ("31/01/2024", Mdy, None),
            ("01/31/2024", Dmy, None),
        ] {
            assert_eq!(parse_date(text, order), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "2024",
            "20240131",
            "12:30",
            "12:30:00",
            "1.2.3",
            "1.2.34",
            "1-2-34",
            "12-34",
            "2024-13-01",
            "2024-02-30",
            "2023-02-29",
            "1900-02-29",
            "0000-01-01",
            "2024-01-31T",
            "2024-01-31T24:00",
            "2024-01-31 12",
            "2024-01-31 12:60",
            "2024-01-31 12:30:60",
            "2024-01-31 12:30:",
            "2024-01-31 12:30:00.",
            "2024-01-31 13:00 PM",
            "2024-01-31 0:10 AM",
            "2024-01-31 12:30 XM",
            "2024-01-31T12:30+16:00",
            "2024-01-31T12:30+2",
            "2024-01-31x",
            "2024-01-31 x",
            "2024/01",
            "2024-1",
            "2024-01/31",
            "31/01-2024",
            "31/13/2024",
            "32/01/2024",
            "31/01/024",
            "31/01/20240",
            "Jan",
            "Jan 31",
            "January",
            "Janu 31, 2024",
            "Mayor 2024",
            "31 2024",
            "31Jan2024",
            "Jan31, 2024",
            "2024-Q1",
            "Q1 2024",
            "31 Jan 24",
            "30-Feb-2024",
            "Jan-24",
            "٣/٤/2024",
            "1/1/1",
            "0/1/2024",
            "1/0/2024",
            "2024-01-31Z",
            "-2024-01-31",
            "00/00/0000",
        ] {
            for order in [Ymd, Dmy, Mdy] {
                assert_eq!(parse_date(text, order), None, "{text:?}");
            }
        }
    }

    #[test]
    fn every_day_of_three_thousand_years_is_read_in_every_form() {
        let first = Civil::new(1, 1, 1).unwrap().days();
        let last = Civil::new(3000, 12, 31).unwrap().days();
        for days in first..=last {
            let Civil { year, month, day } = Civil::of_days(days);
            let name = MONTHS[month as usize - 1];
            let expected = Some(days as f64 * DAY);
            assert_eq!(parse_date(&crate::calendar::text(days as f64 * DAY), Ymd), expected);
            assert_eq!(parse_date(&format!("{day:02}/{month:02}/{year:04}"), Dmy), expected);
            assert_eq!(parse_date(&format!("{month}/{day}/{year:04}"), Mdy), expected);
            assert_eq!(parse_date(&format!("{name} {day}, {year:04}"), Ymd), expected);
            if (1969..=2068).contains(&year) {
                assert_eq!(parse_date(&format!("{day:02}.{month:02}.{:02}", year % 100), Dmy), expected);
            }
        }
    }

    #[test]
    fn the_texts_of_a_column_settle_the_order() {
        let ambiguous = |example: &str| Some(Err(Ambiguous { example: example.to_owned() }));
        assert_eq!(settle(["2024-01-31", "Jan 3, 2024"]), Some(Ok(Ymd)));
        assert_eq!(settle(["03/04/2024", "13/04/2024"]), Some(Ok(Dmy)));
        assert_eq!(settle(["03/04/2024", "04/13/2024", "2024-01-31"]), Some(Ok(Mdy)));
        assert_eq!(settle(["04/04/2024", "03/04/2024"]), ambiguous("03/04/2024"));
        assert_eq!(settle(["04/04/2024", "01/01/2025"]), Some(Ok(Dmy)));
        assert_eq!(settle(["13/04/2024", "04/13/2024"]), None);
        assert_eq!(settle(["13/04/2024", "x"]), None);
        assert_eq!(settle([]), None);
    }
}
