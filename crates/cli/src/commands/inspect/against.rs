//! `planish inspect LARGE --against SMALL`: the analysis of variance of two nested least-squares models, as R's `anova(small, large)`.

use super::linear::{defined, digits, number, p_value};
use crate::print;
use anyhow::{Context, bail, ensure};
use planish_linreg::summary::{Anova, anova};
use planish_model::Model;
use std::path::Path;

/// The largest difference of the two models' total sums of squares, as a part of them, that rounding can explain.
const SAME_ROWS: f64 = 1e-9;

/// Compares the models, which must be nested and fitted to the same rows as far as can be seen.
pub(super) fn compare<'m>(large: &'m Model, small: &'m Model, path: &Path) -> anyhow::Result<Anova> {
    let fit = |m: &'m Model, which: &str| {
        m.least_squares()
            .with_context(|| format!("--against compares two least-squares models: the {which} is another"))
    };
    let (wide, narrow) = (fit(large, "larger")?, fit(small, "smaller")?);
    ensure!(
        large.target() == small.target() || large.target().column() == small.target().column(),
        "the models have different targets: {:?} and {:?}",
        large.target().column(),
        small.target().column()
    );
    if let Some(term) = missing(large, small) {
        bail!("{}: term {term:?} is not in the larger model: the models are not nested", path.display());
    }
    let totals = [wide, narrow].map(|fit| fit.responses[0].tss);
    let comparable = wide.fit_intercept == narrow.fit_intercept;
    ensure!(
        wide.rows == narrow.rows
            && (!comparable || (totals[0] - totals[1]).abs() <= SAME_ROWS * totals[0].abs()),
        "{}: was fitted to other rows or weights than the larger model",
        path.display()
    );
    anova(narrow, wide, 0).with_context(|| path.display().to_string())
}

/// A term of the smaller model that the larger has not.
fn missing(large: &Model, small: &Model) -> Option<String> {
    let parameters =
        |m: &Model| m.coefficient_tables().into_iter().flat_map(|t| t.lines).map(|line| line.name);
    let names: Vec<String> = parameters(large).collect();
    parameters(small).find(|name| !names.contains(name))
}

/// The table in aligned columns.
pub(super) fn text(a: &Anova) -> String {
    let head = ["model", "df", "rss", "df more", "explained", "F", "P>F"].map(str::to_owned).to_vec();
    let small = vec!["smaller".to_owned(), print::count(a.df_resid[0]), number(a.rss[0])];
    let large = vec![
        "larger".to_owned(),
        print::count(a.df_resid[1]),
        number(a.rss[1]),
        print::count(a.df),
        number(a.sum_of_squares),
        a.f.map_or(defined(None), |f| digits(f.statistic, 6)),
        a.f.map_or(defined(None), |f| p_value(f.p)),
    ];
    format!("\nagainst the smaller model:\n{}", print::columns(&[head, small, large]))
}
