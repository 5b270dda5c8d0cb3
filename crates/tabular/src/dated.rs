//! What a pipeline learns of a column of dates, and what it reads of a date: the days since a beginning, the month and the weekday.
//!
//! A season is learned where rows can tell it from a trend: months where the rows cover two years, weekdays where they cover two weeks. Dates that
//! are months or years, such as the first of each month, have weekdays that mean nothing.

use crate::bins::Sample;
use crate::calendar::{Civil, DAY, WEEKDAYS, day_and_time, weekday};
use crate::levels::Levels;
use crate::table::{NumberColumn, TextColumn};
use planish_tensor::Dd;
use serde::{Deserialize, Serialize};

/// Calendar months that rows must cover for a level a month.
const MONTHS_COVERED: i32 = 24;
/// Days that rows must span for a level a weekday.
const DAYS_SPANNED: f64 = 14.0;

/// What recurs, as levels.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Season {
    /// `month=01` to `month=12`
    Month,
    /// `weekday=Mon` to `weekday=Sun`
    Weekday,
}

impl Season {
    /// The names of all levels in their order.
    pub(crate) fn names(self) -> Vec<String> {
        match self {
            Season::Month => (1..=12).map(|month| format!("month={month:02}")).collect(),
            Season::Weekday => WEEKDAYS.iter().map(|day| format!("weekday={day}")).collect(),
        }
    }

    fn place(self, seconds: f64) -> u32 {
        let (day, _) = day_and_time(seconds);
        match self {
            Season::Month => Civil::of_days(day).month - 1,
            Season::Weekday => weekday(day) as u32,
        }
    }

    /// The levels of a column's dates, as text.
    pub(crate) fn of_dates(self, dates: &NumberColumn) -> TextColumn {
        let code = |&seconds: &f64| if seconds.is_nan() { TextColumn::MISSING } else { self.place(seconds) };
        TextColumn::coded(dates.values().iter().map(code).collect(), self.names())
    }

    /// Checks levels that were read from outside.
    pub(crate) fn validate(self, levels: &Levels) -> Result<(), &'static str> {
        levels.validate_shares()?;
        let names = self.names();
        let place = |level: &String| names.iter().position(|name| name == level);
        let places: Vec<Option<usize>> = levels.names().iter().map(place).collect();
        let ordered = places.iter().all(Option::is_some) && places.is_sorted_by(|a, b| a < b);
        ordered.then_some(()).ok_or("the levels of a date are not months or weekdays in their order")
    }
}

/// The days from a beginning, in seconds since 1970, to each date.
pub(crate) fn days_since(since: f64, dates: &NumberColumn) -> NumberColumn {
    let days =
        |&seconds: &f64| (!seconds.is_nan()).then(|| (Dd::from(seconds) - Dd::from(since)) / Dd::from(DAY));
    dates.values().iter().map(days).collect()
}

/// What is known of a column of dates after some rows.
#[derive(Clone, Debug)]
pub(crate) struct DateSurvey {
    pub(crate) count: u64,
    pub(crate) missing: u64,
    /// The first and the last, in seconds.
    pub(crate) range: [f64; 2],
    pub(crate) sample: Sample,
    sum: Dd,
    months: [u64; 12],
    weekdays: [u64; 7],
    /// A bit for each day of the month.
    month_days: u32,
    /// The least and the greatest time of day.
    times: [f64; 2],
    /// Whether the pipeline is made before any row is seen.
    unseen: bool,
}

impl DateSurvey {
    pub(crate) fn new() -> DateSurvey {
        DateSurvey {
            count: 0,
            missing: 0,
            range: [f64::MAX, f64::MIN],
            sample: Sample::new(),
            sum: Dd::ZERO,
            months: [0; 12],
            weekdays: [0; 7],
            month_days: 0,
            times: [f64::MAX, f64::MIN],
            unseen: false,
        }
    }

    /// For a pipeline that is made before any row is seen: its days begin in 1970, and it has no seasons.
    pub(crate) fn declare(&mut self) {
        self.unseen = true;
    }

    pub(crate) fn push(&mut self, date: Option<f64>) {
        self.sample.push(date);
        let Some(seconds) = date else {
            self.missing += 1;
            return;
        };
        let (day, time) = day_and_time(seconds);
        let civil = Civil::of_days(day);
        self.count += 1;
        self.sum = self.sum + Dd::from(seconds);
        self.range = [self.range[0].min(seconds), self.range[1].max(seconds)];
        self.months[civil.month as usize - 1] += 1;
        self.weekdays[weekday(day)] += 1;
        self.month_days |= 1 << civil.day;
        self.times = [self.times[0].min(time), self.times[1].max(time)];
    }

    /// Whether there are no dates, where some are needed.
    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0 && !self.unseen
    }

    /// The beginning of the first date's day.
    pub(crate) fn since(&self) -> f64 {
        if self.unseen { 0.0 } else { day_and_time(self.range[0]).0 as f64 * DAY }
    }

    /// The mean in days since the beginning.
    pub(crate) fn mean(&self) -> Dd {
        let n = Dd::from(self.count.max(1) as f64);
        (self.sum / n - Dd::from(self.since())) / Dd::from(DAY)
    }

    pub(crate) fn months_vary(&self) -> bool {
        vary(&self.months)
    }

    /// Whether weekdays differ, and mean something: not where all dates are one day of the month, or its last.
    pub(crate) fn weekdays_vary(&self) -> bool {
        let last = 1 << 28 | 1 << 29 | 1 << 30 | 1 << 31;
        let monthly = self.month_days.count_ones() <= 1 || self.month_days & !last == 0;
        vary(&self.weekdays) && !monthly
    }

    pub(crate) fn days_of_year_vary(&self) -> bool {
        self.months_vary() || self.month_days.count_ones() > 1
    }

    pub(crate) fn times_vary(&self) -> bool {
        self.times[0] < self.times[1]
    }

    /// The seasons that rows can tell from a trend.
    pub(crate) fn seasons(&self) -> Vec<(Season, Levels)> {
        if self.unseen || self.count == 0 {
            return Vec::new();
        }
        let month = |seconds: f64| {
            let civil = Civil::of_days(day_and_time(seconds).0);
            civil.year * 12 + civil.month as i32
        };
        let covered = month(self.range[1]) - month(self.range[0]) + 1;
        let months = (self.months_vary() && covered >= MONTHS_COVERED)
            .then(|| (Season::Month, levels(Season::Month, &self.months)));
        let spanned = (self.range[1] - self.range[0]) / DAY;
        let weekdays = (self.weekdays_vary() && spanned >= DAYS_SPANNED)
            .then(|| (Season::Weekday, levels(Season::Weekday, &self.weekdays)));
        months.into_iter().chain(weekdays).collect()
    }
}

fn vary(counts: &[u64]) -> bool {
    counts.iter().filter(|&&n| n > 0).count() > 1
}

/// The levels that rows had.
fn levels(season: Season, counts: &[u64]) -> Levels {
    let seen = season.names().into_iter().zip(counts.iter().copied()).filter(|(_, n)| *n > 0);
    Levels::in_order(seen.collect())
}
