//! `planish inspect LARGE --against SMALL`: the analysis of variance of two nested least-squares models, as R's `anova(small, large)`.

use super::linear::{defined, digits, number, p_value};
use crate::print;
use anyhow::{Context, bail, ensure};
use planish_linreg::ols::Covariance;
use planish_linreg::summary::{Anova, anova};
use planish_model::{Model, SameRows};
use serde_json::{Value, json};
use std::path::Path;

/// The analysis of variance of two models.
pub(super) struct Comparison {
    anova: Anova,
    /// Whether it is proved that their rows are the same.
    is_proved: bool,
    /// The covariances of their own tables that are not the one of this table.
    robust: Vec<&'static str>,
}

impl Comparison {
    /// Compares the models, which must be nested and fitted to the same rows.
    pub(super) fn new(large: &Model, small: &Model, path: &Path) -> anyhow::Result<Comparison> {
        let fit = |m: &'_ Model, which: &str| {
            m.least_squares().cloned().with_context(|| {
                format!("--against compares two least-squares models: the {which} is another")
            })
        };
        let (wide, narrow) = (fit(large, "larger")?, fit(small, "smaller")?);
        ensure!(
            large.target().column() == small.target().column(),
            "the models have different targets: {:?} and {:?}",
            large.target().column(),
            small.target().column()
        );
        if let Some(term) = large.term_beyond(small) {
            bail!("{}: term {term:?} is not in the larger model: the models are not nested", path.display());
        }
        let is_proved = match large.same_rows(small) {
            SameRows::Not(why) => {
                bail!("{}: {why}: only models of the same rows are compared", path.display())
            }
            SameRows::Proved => true,
            SameRows::Unproved => false,
        };
        let anova = anova(&narrow, &wide, 0).with_context(|| path.display().to_string())?;
        let mut robust: Vec<&str> = [&narrow, &wide]
            .into_iter()
            .filter_map(|fit| fit.inference.as_ref().map(|i| i.covariance))
            .filter(|covariance| *covariance != Covariance::Classical)
            .map(Covariance::name)
            .collect();
        robust.dedup();
        Ok(Comparison { anova, is_proved, robust })
    }

    /// The table in aligned columns, and what it rests on.
    pub(super) fn text(&self) -> String {
        let a = &self.anova;
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
        let mut out = format!("\nagainst the smaller model:\n{}", print::columns(&[head, small, large]));
        out += "  covariance: classical, since F compares sums of squares";
        if !self.robust.is_empty() {
            out += &format!("; {} of the models' own tables is not used", self.robust.join(" and "));
        }
        out.push('\n');
        if !self.is_proved {
            out += "  a model of an earlier version keeps no digest of its rows: that they are the same cannot be proved, and only their number and sums of squares were compared\n";
        }
        out
    }

    pub(super) fn to_json(&self) -> Value {
        let mut out = json!(self.anova);
        out["covariance"] = json!(Covariance::Classical.name());
        out["same_rows"] = json!(if self.is_proved { "proved" } else { "unproved" });
        out
    }
}
