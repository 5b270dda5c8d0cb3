//! Reads a whole table whose kinds are not known: every column as numbers until a cell is none, then as text. A column of both is read again as text;
//! that is the only second reading, and of its cells alone.

use super::held::Held;
use super::pass::Pass;
use super::piece::{Cells, NumberFacts, Parsed, Plan, Want};
use crate::error::IoError;
use planish_tabular::{Dictionary, TextColumn};
use std::sync::Arc;

/// What is known of a field after some pieces.
#[derive(Clone, Default)]
pub(super) struct FieldFacts {
    /// Its different texts, if it has text.
    pub(super) dictionary: Dictionary,
    pub(super) numbers: NumberFacts,
    /// Cells that are not missing.
    pub(super) present: u64,
    /// Whether a piece has it as numbers, or as text.
    has: [bool; 2],
}

/// The columns of a table with what is known of its fields.
pub(super) struct Surveyed {
    pub(super) held: Held,
    pub(super) fields: Vec<FieldFacts>,
    pub(super) rows: u64,
}

/// What a survey needs to read a table: a first pass, and others if some columns must be read again.
pub(super) struct Survey<'a> {
    pub(super) plan: Plan,
    /// The fields that are text, whatever they look like.
    pub(super) texts: Vec<usize>,
    pub(super) limit: u64,
    pub(super) again: &'a dyn Fn() -> Result<Pass, IoError>,
    pub(super) describe: &'a dyn Fn(super::piece::Fault) -> IoError,
}

impl Survey<'_> {
    /// Reads the table.
    pub(super) fn run(mut self, mut pass: Pass) -> Result<Surveyed, IoError> {
        self.texts.iter().for_each(|&field| self.plan.wants[field] = Want::Text);
        let mut found = Surveyed {
            held: Held::new(self.limit),
            fields: vec![FieldFacts::default(); self.plan.wants.len()],
            rows: 0,
        };
        while let Some(mut piece) = pass.next(&self.plan, self.describe)? {
            found.rows += piece.lines.len() as u64;
            found.fields.iter_mut().zip(&mut piece.columns).for_each(|(field, cells)| field.see(cells));
            found.held.push(piece)?;
            if pass.is_between_batches() {
                for (want, field) in self.plan.wants.iter_mut().zip(&found.fields) {
                    if field.has[1] {
                        *want = Want::Text;
                    }
                }
            }
        }
        let mixed = found.fields.iter().map(|f| f.has == [true, true] || f.has[0] && f.numbers.is_code());
        let mixed: Vec<bool> = mixed.collect();
        if mixed.contains(&true) {
            self.read_as_text(&mut found, &mixed)?;
        }
        Ok(found)
    }

    /// Reads fields again, as text.
    fn read_as_text(&mut self, found: &mut Surveyed, fields: &[bool]) -> Result<(), IoError> {
        self.plan.wants =
            fields.iter().map(|mixed| if *mixed { Want::Text } else { Want::Nothing }).collect();
        for (field, _) in found.fields.iter_mut().zip(fields).filter(|(_, mixed)| **mixed) {
            *field = FieldFacts::default();
        }
        let mut pass = (self.again)()?;
        let mut number = 0;
        while let Some(piece) = pass.next(&self.plan, self.describe)? {
            if number == found.held.pieces() {
                break; // the file has grown, which is told at the end of the pass
            }
            let known = found.held.piece(number)?;
            let mut columns = known.columns.clone();
            for (at, mut cells) in piece.columns.into_iter().enumerate().filter(|(at, _)| fields[*at]) {
                found.fields[at].see(&mut cells);
                columns[at] = cells;
            }
            let lines = known.lines.clone();
            drop(known);
            found.held.replace(number, Parsed { columns, lines })?;
            number += 1;
        }
        Ok(())
    }
}

impl NumberFacts {
    /// Whether these are codes written in digits, which are not all the same as numbers: with zeros before them, or too long.
    fn is_code(&self) -> bool {
        self.integers && (self.leading_zero || self.large)
    }
}

impl FieldFacts {
    /// Whether it is text.
    pub(super) fn is_text(&self) -> bool {
        self.has[1]
    }

    /// Takes the cells of a piece, whose codes become those of the field.
    fn see(&mut self, cells: &mut Cells) {
        match cells {
            Cells::Nothing => {}
            Cells::Numbers { hi, facts, .. } => {
                self.present += hi.iter().filter(|x| !x.is_nan()).count() as u64;
                self.numbers = self.numbers.and(*facts);
                self.has[0] = true;
            }
            Cells::Text { codes, dictionary } => {
                let mut known = vec![TextColumn::MISSING; dictionary.len()];
                for code in codes.iter_mut() {
                    let Some(text) = dictionary.text(*code) else { continue };
                    let new = &mut known[*code as usize];
                    if *new == TextColumn::MISSING {
                        *new = self.dictionary.code(text);
                    }
                    *code = *new;
                    self.present += 1;
                }
                *dictionary = Arc::new(Dictionary::default());
                self.has[1] = true;
            }
        }
    }
}
