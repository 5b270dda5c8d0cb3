//! The Gregorian calendar, without time zones: days since 1970-01-01, and the seconds that dates are kept as.
//!
//! The arithmetic of days is that of Howard Hinnant, "chrono-compatible low-level date algorithms": years begin in March, so that
//! the leap day is a year's last.

/// The seconds of a day.
pub const DAY: f64 = 86_400.0;

/// A day of the calendar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Civil {
    /// The year, 1 to 9999.
    pub year: i32,
    /// The month, 1 to 12.
    pub month: u32,
    /// The day of the month, from 1.
    pub day: u32,
}

/// The months' names in three letters.
pub const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The weekdays' names, from Monday.
pub const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl Civil {
    /// A day of the years 1 to 9999, if the calendar has it.
    pub fn new(year: i32, month: u32, day: u32) -> Option<Civil> {
        let known = (1..=9999).contains(&year) && (1..=12).contains(&month);
        (known && day >= 1 && day <= days_of(year, month)).then_some(Civil { year, month, day })
    }

    /// Days since 1970-01-01.
    pub fn days(self) -> i64 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let of_year = i64::from((153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1);
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    /// The day this many days after 1970-01-01.
    pub fn of_days(days: i64) -> Civil {
        let z = days + 719_468;
        let era = z.div_euclid(146_097);
        let of_era = z.rem_euclid(146_097);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = (of_year - (153 * month + 2) / 5 + 1) as u32;
        let month = if month < 10 { month + 3 } else { month - 9 } as u32;
        Civil { year: (year + era * 400) as i32 + i32::from(month <= 2), month, day }
    }

    /// The day of the year, from 0.
    pub fn day_of_year(self) -> u32 {
        (self.days() - Civil { month: 1, day: 1, ..self }.days()) as u32
    }
}

/// The weekday of a day since 1970-01-01, a Thursday; 0 is Monday.
pub fn weekday(days: i64) -> usize {
    (days + 3).rem_euclid(7) as usize
}

/// The day of a time in seconds since 1970, and the seconds since that day's midnight.
pub fn day_and_time(seconds: f64) -> (i64, f64) {
    let day = (seconds / DAY).floor();
    let time = seconds - day * DAY;
    // Quotient and difference are rounded, so that a time just before midnight may come out as the next day's.
    match time {
        t if t < 0.0 => (day as i64 - 1, t + DAY),
        t if t >= DAY => (day as i64 + 1, 0.0),
        t => (day as i64, t),
    }
}

/// A date as ISO 8601 writes it, with the time of day unless it is midnight: `2024-01-31`, `2024-01-31T12:30:00`, `…:00.25`.
pub fn text(seconds: f64) -> String {
    let (day, time) = day_and_time(seconds);
    let Civil { year, month, day } = Civil::of_days(day);
    let date = format!("{year:04}-{month:02}-{day:02}");
    if time == 0.0 {
        return date;
    }
    let whole = time.floor() as u32;
    let micros = ((time - time.floor()) * 1e6) as u32;
    let fraction = if micros == 0 { String::new() } else { format!(".{micros:06}") };
    let fraction = fraction.trim_end_matches('0');
    format!("{date}T{:02}:{:02}:{:02}{fraction}", whole / 3600, whole / 60 % 60, whole % 60)
}

fn days_of(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_three_thousand_years_follows_the_one_before() {
        let mut days = Civil::new(1, 1, 1).unwrap().days();
        assert_eq!(days, -719_162);
        for year in 1..=3000 {
            let mut of_year = 0;
            for month in 1..=12 {
                for day in 1..=31 {
                    let Some(date) = Civil::new(year, month, day) else { continue };
                    assert_eq!((date.days(), date.day_of_year()), (days, of_year));
                    assert_eq!(Civil::of_days(days), date);
                    (days, of_year) = (days + 1, of_year + 1);
                }
            }
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            assert_eq!(of_year, if leap { 366 } else { 365 });
        }
    }

    #[test]
    fn weekdays_and_texts_of_known_dates() {
        let day = |y, m, d| Civil::new(y, m, d).unwrap().days();
        assert_eq!(WEEKDAYS[weekday(day(1970, 1, 1))], "Thu");
        assert_eq!(WEEKDAYS[weekday(day(2024, 2, 29))], "Thu");
        assert_eq!(WEEKDAYS[weekday(day(1900, 1, 1))], "Mon");
        assert_eq!(text(0.0), "1970-01-01");
        assert_eq!(text(-1.0), "1969-12-31T23:59:59");
        assert_eq!(text(1_706_704_200.25), "2024-01-31T12:30:00.25");
        assert_eq!(day_and_time(-1e-9).0, -1);
        assert_eq!(Civil::new(2023, 2, 29), None);
        assert_eq!(Civil::new(1900, 2, 29), None);
        assert_eq!(Civil::new(0, 1, 1), None);
    }
}
