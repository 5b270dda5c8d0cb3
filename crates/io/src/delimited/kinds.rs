//! From what a survey found to the schema of a table: the kind of each column, those that are no features, and what was assumed, a sentence for
//! all columns alike.

use super::piece::Cells;
use super::survey::{FieldFacts, Surveyed};
use crate::error::IoError;
use crate::table_options::{TableOptions, WishedKind};
use planish_tabular::infer::{self, Texts};
use planish_tabular::{DateOrder, DecimalMark, Kind, LeftOut, Reason, TextColumn, date, listed};
use std::collections::HashMap;

/// What the columns of a table are.
#[derive(Default)]
pub(super) struct Settled {
    pub(super) kinds: Vec<Kind>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) warnings: Vec<String>,
}

/// Settles the columns of a survey.
pub(super) struct Settling<'a> {
    pub(super) file: &'a str,
    pub(super) names: &'a [String],
    /// Whether the file gives the first column no name.
    pub(super) is_first_unnamed: bool,
    pub(super) found: &'a Surveyed,
    pub(super) options: &'a TableOptions,
}

/// Assumptions about columns, by what is assumed.
#[derive(Default)]
struct Assumed {
    formatted: Vec<String>,
    dates: Vec<String>,
    codes: Vec<String>,
    strays: Vec<(u64, String, String)>,
}

impl Settling<'_> {
    pub(super) fn run(&self) -> Result<Settled, IoError> {
        let mut settled = Settled::default();
        let mut assumed = Assumed::default();
        let is_first_index = !self.found.fields.is_empty() && self.is_index()?;
        let copies = self.copies(is_first_index)?;
        for (field, facts) in self.found.fields.iter().enumerate() {
            let wish = self.wish(field);
            let kind = self.kind(field, facts, wish, &mut assumed)?;
            settled.kinds.push(kind);
            let column = &self.names[field];
            let is_free = wish.is_none() && !self.options.unused.contains(column);
            if is_free
                && let Some(reason) = self.reason(field, kind, is_first_index && field == 0, &copies)?
            {
                settled.left_out.push(LeftOut { column: column.clone(), reason });
            }
        }
        settled.warnings = self.sentences(assumed);
        Ok(settled)
    }

    fn wish(&self, field: usize) -> Option<WishedKind> {
        let name = &self.names[field];
        self.options.kinds.iter().rev().find(|(column, _)| column == name).map(|(_, kind)| *kind)
    }

    fn kind(
        &self,
        field: usize,
        facts: &FieldFacts,
        wish: Option<WishedKind>,
        assumed: &mut Assumed,
    ) -> Result<Kind, IoError> {
        let name = &self.names[field];
        if !facts.is_text() {
            return match wish {
                Some(WishedKind::Date(_)) => Err(self.wrong(name, "its cells are numbers, not dates")),
                Some(WishedKind::Number) | None => Ok(Kind::Number),
                Some(WishedKind::Category) => unreachable!("it is read as text"),
            };
        }
        let texts: Vec<&str> = facts.dictionary.texts().iter().map(String::as_str).collect();
        if texts.is_empty() {
            return Ok(if wish == Some(WishedKind::Category) { Kind::Category } else { Kind::Number });
        }
        match wish {
            Some(WishedKind::Category) => return Ok(Kind::Category),
            Some(WishedKind::Number) => return self.wished_number(field, &texts),
            Some(WishedKind::Date(order)) => return self.wished_date(field, &texts, order),
            None => {}
        }
        if let Some(mark) = self.options.decimal
            && texts.iter().all(|t| planish_tabular::parse_formatted(t, mark).is_some())
        {
            return Ok(Kind::Formatted(mark));
        }
        let is_code = texts.iter().all(|t| t.bytes().all(|b| b.is_ascii_digit()));
        if is_code {
            assumed.codes.push(name.clone());
            return Ok(Kind::Category);
        }
        let what = infer::texts(&texts);
        match &what {
            Texts::Infinite(text) => {
                return Err(self.cell(field, text, "finite number")?);
            }
            Texts::Formatted(_) => assumed.formatted.push(format!("{name:?} ({})", first_odd(&texts))),
            Texts::Dates(order) => {
                let order = match order {
                    DateOrder::Ymd => "",
                    DateOrder::Dmy => ", day first",
                    DateOrder::Mdy => ", month first",
                };
                assumed.dates.push(format!("{name:?} ({}{order})", texts[0]));
            }
            Texts::AmbiguousDates(_) if self.options.unused.contains(name) => {}
            Texts::AmbiguousDates(text) => {
                return Err(self.wrong(
                    name,
                    &format!("it has dates such as {text:?} that could begin with the day or the month: say --kind {name}:date-dmy or --kind {name}:date-mdy"),
                ));
            }
            Texts::Categories => {
                let counts = self.counts(field, texts.len())?;
                if let Some(stray) = infer::stray_text(&texts, &counts) {
                    assumed.strays.push((self.line_of(field, stray)?, name.clone(), stray.to_owned()));
                }
            }
        }
        Ok(what.kind())
    }

    /// The kind of a column that is to be numbers.
    fn wished_number(&self, field: usize, texts: &[&str]) -> Result<Kind, IoError> {
        let marks = self.options.decimal.map_or(vec![DecimalMark::Point, DecimalMark::Comma], |m| vec![m]);
        let fits =
            |mark: &DecimalMark| texts.iter().all(|t| planish_tabular::parse_formatted(t, *mark).is_some());
        if let Some(mark) = marks.iter().copied().find(fits) {
            let plain = |t: &&str| planish_tensor::Dd::parse_decimal(t).is_some();
            return Ok(if texts.iter().all(plain) { Kind::Number } else { Kind::Formatted(mark) });
        }
        let bad = texts.iter().find(|t| planish_tabular::parse_formatted(t, marks[0]).is_none());
        Err(self.cell(field, bad.unwrap_or(&texts[0]), "number")?)
    }

    /// The kind of a column that is to be dates.
    fn wished_date(&self, field: usize, texts: &[&str], order: Option<DateOrder>) -> Result<Kind, IoError> {
        let order = match order {
            Some(order) => order,
            None => match date::settle(texts.iter().copied()) {
                Some(Ok(order)) => order,
                Some(Err(_)) => {
                    let name = &self.names[field];
                    return Err(self.wrong(name, &format!("the day could come first or the month: say --kind {name}:date-dmy or --kind {name}:date-mdy")));
                }
                None => DateOrder::Ymd,
            },
        };
        match texts.iter().find(|t| date::parse_date(t, order).is_none()) {
            Some(bad) => Err(self.cell(field, bad, order.needed())?),
            None => Ok(Kind::Date(order)),
        }
    }

    /// Why a column is no feature, if it is none.
    fn reason(
        &self,
        field: usize,
        kind: Kind,
        is_index: bool,
        copies: &HashMap<usize, usize>,
    ) -> Result<Option<Reason>, IoError> {
        let facts = &self.found.fields[field];
        if facts.present == 0 {
            return Ok(Some(Reason::Empty));
        }
        if facts.present == self.found.rows && self.found.rows > 1 && self.is_constant(field)? {
            return Ok(Some(Reason::Constant));
        }
        if is_index {
            return Ok(Some(Reason::Index));
        }
        if let Some(&other) = copies.get(&field) {
            return Ok(Some(Reason::Copy(self.names[other].clone())));
        }
        if kind != Kind::Category {
            return Ok(None);
        }
        let texts: Vec<&str> = facts.dictionary.texts().iter().map(String::as_str).collect();
        Ok(infer::no_category(&texts, facts.present, self.is_first_unnamed(field)))
    }

    /// Whether all cells, none of which is missing, are the same.
    fn is_constant(&self, field: usize) -> Result<bool, IoError> {
        if self.found.fields[field].is_text() {
            return Ok(self.found.fields[field].dictionary.len() == 1);
        }
        let mut first = None;
        self.all(field, |cells, _| match cells {
            Cells::Numbers { hi, lo, .. } => {
                let value = |i: usize| (hi[i], lo.get(i).copied().unwrap_or(0.0));
                (0..hi.len()).all(|i| *first.get_or_insert(value(i)) == value(i))
            }
            Cells::Nothing | Cells::Text { .. } => true,
        })
    }

    /// Whether the first field numbers the rows: it has no name of its own, and its integers are all different.
    fn is_index(&self) -> Result<bool, IoError> {
        let facts = &self.found.fields[0];
        if !self.is_first_unnamed(0) || facts.is_text() || !facts.numbers.integers {
            return Ok(false);
        }
        let mut seen = Vec::new();
        self.all(0, |cells, _| {
            if let Cells::Numbers { hi, .. } = cells {
                seen.extend_from_slice(hi);
            }
            true
        })?;
        seen.sort_by(f64::total_cmp);
        Ok(seen.len() > 1 && seen.windows(2).all(|pair| pair[0] < pair[1]))
    }

    fn is_first_unnamed(&self, field: usize) -> bool {
        field == 0 && (self.is_first_unnamed || infer::is_index_name(&self.names[0]))
    }

    /// Of each column that equals an earlier one, that one.
    fn copies(&self, is_first_index: bool) -> Result<HashMap<usize, usize>, IoError> {
        let mut copies = HashMap::new();
        if self.found.held.pieces() == 0 {
            return Ok(copies);
        }
        let mut groups: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
        for (field, start) in self.starts(is_first_index)?.into_iter().enumerate() {
            if start.is_empty() {
                continue;
            }
            let group = groups.entry(start).or_default();
            for &other in group.iter() {
                if self.is_copy(other, field)? {
                    copies.insert(field, other);
                    break;
                }
            }
            if !copies.contains_key(&field) {
                group.push(field);
            }
        }
        Ok(copies)
    }

    /// The bytes of each column's first cells, by which most columns differ; none of one that is empty, or numbers the rows. A piece of a
    /// very wide table has few rows.
    fn starts(&self, is_first_index: bool) -> Result<Vec<Vec<u8>>, IoError> {
        let mut starts = vec![Vec::new(); self.found.fields.len()];
        for number in 0..self.found.held.pieces() {
            let piece = self.found.held.piece(number)?;
            for (field, (start, cells)) in starts.iter_mut().zip(&piece.columns).enumerate() {
                match cells {
                    Cells::Nothing => {}
                    Cells::Numbers { .. } if field == 0 && is_first_index => {}
                    Cells::Numbers { hi, .. } => {
                        start.extend(hi.iter().take(64).flat_map(|x| x.to_bits().to_le_bytes()));
                    }
                    Cells::Text { codes, .. } => {
                        start.extend(codes.iter().take(64).flat_map(|c| c.to_le_bytes()));
                    }
                }
            }
            // As many as 64 numbers, or texts, whose codes are half as long.
            if starts.iter().all(|start| start.is_empty() || start.len() >= 256) {
                break;
            }
        }
        Ok(starts)
    }

    fn is_copy(&self, a: usize, b: usize) -> Result<bool, IoError> {
        let fields = &self.found.fields;
        if fields[a].dictionary.texts() != fields[b].dictionary.texts() {
            return Ok(false);
        }
        let bits = |xs: &[f64], ys: &[f64]| xs.iter().zip(ys).all(|(x, y)| x.to_bits() == y.to_bits());
        self.all(a, |cells, all| match (cells, &all[b]) {
            (Cells::Numbers { hi: x, lo: r, .. }, Cells::Numbers { hi: y, lo: s, .. }) => {
                bits(x, y) && r.len() == s.len() && bits(r, s)
            }
            (Cells::Text { codes: x, .. }, Cells::Text { codes: y, .. }) => x == y,
            (Cells::Nothing | Cells::Numbers { .. } | Cells::Text { .. }, _) => false,
        })
    }

    /// Whether something holds for a field in every piece; asks no further than the first where it does not.
    fn all(&self, field: usize, mut holds: impl FnMut(&Cells, &[Cells]) -> bool) -> Result<bool, IoError> {
        for number in 0..self.found.held.pieces() {
            let piece = self.found.held.piece(number)?;
            if !holds(&piece.columns[field], &piece.columns) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// How many rows have each text.
    fn counts(&self, field: usize, texts: usize) -> Result<Vec<u64>, IoError> {
        let mut counts = vec![0; texts];
        self.all(field, |cells, _| {
            if let Cells::Text { codes, .. } = cells {
                for &code in codes.iter().filter(|c| **c != TextColumn::MISSING) {
                    counts[code as usize] += 1;
                }
            }
            true
        })?;
        Ok(counts)
    }

    /// The line of the first row with a text.
    fn line_of(&self, field: usize, text: &str) -> Result<u64, IoError> {
        let code = self.found.fields[field].dictionary.place(text);
        for number in 0..self.found.held.pieces() {
            let piece = self.found.held.piece(number)?;
            if let Cells::Text { codes, .. } = &piece.columns[field]
                && let Some(row) = codes.iter().position(|c| Some(*c) == code)
            {
                return Ok(piece.lines.at(row));
            }
        }
        Ok(0)
    }

    fn cell(&self, field: usize, text: &str, expected: &'static str) -> Result<IoError, IoError> {
        let line = self.line_of(field, text)?;
        Ok(IoError::cell(self.file, line, (field, self.names[field].clone()), expected, text))
    }

    fn wrong(&self, column: &str, what: &str) -> IoError {
        IoError::file(self.file, format!("column {column:?}: {what}"))
    }

    /// A sentence for each assumption.
    fn sentences(&self, assumed: Assumed) -> Vec<String> {
        let mut all = Vec::new();
        let file = self.file;
        if let Some((line, column, text)) = assumed.strays.first() {
            let more = match assumed.strays.len() {
                1 => String::new(),
                n => format!("; so are {} more columns", n - 1),
            };
            all.push(format!("{file}:{line}: column {column:?} is taken as categories because of {text:?}; nearly all of its other values are numbers{more}"));
        }
        let mut say = |columns: &[String], what: &str| {
            if !columns.is_empty() {
                all.push(listed(&format!("{what}: "), columns.iter().cloned()));
            }
        };
        say(&assumed.formatted, "read as numbers");
        say(&assumed.dates, "read as dates");
        say(&assumed.codes, "read as categories, as their digits are codes, not numbers");
        all
    }
}

/// A text that is no plain number.
fn first_odd<'t>(texts: &[&'t str]) -> &'t str {
    texts.iter().find(|t| planish_tensor::Dd::parse_decimal(t).is_none()).copied().unwrap_or_default()
}
