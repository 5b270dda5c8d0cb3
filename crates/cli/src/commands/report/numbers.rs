//! The part of a report about predictions of numbers: pictures of the errors, their quantiles and the rows that stand out.

use super::blocks::{section, table};
use crate::commands::inspect::linear::{defined, digits, number};
use crate::print;
use planish_model::{InfluenceOf, Model, NumberDiagnostics, RowPoint};
use planish_report::{
    Block, Cloud, Figure, Section, leverage, normal_quantiles, predicted_and_actual, residuals,
    scale_location,
};

/// Rows that are named in a picture.
const NAMED: usize = 3;

pub(super) fn sections(model: &Model, n: &NumberDiagnostics) -> Vec<Section> {
    let mut blocks = vec![Block::Text(sample(n))];
    blocks.extend(influence_note(n).map(Block::Text));
    blocks.push(Block::Figures(figures(model, n)));
    blocks.push(quantiles(n));
    blocks.push(outstanding(n));
    section("Errors", blocks).into_iter().collect()
}

/// How many rows the pictures show.
fn sample(n: &NumberDiagnostics) -> String {
    let (rows, points) = (print::count(n.rows), print::count(n.points.len() as u64));
    let largest = match n.influence {
        Some(_) => "residuals, leverages and Cook's distances",
        None => "residuals",
    };
    let shown = match n.points.len() as u64 == n.rows {
        true => format!("The pictures show all {rows} rows."),
        false => format!(
            "Clouds show {points} of {rows} rows: some at even steps, and those with the largest {largest}."
        ),
    };
    match n.every {
        1 => format!(
            "{shown} Lines, quantiles and the normal Q–Q are of all rows. A residual is actual − predicted."
        ),
        k => format!(
            "{shown} Lines, quantiles and the normal Q–Q are of every {k}th row. A residual is actual − predicted."
        ),
    }
}

fn influence_note(n: &NumberDiagnostics) -> Option<String> {
    Some(match n.influence? {
        InfluenceOf::FittedRows => "These are the rows that the model was fitted to (their number, residual sum of squares and leverages are those of the fit). Residuals are studentized: divided by their own standard deviation s·√(1 − leverage).",
        InfluenceOf::NewRows => "These are other rows than the model was fitted to. Residuals are studentized as those of new rows, by s·√(1 + leverage); a large leverage means a row outside of what the model has seen. There are no Cook's distances: these rows did not move the fit.",
    }.to_owned())
}

fn figures(model: &Model, n: &NumberDiagnostics) -> Vec<Figure> {
    let target = model.target().column();
    let fitted = format!("predicted {target}");
    let weighted = n.points.iter().any(|p| p.residual != p.actual - p.predicted);
    let (residual, note) = match weighted {
        true => ("residual · √weight", "Residuals are times the root of the row's weight."),
        false => ("residual", ""),
    };
    let medians = n.residual_line.clone();
    let of_residual = cloud(n, |p| Some([p.predicted, p.residual]), |p| Some(p.residual.abs()));
    let residuals = residuals(of_residual, medians, [&fitted, residual], note);
    let value = if n.influence.is_some() { "studentized residual" } else { residual };
    let normal = normal_quantiles(against_normal(n), n.normal_line, value);
    let Some(of) = n.influence else {
        let both = cloud(n, |p| Some([p.predicted, p.actual]), |p| Some(p.residual.abs()));
        return vec![predicted_and_actual(both, target), residuals, normal];
    };
    let root = |p: &RowPoint| Some([p.predicted, p.studentized?.abs().sqrt()]);
    let scale = cloud(n, root, |p| p.studentized.map(f64::abs));
    let scale = scale_location(scale, n.scale_line.clone(), [&fitted, "√|studentized residual|"]);
    vec![residuals, normal, scale, leverages(model, n, of)]
}

fn leverages(model: &Model, n: &NumberDiagnostics, of: InfluenceOf) -> Figure {
    let rank = model.least_squares().map_or(1, |fit| fit.rank());
    let at = |p: &RowPoint| Some([p.leverage?, p.studentized?]);
    match of {
        InfluenceOf::FittedRows => {
            let mean = rank as f64 / n.rows as f64;
            let note = format!("Leverages have the mean {}. ", digits(mean, 3));
            leverage(cloud(n, at, |p| p.cook), Some(rank), &note)
        }
        InfluenceOf::NewRows => leverage(
            cloud(n, at, |p| p.leverage),
            None,
            "How far a row lies from those of the fit, in the terms of the model.",
        ),
    }
}

/// The rows as points, those with the largest keys named.
fn cloud(
    n: &NumberDiagnostics,
    at: impl Fn(&RowPoint) -> Option<[f64; 2]>,
    key: impl Fn(&RowPoint) -> Option<f64>,
) -> Cloud {
    let mut largest: Vec<(f64, &RowPoint)> = n.points.iter().filter_map(|p| Some((key(p)?, p))).collect();
    largest.sort_by(|a, b| b.0.total_cmp(&a.0));
    let named = largest.iter().filter_map(|(_, p)| Some((at(p)?, print::count(p.row)))).take(NAMED).collect();
    Cloud { points: n.points.iter().filter_map(&at).collect(), named }
}

fn against_normal(n: &NumberDiagnostics) -> Cloud {
    let mut largest: Vec<_> = n.normal.iter().collect();
    largest.sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()));
    let named = largest.iter().take(NAMED).map(|p| ([p.normal, p.value], print::count(p.row))).collect();
    Cloud { points: n.normal.iter().map(|p| [p.normal, p.value]).collect(), named }
}

fn quantiles(n: &NumberDiagnostics) -> Block {
    let mut rows = vec![
        vec!["share of rows".to_owned()],
        vec!["residual at most".to_owned()],
        vec!["|residual| at most".to_owned()],
    ];
    for (signed, absolute) in n.residual_quantiles.iter().zip(&n.absolute_quantiles) {
        rows[0].push(match signed[0] {
            0.0 => "least".to_owned(),
            1.0 => "largest".to_owned(),
            share => format!("{} %", (share * 100.0).round()),
        });
        rows[1].push(number(signed[1]));
        rows[2].push(number(absolute[1]));
    }
    table("Quantiles of the errors, in the units of the target, unweighted.", rows)
}

fn outstanding(n: &NumberDiagnostics) -> Block {
    let head =
        ["row", "line", "actual", "predicted", "residual", "studentized", "leverage", "Cook's distance"];
    let shown = match n.influence {
        Some(InfluenceOf::FittedRows) => 8,
        Some(InfluenceOf::NewRows) => 7,
        None => 5,
    };
    let mut rows = vec![head[..shown].iter().map(|h| (*h).to_owned()).collect::<Vec<_>>()];
    for p in &n.outstanding {
        let line = if p.line == 0 { String::new() } else { print::count(p.line) };
        let mut row =
            vec![print::count(p.row), line, number(p.actual), number(p.predicted), number(p.residual)];
        row.extend([p.studentized, p.leverage, p.cook].map(defined));
        row.truncate(shown);
        rows.push(row);
    }
    let what = if shown == 8 { "Cook's distances" } else { "residuals" };
    table(
        &format!(
            "Rows with the largest {what}. Rows are counted from 1, those without a target left out; the line is that of the file."
        ),
        rows,
    )
}
