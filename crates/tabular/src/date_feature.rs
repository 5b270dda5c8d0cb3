//! A column of dates for a network or for trees. For a network: the days standardised, the year where it varies, and sine and cosine of the place in each cycle that varies, so
//! that December is next to January. A missing date is the mean day, at no place in any cycle. For
//! trees: the days and the places themselves.

use crate::bins::Bins;
use crate::calendar::{Civil, DAY, day_and_time, weekday};
use crate::dated::DateSurvey;
use crate::error::TabularError;
use crate::moments::mean_and_sd;
use crate::notes::Notes;
use crate::profile::CellProfile;
use crate::schema::{DateOrder, Kind};
use crate::table::NumberColumn;
use planish_tensor::{Isa, Matrix, math};
use serde::{Deserialize, Serialize};

/// Seconds of an hour.
const HOUR: f64 = 3600.0;

/// What comes again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Cycle {
    /// The month in its year.
    Month,
    /// The day in its week.
    Weekday,
    /// The day in its year.
    DayOfYear,
    /// The time in its day.
    Hour,
}

impl Cycle {
    fn name(self) -> &'static str {
        match self {
            Cycle::Month => "month",
            Cycle::Weekday => "weekday",
            Cycle::DayOfYear => "day of year",
            Cycle::Hour => "hour",
        }
    }

    /// The place in the cycle as people count it: months from 1, weekdays from 1 (Monday), days of the year from 1, hours with their parts.
    fn place(self, seconds: f64) -> f64 {
        let (day, time) = day_and_time(seconds);
        match self {
            Cycle::Month => f64::from(Civil::of_days(day).month),
            Cycle::Weekday => weekday(day) as f64 + 1.0,
            Cycle::DayOfYear => f64::from(Civil::of_days(day).day_of_year()) + 1.0,
            Cycle::Hour => time / HOUR,
        }
    }

    /// The part of the cycle that has gone, from 0 to 1.
    fn gone(self, seconds: f64) -> f64 {
        let (day, time) = day_and_time(seconds);
        match self {
            Cycle::Month => f64::from(Civil::of_days(day).month - 1) / 12.0,
            Cycle::Weekday => weekday(day) as f64 / 7.0,
            Cycle::DayOfYear => f64::from(Civil::of_days(day).day_of_year()) / 366.0,
            Cycle::Hour => time / DAY,
        }
    }
}

/// A fitted column of dates.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct DateFeature {
    pub(crate) column: String,
    order: DateOrder,
    /// Mean and standard deviation of the days since 1970.
    days: [f64; 2],
    /// Those of the year, where it varies.
    year: Option<[f64; 2]>,
    cycles: Vec<Cycle>,
    /// Whether a last column is 1 where the date was missing.
    flag: bool,
    /// The first and the last, in seconds since 1970.
    range: [f64; 2],
    bins: Option<Bins>,
}

impl DateFeature {
    pub(crate) fn fit(
        column: &str,
        order: DateOrder,
        dates: &NumberColumn,
        rows: &[u32],
    ) -> Result<DateFeature, TabularError> {
        let mut seen = DateSurvey::new();
        rows.iter().for_each(|&r| seen.push(dates.at(r as usize).map(|x| x.hi)));
        if seen.is_empty() {
            return Err(TabularError::AllMissing { columns: vec![column.to_owned()] });
        }
        let present = || rows.iter().map(|&r| dates.values()[r as usize]).filter(|x| !x.is_nan());
        let scale = |values: Vec<f64>| {
            let (mean, sd) = mean_and_sd(&values);
            // A constant becomes zeros.
            [mean, if sd > 1e-12 * mean.abs() { sd } else { mean.abs().max(1.0) }]
        };
        let days = scale(present().map(|x| x / DAY).collect());
        let years = seen.range.map(year_of);
        let year = (years[0] < years[1]).then(|| scale(present().map(year_of).collect()));
        let vary = [
            (Cycle::Month, seen.months_vary()),
            (Cycle::Weekday, seen.weekdays_vary()),
            (Cycle::DayOfYear, seen.days_of_year_vary()),
            (Cycle::Hour, seen.times_vary()),
        ];
        Ok(DateFeature {
            column: column.to_owned(),
            order,
            days,
            year,
            cycles: vary.into_iter().filter_map(|(cycle, varies)| varies.then_some(cycle)).collect(),
            flag: seen.missing > 0,
            range: seen.range,
            bins: seen.sample.finish_dates(),
        })
    }

    pub(crate) fn width(&self) -> usize {
        1 + usize::from(self.year.is_some()) + 2 * self.cycles.len() + usize::from(self.flag)
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let column = &self.column;
        let mut names = vec![column.clone()];
        names.extend(self.year.map(|_| format!("{column}[year]")));
        for cycle in &self.cycles {
            names.extend(["sin", "cos"].map(|part| format!("{column}[{} {part}]", cycle.name())));
        }
        names.extend(self.flag.then(|| format!("{column}[missing]")));
        names
    }

    /// The names of [`DateFeature::parts`]: `day`, `day[month]` …
    pub(crate) fn part_names(&self) -> Vec<String> {
        let cycles = self.cycles.iter().map(|cycle| format!("{}[{}]", self.column, cycle.name()));
        std::iter::once(self.column.clone()).chain(cycles).collect()
    }

    /// The days since 1970, and the place in each cycle that varies; NaN where the date is missing.
    pub(crate) fn parts(&self, dates: &NumberColumn) -> Vec<Vec<f64>> {
        let dates = dates.values();
        let part = |of: &dyn Fn(f64) -> f64| {
            dates.iter().map(|&x| if x.is_nan() { f64::NAN } else { of(x) }).collect()
        };
        let days = part(&|seconds| seconds / DAY);
        let cycles = self.cycles.iter().map(|cycle| part(&|seconds| cycle.place(seconds)));
        std::iter::once(days).chain(cycles).collect()
    }

    pub(crate) fn kind(&self) -> Kind {
        Kind::Date(self.order)
    }

    pub(crate) fn profile(&self) -> CellProfile<'_> {
        CellProfile::Number {
            kind: self.kind(),
            typical: self.days[0] * DAY,
            range: Some(self.range),
            bins: self.bins.as_ref(),
        }
    }

    /// Standard deviations of a date's day from the mean.
    pub(crate) fn distance(&self, seconds: f64) -> f64 {
        (seconds / DAY - self.days[0]) / self.days[1]
    }

    /// Writes the encoded dates to the columns from `at` on; days further than `farthest` are cut off.
    pub(crate) fn encode(
        &self,
        dates: &NumberColumn,
        farthest: f64,
        (out, at): (&mut Matrix<f32>, usize),
        notes: &mut Notes,
    ) {
        let dates = dates.values();
        for (i, &x) in dates.iter().enumerate() {
            let row = &mut out.row_mut(i)[at..];
            if x.is_nan() {
                Notes::count(&mut notes.imputed, &self.column);
                if self.flag {
                    row[self.width() - 1] = 1.0;
                }
                continue;
            }
            let z = self.distance(x);
            if z.abs() > farthest {
                Notes::count(&mut notes.clamped, &self.column);
            }
            row[0] = z.clamp(-farthest, farthest) as f32;
            if let Some([mean, sd]) = self.year {
                row[1] = ((year_of(x) - mean) / sd) as f32;
            }
        }
        let first = at + 1 + usize::from(self.year.is_some());
        for (i, cycle) in self.cycles.iter().enumerate() {
            let angle = |&x: &f64| std::f64::consts::TAU * if x.is_nan() { 0.0 } else { cycle.gone(x) };
            let mut sines: Vec<f64> = dates.iter().map(angle).collect();
            let mut cosines = sines.clone();
            math::sin(Isa::SCALAR, &mut sines);
            math::cos(Isa::SCALAR, &mut cosines);
            for row in (0..dates.len()).filter(|&row| !dates[row].is_nan()) {
                let to = &mut out.row_mut(row)[first + 2 * i..];
                (to[0], to[1]) = (sines[row] as f32, cosines[row] as f32);
            }
        }
    }

    /// Checks a feature that was read from outside.
    pub(crate) fn validate(&self) -> Result<(), &'static str> {
        let scales = std::iter::once(&self.days).chain(&self.year);
        let scaled = |[mean, sd]: &[f64; 2]| mean.is_finite() && sd.is_finite() && *sd > 0.0;
        if !scales.into_iter().all(scaled) {
            return Err("the scale of a column is not finite");
        }
        if self.range.iter().any(|x| !x.is_finite()) {
            return Err("the range of a column is not finite");
        }
        if self.cycles.len() > 4 {
            return Err("a date has more cycles than there are");
        }
        self.bins.as_ref().map_or(Ok(()), Bins::validate)
    }
}

fn year_of(seconds: f64) -> f64 {
    f64::from(Civil::of_days(day_and_time(seconds).0).year)
}
