//! The pipeline of linear models at work: bound to the columns of one table, it writes the terms of its rows.

use crate::formula::{at, products, put};
use crate::levels::{Code, LevelCodes, Levels};
use crate::notes::Notes;
use crate::rows::Rows;
use crate::table::{NumberColumn, TextColumn};
use planish_tensor::Dd;
use planish_tensor::dd::DdVec;
use std::borrow::Cow;
use std::ops::Range;

/// A part with the cells that it reads; those of a date are made of its seconds.
pub(crate) enum BoundPart<'a> {
    Number {
        column: &'a str,
        values: Cow<'a, NumberColumn>,
        mean: Dd,
        flag: bool,
        degree: u32,
    },
    /// Levels from `from` on have columns.
    Category {
        column: &'a str,
        codes: LevelCodes,
        text: Cow<'a, TextColumn>,
        levels: &'a Levels,
        from: usize,
        /// Whether a missing cell is told to have been filled: that of a date is by its days.
        filled: bool,
    },
}

/// A design bound to the columns of one table.
pub struct BoundDesign<'a> {
    pub(crate) parts: Vec<BoundPart<'a>>,
    pub(crate) interactions: Vec<[Range<usize>; 2]>,
}

impl BoundDesign<'_> {
    /// Writes these rows of the table to the places from `at` on of each term's column.
    ///
    /// # Shapes
    /// One column a term, each with room for the rows from `at` on.
    pub fn write_rows(&self, rows: Rows<'_>, at: usize, terms: &mut [DdVec], notes: &mut Notes) {
        let places = at..at + rows.len();
        let mut rest = &mut *terms;
        for part in &self.parts {
            let (own, others) = rest.split_at_mut(part.width());
            rest = others;
            match part {
                BoundPart::Number { column, values, mean, flag, degree } => {
                    let (powers, flags) = own.split_at_mut(*degree as usize);
                    let flags = flag.then(|| &mut flags[0]);
                    let filled = write_numbers((values, rows), *mean, places.clone(), powers, flags);
                    Notes::count_cells(&mut notes.imputed, column, filled);
                }
                BoundPart::Category { column, codes, text, levels, from, filled } => {
                    let codes = rows.places().map(|row| codes.at(text.codes()[row]));
                    let [missing, unknown] =
                        write_levels(codes, &levels.shares()[*from..], *from, places.clone(), own);
                    Notes::count_cells(&mut notes.imputed, column, if *filled { missing } else { 0 });
                    Notes::count_cells(&mut notes.unknown, column, unknown);
                }
            }
        }
        let to = self.parts.iter().map(BoundPart::width).sum();
        products(&self.interactions, places, to, terms);
    }
}

impl BoundPart<'_> {
    /// How many terms it writes.
    fn width(&self) -> usize {
        match self {
            BoundPart::Number { flag, degree, .. } => *degree as usize + usize::from(*flag),
            BoundPart::Category { levels, from, .. } => levels.names().len() - from,
        }
    }
}

/// Writes the powers of these rows of a column, missing ones filled with the mean, and where it was so if that is asked for; how often it was so.
fn write_numbers(
    (values, rows): (&NumberColumn, Rows<'_>),
    mean: Dd,
    places: Range<usize>,
    powers: &mut [DdVec],
    flags: Option<&mut DdVec>,
) -> u64 {
    let (first, higher) = powers.split_first_mut().expect("a number has a first power");
    let (hi, lo) = (&mut first.hi[places.clone()], &mut first.lo[places.clone()]);
    rows.copy(values.values(), hi);
    match values.rests() {
        Some(rests) => rows.copy(rests, lo),
        None => lo.fill(0.0),
    }
    if let Some(flags) = flags {
        let flag = |x: &f64| f64::from(x.is_nan());
        flags.hi[places.clone()].iter_mut().zip(&*hi).for_each(|(to, x)| *to = flag(x));
        flags.lo[places.clone()].fill(0.0);
    }
    let mut missing = 0;
    if hi.iter().fold(false, |any, x| any | x.is_nan()) {
        for (hi, lo) in hi.iter_mut().zip(lo).filter(|(hi, _)| hi.is_nan()) {
            (*hi, *lo) = (mean.hi, mean.lo);
            missing += 1;
        }
    }
    let mut before: Option<&DdVec> = None;
    for power in higher {
        let lower = before.unwrap_or(first);
        for i in places.clone() {
            put(power, i, at(lower, i) * at(first, i));
        }
        before = Some(power);
    }
    missing
}

/// Writes the dummies of the levels from `from` on, of which these are the shares, for each code; how many were missing, and how many unknown.
fn write_levels(
    codes: impl Iterator<Item = Code>,
    shares: &[f64],
    from: usize,
    places: Range<usize>,
    dummies: &mut [DdVec],
) -> [u64; 2] {
    for dummy in &mut *dummies {
        dummy.hi[places.clone()].fill(0.0);
        dummy.lo[places.clone()].fill(0.0);
    }
    let [mut missing, mut unknown] = [0; 2];
    for (place, code) in places.zip(codes) {
        match code {
            Code::Level(level) if level < from => continue,
            Code::Level(level) => {
                dummies[level - from].hi[place] = 1.0;
                continue;
            }
            Code::Missing => missing += 1,
            Code::Unknown => unknown += 1,
        }
        dummies.iter_mut().zip(shares).for_each(|(dummy, share)| dummy.hi[place] = *share);
    }
    [missing, unknown]
}
