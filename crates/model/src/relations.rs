//! The relations that aliased terms kept in all rows of the fit, `z = 2·x`, and rows that break them. Such a row's prediction goes by the terms that were
//! kept, and nothing in the rows of the fit says what it should be.

use crate::aliases;
use crate::linear_model::LinearModel;
use planish_linreg::ols::Alias;
use planish_tabular::{Notes, Table};
use planish_tensor::dd::DdVec;

/// What is left of a relation within rounding, as a part of its largest number: the factors of its terms are cleaned of parts of 1e-8.
const ROUNDING: f64 = 1e-7;

/// A relation, and the cells that it is about.
pub(crate) struct Relation<'l> {
    alias: &'l Alias,
    /// As an equation.
    pub(crate) equation: String,
    /// The columns of its terms, the aliased one's first.
    pub(crate) columns: Vec<String>,
}

/// The relations of a model's terms; none if no term is aliased.
pub(crate) fn relations(l: &LinearModel) -> Vec<Relation<'_>> {
    let aliases = l.fit.aliases();
    if aliases.is_empty() {
        return Vec::new();
    }
    let equations = aliases::equations(aliases, &l.design.names());
    let terms = l.design.terms();
    let relation = |(alias, equation): (&'_ Alias, String)| {
        let all = std::iter::once(alias.term).chain(alias.combination.iter().map(|(term, _)| *term));
        let columns = all.flat_map(|t| terms[t].factors()).map(|f| f.column().to_owned()).collect();
        (equation, columns)
    };
    let parts: Vec<(String, Vec<String>)> = aliases.iter().zip(equations).map(relation).collect();
    let whole = aliases.iter().zip(parts);
    whole.map(|(alias, (equation, columns))| Relation { alias, equation, columns }).collect()
}

impl Relation<'_> {
    /// The rows of a table, of which these are the terms, that break the relation. One in which a cell of it is filled in does not.
    pub(crate) fn broken(&self, table: &Table, terms: &[DdVec]) -> Vec<usize> {
        let columns: Vec<_> = self.columns.iter().filter_map(|name| table.column(name).ok()).collect();
        let breaks = |row: &usize| {
            let at = |term: usize| terms[term].hi[*row];
            let (mut left, mut size) = (at(self.alias.term) - self.alias.constant, self.alias.constant.abs());
            size = size.max(at(self.alias.term).abs());
            for &(term, factor) in &self.alias.combination {
                left -= factor * at(term);
                size = size.max((factor * at(term)).abs());
            }
            left.abs() > ROUNDING * size && !columns.iter().any(|c| c.is_missing(*row))
        };
        (0..table.rows()).filter(breaks).collect()
    }
}

/// Counts the rows that break a relation.
pub(crate) fn note(l: &LinearModel, table: &Table, terms: &[DdVec], notes: &mut Notes) {
    for relation in relations(l) {
        let rows = relation.broken(table, terms).len() as u64;
        if rows > 0 {
            *notes.off_relation.entry(relation.equation).or_default() += rows;
        }
    }
}
