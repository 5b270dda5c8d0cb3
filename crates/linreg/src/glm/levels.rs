//! Separation by one term, as where a level never has one of the classes.
//!
//! Let a column have no value below zero, and no row of class k another value than zero there. Then the likelihood rises for ever as η of class k falls along
//! the column: rows with a value there are of other classes, and all others do not see it. For counts the same holds where all rows with a value
//! count nothing. That needs one pass over the rows and no arithmetic, so it comes first where there are very many parameters.

use super::basis::Basis;
use super::family::Family;
use super::separation::{Told, has_weight};
use crate::error::{FitError, LinregError};
use crate::rows::block::{Block, BlockSource, read};

/// What the rows say of a column.
#[derive(Clone, Default)]
struct Seen {
    negative: bool,
    positive: bool,
    /// Whether rows of each class, or with a count above zero, have another value than zero.
    classes: Vec<bool>,
}

/// An error with the terms of which each separates the responses by itself, if there are any, and the rows that have a value there.
pub(super) fn refuse_separating<S: BlockSource>(
    family: Family,
    basis: &Basis,
    source: &mut S,
) -> Result<(), FitError<S::Error>> {
    let classes = family.classes().unwrap_or(1);
    let new = Seen { classes: vec![false; classes], ..Seen::default() };
    let mut seen = vec![new; basis.kept.len()];
    read(source, |block| {
        basis.kept.iter().zip(&mut seen).for_each(|(&term, seen)| look(family, block, term, seen));
        Ok(())
    })?;
    let separates = |seen: &Seen| seen.negative != seen.positive && seen.classes.iter().any(|c| !c);
    let terms: Vec<usize> =
        basis.kept.iter().zip(&seen).filter(|(_, seen)| separates(seen)).map(|(&term, _)| term).collect();
    if terms.is_empty() {
        return Ok(());
    }
    let (mut found, mut before) = (Told::default(), 0);
    read(source, |block| {
        for row in (0..block.rows).filter(|&row| has_weight(block, row)) {
            found.see(before + row as u64, terms.iter().any(|&term| block.x[term].hi[row] != 0.0));
        }
        before += block.rows as u64;
        Ok(())
    })?;
    let Told { told, rows, first } = found;
    Err(FitError::Linreg(LinregError::Separation { terms, told, rows, first }))
}

fn look(family: Family, block: &Block, term: usize, seen: &mut Seen) {
    let x = &block.x[term].hi[..block.rows];
    for (i, &x) in x.iter().enumerate().filter(|(_, x)| **x != 0.0) {
        if !has_weight(block, i) {
            continue;
        }
        seen.negative |= x < 0.0;
        seen.positive |= x > 0.0;
        let y = block.y[0].hi[i];
        match family {
            Family::Poisson => seen.classes[0] |= y > 0.0,
            Family::Logistic | Family::Multinomial { .. } => seen.classes[y as usize] = true,
        }
    }
}
