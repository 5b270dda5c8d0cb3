//! What there is to worry about in a report: each kind a line, the most severe first.

use super::record::{ColumnReport, ComparisonReport, TableReport};
use super::worry::{Finding, Worry, WorryKind};
use crate::listed::shown;

/// Rows of a table below which all-different texts and single values are no wonder.
const FEW_ROWS: u64 = 20;
/// The share from which on a column is nearly constant.
const NEARLY_ALL: f64 = 0.995;
/// The share of missing cells from which on a column is told.
const MOSTLY: f64 = 0.5;
/// Levels from which on a category has many.
const MANY_LEVELS: u64 = 100;
/// Classes that a target has at most, unless told to.
const MOST_CLASSES: u64 = 100;
/// The share below which a class is rare, and the ratio of the most frequent class to it.
const RARE: f64 = 0.01;
const RATIO: f64 = 100.0;
/// Standard deviations that lie further apart than this.
const FAR_APART: f64 = 1e6;

/// What a column's tally says beside its report.
pub(super) struct Facts {
    pub(super) is_identifier: bool,
    /// The value that came most often, and its share.
    pub(super) most_frequent: Option<(String, f64)>,
}

/// All worries, the most severe first.
pub(super) fn worries(report: &TableReport, facts: &[Facts]) -> Vec<Worry> {
    let mut found = columns(report, facts);
    found.extend(rows(report));
    found.extend(report.target.iter().flat_map(|_| target(report)));
    let target = report.target.as_ref().map(|t| &t.column);
    found.extend(report.against.iter().flat_map(|against| compared(against, target)));
    found.sort_by_key(|w| w.worry);
    found
}

/// What is seen in single columns.
fn columns(report: &TableReport, facts: &[Facts]) -> Vec<Worry> {
    use WorryKind::*;
    let target = report.target.as_ref().map(|t| t.column.as_str());
    let rows = report.rows;
    let is_target = |c: &ColumnReport| Some(c.name.as_str()) == target;
    let all = || report.columns.iter().zip(facts).filter(|(c, _)| c.left_out.is_none());
    let of = |kind, about: &str, found: &dyn Fn(&ColumnReport, &Facts) -> Option<String>| {
        let finding =
            |(c, f): (&ColumnReport, &Facts)| Some(Finding { column: c.name.clone(), found: found(c, f)? });
        let columns: Vec<Finding> = all().filter_map(finding).collect();
        (!columns.is_empty()).then(|| Worry::new(kind, about, columns))
    };
    let leak = format!("leakage: a column that alone predicts {}", target.map_or_else(String::new, shown));
    let few = |c: &ColumnReport| rows.saturating_sub(c.missing) < FEW_ROWS;
    let is_constant = |c: &ColumnReport| c.distinct.count == 1 && !c.distinct.more;
    let found = [
        of(Leakage, &leak, &|c, _| {
            c.alone.filter(|a| a.suspicious).map(|a| format!("{} {:.4}", a.measure.name(), a.value))
        }),
        of(Identifiers, "identifiers, with another value in every row", &|c, f| {
            (f.is_identifier && !few(c) && !is_target(c)).then(String::new)
        }),
        of(Missing, "mostly missing", &|c, _| {
            let share = c.missing as f64 / rows.max(1) as f64;
            (share > MOSTLY && !is_target(c)).then(|| percent(share))
        }),
        of(Constant, "constant", &|c, f| {
            let value = f.most_frequent.as_ref().map(|(value, _)| shown(value)).unwrap_or_default();
            (is_constant(c) && rows > 1).then_some(value)
        }),
        of(NearConstant, "nearly constant", &|c, f| {
            let (value, share) = f.most_frequent.as_ref()?;
            (*share >= NEARLY_ALL && !is_constant(c) && !is_target(c))
                .then(|| format!("{} in {}", shown(value), percent(*share)))
        }),
        of(ManyLevels, "categories of very many levels", &|c, f| {
            let many = c.numbers.is_none() && c.distinct.count > MANY_LEVELS;
            (many && !f.is_identifier)
                .then(|| format!("{}{}", if c.distinct.more { "> " } else { "" }, c.distinct.count))
        }),
        of(NearlyNumbers, "text that is nearly always a number", &|c, _| {
            c.why.strip_prefix("numbers but ").map(|text| format!("{text} is none"))
        }),
        of(
            Dates,
            "dates: order the rows by one (--time), or leave it out if it says nothing of new rows",
            &|c, _| (c.kind == "date").then(String::new),
        ),
    ];
    let left_out = report.columns.iter();
    let left_out =
        left_out.filter_map(|c| Some(Finding { column: c.name.clone(), found: c.left_out.clone()? }));
    let left_out: Vec<Finding> = left_out.collect();
    let left_out = (!left_out.is_empty()).then(|| Worry::new(LeftOut, "left out of training", left_out));
    found.into_iter().flatten().chain(units(report, facts)).chain(left_out).collect()
}

/// The columns of the smallest and the largest spread, if they are far apart.
fn units(report: &TableReport, facts: &[Facts]) -> Option<Worry> {
    let target = report.target.as_ref().map(|t| t.column.as_str());
    let is_measure = |c: &ColumnReport, f: &Facts| {
        c.kind == "number" && c.left_out.is_none() && !f.is_identifier && Some(c.name.as_str()) != target
    };
    let all = report.columns.iter().zip(facts).filter(|(c, f)| is_measure(c, f));
    let spread = |(c, _): (&ColumnReport, &Facts)| {
        c.numbers.as_ref()?.sd.filter(|sd| *sd > 0.0).map(|sd| (sd, c.name.clone()))
    };
    let mut spreads: Vec<(f64, String)> = all.filter_map(spread).collect();
    spreads.sort_by(|a, b| a.0.total_cmp(&b.0));
    let [small, .., large] = &spreads[..] else { return None };
    let finding =
        |(sd, name): &(f64, String)| Finding { column: name.clone(), found: format!("sd {sd:.2e}") };
    let about = "units far apart: a step of one means little in the one and all in the other";
    (large.0 > FAR_APART * small.0)
        .then(|| Worry::new(WorryKind::UnitsFarApart, about, vec![finding(small), finding(large)]))
}

fn rows(report: &TableReport) -> Option<Worry> {
    let copies = report.copies;
    let share = percent(copies.rows as f64 / copies.of.max(1) as f64);
    let of = if copies.of < report.rows { format!(" of the first {}", copies.of) } else { String::new() };
    let (are, rows) = if copies.rows == 1 { ("is a copy", "row") } else { ("are copies", "rows") };
    let about =
        format!("copies: {} {rows}{of} ({share}) {are} of an earlier one, in every column", copies.rows);
    (copies.rows > 0).then(|| Worry::new(WorryKind::Copies, about, Vec::new()))
}

fn target(report: &TableReport) -> Vec<Worry> {
    let Some(target) = &report.target else { return Vec::new() };
    let name = shown(&target.column);
    let mut found = Vec::new();
    let values = report.columns.iter().find(|c| c.name == target.column).map(|c| (c.distinct, c.missing));
    let Some((distinct, missing)) = values else { return found };
    if missing > 0 {
        let share = percent(missing as f64 / report.rows as f64);
        let rows = if missing == 1 { "row has" } else { "rows have" };
        let about =
            format!("target: {missing} {rows} no {name} ({share}), which leaves them out of training");
        found.push(Worry::new(WorryKind::TargetMissing, about, Vec::new()));
    }
    let rows = report.rows - missing;
    if !target.classes.is_empty() && (distinct.count > MOST_CLASSES || rows < 2 * distinct.count) {
        let more = if distinct.more { "more than " } else { "" };
        let about = format!(
            "classes: {name} has {more}{} different values in {rows} rows, so it may be an identifier or free text",
            distinct.count
        );
        found.push(Worry::new(WorryKind::ManyClasses, about, Vec::new()));
    } else if let [first, .., last] = &target.classes[..]
        && (last.share < RARE || first.rows as f64 > RATIO * last.rows as f64)
    {
        let about = format!(
            "imbalance: {name} is {} in {} and {} in {} of the rows",
            shown(&first.level),
            percent(first.share),
            shown(&last.level),
            percent(last.share)
        );
        found.push(Worry::new(WorryKind::Imbalance, about, Vec::new()));
    }
    found
}

/// What is seen beside the second table, which may lack the target.
fn compared(against: &ComparisonReport, target: Option<&String>) -> Vec<Worry> {
    use WorryKind::*;
    let table = shown(&against.table);
    let named = |name: &String, found: String| Finding { column: name.clone(), found };
    let both = against.in_both;
    let mut found = Vec::new();
    if both.rows > 0 {
        let share = percent(both.rows as f64 / both.of as f64);
        let (rows, are) = if both.rows == 1 { ("row", "is") } else { ("rows", "are") };
        let about = format!(
            "{} {rows} of {table} ({share}) {are} in the first table too, by all columns that both have",
            both.rows
        );
        found.push(Worry::new(RowsInBoth, about, Vec::new()));
    }
    let mut list = |kind, about: String, columns: Vec<Finding>| {
        if !columns.is_empty() {
            found.push(Worry::new(kind, about, columns));
        }
    };
    let lacking = against.lacking.iter().filter(|name| Some(*name) != target);
    let lacking = lacking.map(|name| named(name, String::new())).collect();
    list(LackingColumns, format!("columns that {table} lacks"), lacking);
    let kinds = against.other_kinds.iter();
    let kinds = kinds.map(|c| named(&c.name, format!("{}, there {}", c.kinds[0], c.kinds[1]))).collect();
    list(OtherKinds, format!("columns of another kind in {table}"), kinds);
    let mut unseen: Vec<_> = against.columns.iter().filter(|c| c.unseen_levels > 0).collect();
    unseen.sort_by_key(|c| std::cmp::Reverse(c.unseen_rows));
    let levels = |n: u64| if n == 1 { "level" } else { "levels" };
    let unseen = unseen.into_iter().map(|c| {
        let share = percent(c.unseen_rows as f64 / against.rows.max(1) as f64);
        named(&c.name, format!("{} {} in {share} of its rows", c.unseen_levels, levels(c.unseen_levels)))
    });
    list(UnseenLevels, format!("levels that only {table} has"), unseen.collect());
    let mut drifted: Vec<(f64, &String)> =
        against.columns.iter().filter(|c| c.drifted).filter_map(|c| Some((c.drift?, &c.name))).collect();
    drifted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let drifted = drifted.into_iter().map(|(index, name)| named(name, format!("{index:.2}"))).collect();
    list(
        Drift,
        format!("drift: columns that lie elsewhere in {table} (stability index; much from 0.25 on)"),
        drifted,
    );
    found
}

/// A share in a hundred, with the digits that tell it from none and from all.
pub fn percent(share: f64) -> String {
    let whole = 100.0 * share;
    match whole {
        x if x <= 0.0 => "0 %".to_owned(),
        x if x < 0.1 => "< 0.1 %".to_owned(),
        x if x < 9.95 || (x > 99.0 && x < 100.0) => {
            let text = format!("{x:.1}");
            if text == "100.0" { "> 99.9 %".to_owned() } else { format!("{text} %") }
        }
        x => format!("{x:.0} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_the_digits_that_a_reader_wants() {
        for (share, text) in [
            (0.0, "0 %"),
            (1e-5, "< 0.1 %"),
            (0.0123, "1.2 %"),
            (0.5, "50 %"),
            (0.997, "99.7 %"),
            (0.9999, "> 99.9 %"),
            (1.0, "100 %"),
        ] {
            assert_eq!(percent(share), text);
        }
    }
}
