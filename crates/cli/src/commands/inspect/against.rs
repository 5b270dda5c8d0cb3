//! `planish inspect LARGE --against SMALL`: the analysis of variance of two nested least-squares models, as R's `anova(small, large)`.

use super::linear::{defined, digits, number, p_value};
use crate::print;
use anyhow::{Context, bail, ensure};
use planish_linreg::{Anova, anova};
use planish_model::{LinearPredictor, Model, Predictor};
use std::path::Path;

/// The largest difference of the two models' total sums of squares, as a part of them, that rounding can explain.
const SAME_ROWS: f64 = 1e-9;

/// Compares the models, which must be nested and fitted to the same rows as far as can be seen.
pub(super) fn compare(large: &Model, small: &Model, path: &Path) -> anyhow::Result<Anova> {
    let of = |m: &Model, which: &str| match m.predictor() {
        Predictor::Linear(l) => Ok(l.clone()),
        _ => bail!("--against compares two least-squares models: the {which} is another"),
    };
    let (wide, narrow) = (of(large, "larger")?, of(small, "smaller")?);
    ensure!(
        large.target() == small.target() || large.target().column() == small.target().column(),
        "the models have different targets: {:?} and {:?}",
        large.target().column(),
        small.target().column()
    );
    if let Some(term) = missing(&wide, &narrow) {
        bail!("{}: term {term:?} is not in the larger model: the models are not nested", path.display());
    }
    let totals = [&wide, &narrow].map(|l| l.fit.responses[0].tss);
    let comparable = wide.fit.fit_intercept == narrow.fit.fit_intercept;
    ensure!(
        wide.fit.rows == narrow.fit.rows
            && (!comparable || (totals[0] - totals[1]).abs() <= SAME_ROWS * totals[0].abs()),
        "{}: was fitted to other rows or weights than the larger model",
        path.display()
    );
    anova(&narrow.fit, &wide.fit, 0).with_context(|| path.display().to_string())
}

/// A term of the smaller model that the larger has not.
fn missing(large: &LinearPredictor, small: &LinearPredictor) -> Option<String> {
    let names = large.design.names();
    let intercept = small.fit.fit_intercept && !large.fit.fit_intercept;
    let first = intercept.then(|| "(intercept)".to_owned());
    first.or_else(|| small.design.names().into_iter().find(|name| !names.contains(name)))
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
