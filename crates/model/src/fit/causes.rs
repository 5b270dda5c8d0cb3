//! The columns that make a fit impossible: by how many terms each stands for, and what may be done about them.

use crate::error::{ModelError, several};
use crate::linear_settings::{LinearKind, LinearSettings};
use planish_tabular::{Design, drop_option};
use std::collections::{BTreeSet, HashMap};

/// Letters of a message.
const MESSAGE: usize = 300;

/// The columns of these terms, in the order of the design.
pub(super) fn columns_of(design: &Design, terms: &[usize]) -> Vec<String> {
    let all = design.terms();
    let mut columns: Vec<String> = Vec::new();
    for factor in terms.iter().flat_map(|&t| all[t].factors()) {
        if !columns.iter().any(|c| c == factor.column()) {
            columns.push(factor.column().to_owned());
        }
    }
    columns
}

/// The columns with most terms, as many of them as must go so that at most so many terms are left.
fn largest(design: &Design, most: usize) -> Vec<String> {
    let terms = design.terms();
    let mut left: Vec<_> = terms.iter().collect();
    let mut columns = Vec::new();
    while left.len() > most {
        let columns_left = || left.iter().flat_map(|t| t.factors()).map(|f| f.column());
        let mut counts: HashMap<&str, usize> = HashMap::new();
        columns_left().for_each(|c| *counts.entry(c).or_default() += 1);
        // Of equals the last, so that the first columns of a table stay.
        let Some(column) = columns_left().max_by_key(|c| counts[c]) else { break };
        left.retain(|t| t.factors().all(|f| f.column() != column));
        columns.push(column.to_owned());
    }
    columns
}

/// `leave them out (--drop a,b)`, within what these letters leave of a message; nothing where none would be left, or the option alone would be refused, as powers and products are made of a column.
pub(super) fn leave_out(
    design: &Design,
    settings: &LinearSettings,
    columns: &[String],
    letters: usize,
) -> Option<String> {
    let formula = &settings.formula;
    let is_named = |column: &String| {
        formula.powers.iter().any(|(c, _)| c == column)
            || formula.interactions.iter().any(|(a, b)| a == column || b == column)
            || settings.weights.as_ref() == Some(column)
            || settings.cluster.as_ref() == Some(column)
    };
    let all: Vec<&str> = design.profiles().iter().map(|p| p.column).collect();
    let is_left = all.iter().any(|name| columns.iter().all(|c| c != name));
    let it = if columns.len() == 1 { "it" } else { "them" };
    (is_left && !columns.iter().any(is_named))
        .then(|| drop_option(columns, MESSAGE.saturating_sub(letters + "leave them out ()".len())))
        .map(|option| format!("leave {it} out ({option})"))
}

/// More parameters than rows.
pub(super) fn too_few_rows(
    rows: u64,
    parameters: usize,
    design: &Design,
    settings: &LinearSettings,
) -> ModelError {
    let penalty = match settings.kind {
        LinearKind::Logistic { .. } | LinearKind::Poisson { .. } => "use a penalty (--alpha 1)",
        LinearKind::LeastSquares
        | LinearKind::Ridge { .. }
        | LinearKind::ElasticNet { .. }
        | LinearKind::NonNegative => "use --model ridge in place of this model",
    };
    let most = (rows as usize).saturating_sub(usize::from(settings.intercept));
    let found = format!("{rows} rows for {parameters} parameters");
    let needs = "fitting needs at least as many rows as parameters";
    let causes = causes(design, settings, most, found.len() + needs.len(), Some(penalty));
    ModelError::Parameters { found, needs, causes }
}

/// More parameters than can be fitted together, of all classes.
pub(super) fn too_many_parameters(
    parameters: usize,
    limit: usize,
    design: &Design,
    settings: &LinearSettings,
) -> ModelError {
    let each = design.width() + usize::from(settings.intercept);
    let most = limit * each / parameters.max(1);
    let found = format!("{parameters} parameters of all classes, at most {limit} can be fitted together");
    let needs = "each class but the first has a coefficient a term";
    let most = most.saturating_sub(usize::from(settings.intercept));
    let causes = causes(design, settings, most, found.len() + needs.len(), None);
    ModelError::Parameters { found, needs, causes }
}

/// What has most of the terms where only so many may be, and what may be done, in a message that has so many letters already.
fn causes(
    design: &Design,
    settings: &LinearSettings,
    most: usize,
    letters: usize,
    penalty: Option<&str>,
) -> String {
    let columns = largest(design, most);
    let terms = design.terms();
    let theirs = terms.iter().filter(|t| t.factors().any(|f| columns.iter().any(|c| c == f.column())));
    let has = if columns.len() == 1 { "has" } else { "have" };
    let (theirs, is_one) = (theirs.collect::<Vec<_>>(), |c: &&str| columns.iter().any(|one| one == c));
    let mut have = format!("{} {has} {} of the terms", several(&columns), theirs.len());
    let products: Vec<_> = theirs.iter().filter(|t| t.factors().count() > 1).collect();
    let with: BTreeSet<&str> = products.iter().flat_map(|t| t.factors()).map(|f| f.column()).collect();
    let with: Vec<String> = with.into_iter().filter(|c| !is_one(c)).map(str::to_owned).collect();
    if !products.is_empty() && !with.is_empty() {
        have += &format!(", {} of them products with {}", products.len(), several(&with));
    } else if !products.is_empty() {
        have += &format!(", {} of them products", products.len());
    }
    let letters = letters + have.chars().count() + penalty.map_or(0, str::len) + "; : , or : ".len();
    let out = leave_out(design, settings, &columns, letters);
    let advice: Vec<String> = out.into_iter().chain(penalty.map(str::to_owned)).collect();
    if advice.is_empty() { have } else { format!("{have}: {}", advice.join(", or ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use planish_tabular::{DesignBuilder, Formula, Kind, Rows, Schema, Table};

    fn design(formula: &Formula) -> Design {
        let schema = Schema::new([
            ("x", Kind::Number),
            ("c", Kind::Category),
            ("d", Kind::Category),
            ("y", Kind::Number),
        ]);
        let mut table = Table::new(schema.clone());
        for i in 0..12 {
            table.push_number(0, Some(f64::from(i)));
            table.push_text(1, Some(&format!("c{i}")));
            table.push_text(2, Some(&format!("d{}", i % 4)));
            table.push_number(3, Some(f64::from(i * i % 7)));
            table.end_row(0);
        }
        let mut builder = DesignBuilder::new(&schema, "y", &[]).with_formula(formula).unwrap();
        builder.push_rows(&table, Rows::Between(0, 12));
        builder.finish().unwrap()
    }

    #[test]
    fn the_columns_with_most_terms_are_named_until_the_rest_can_be_fitted() {
        let (design, settings) = (design(&Formula::default()), LinearSettings::new("y"));
        let said = |rows| too_few_rows(rows, 16, &design, &settings).to_string();
        let before = "16 parameters: fitting needs at least as many rows as parameters; ";
        assert_eq!(
            said(12),
            format!(
                "12 rows for {before}the column c has 11 of the terms: leave it out (--drop c), or use --model ridge in place of this model"
            )
        );
        assert_eq!(
            said(3),
            format!(
                "3 rows for {before}the columns c and d have 14 of the terms: leave them out (--drop c,d), or use --model ridge in place of this model"
            )
        );
        // Nothing would be left.
        assert!(
            said(1).ends_with(
                "the columns c, d and x have 15 of the terms: use --model ridge in place of this model"
            ),
            "{}",
            said(1)
        );
    }

    #[test]
    fn a_column_of_products_is_not_to_be_dropped_alone() {
        let formula = Formula { interactions: vec![("x".to_owned(), "c".to_owned())], ..Formula::default() };
        let settings = LinearSettings { formula: formula.clone(), ..LinearSettings::new("y") };
        let said = too_few_rows(12, 27, &design(&formula), &settings).to_string();
        assert!(
            said.ends_with("the column c has 22 of the terms, 11 of them products with the column x: use --model ridge in place of this model"),
            "{said}"
        );
    }
}
