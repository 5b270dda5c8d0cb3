//! The part of a report about a linear model: its coefficients on one scale, and the tables that `planish inspect` prints.

use super::blocks::{section, table};
use crate::commands::coding;
use crate::commands::inspect::linear::{SIGNIFICANCE, Tables};
use crate::commands::inspect::linear_model;
use crate::print;
use planish_linreg::FittedLinearRegression;
use planish_model::{Effects, EffectsOf, LinearFit, Model};
use planish_report::{Block, Estimate, Figure, Section, forest};

/// Terms of a picture.
const SHOWN: usize = 30;
/// Classes that have one.
const PICTURES: usize = 6;

pub(super) fn sections(model: &Model, effects: Option<&[Effects]>) -> Vec<Section> {
    let figures: Vec<Figure> = effects
        .unwrap_or_default()
        .iter()
        // Of a single row nothing varies.
        .filter(|e| e.effects.iter().any(|e| e.value != 0.0))
        .take(PICTURES)
        .map(|e| picture(model, e))
        .collect();
    let mut blocks = if figures.is_empty() { Vec::new() } else { vec![Block::Figures(figures)] };
    let Some(l) = model.linear() else { return Vec::new() };
    let fit = match l.fit.least_squares() {
        Some(fit) => least_squares(model, fit, &mut blocks),
        None => linear_model(model, &l.fit, &mut blocks),
    };
    blocks.extend(print::aliased(model).lines().map(|line| Block::Text(line.to_owned())));
    blocks.extend(coding::lines(&l.design).into_iter().map(Block::Text));
    section("Coefficients", blocks).into_iter().chain(section("Fit", fit)).collect()
}

/// The largest effects, in descending order of their size.
fn picture(model: &Model, e: &Effects) -> Figure {
    let mut largest: Vec<_> = e.effects.iter().collect();
    largest.sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()));
    let shown = largest.len().min(SHOWN);
    let target = model.target();
    let (scale, of) = match e.of {
        EffectsOf::Target => {
            ("standard deviations of the target", format!("{}, in its standard deviations,", target.column()))
        }
        EffectsOf::LogOdds => {
            ("log-odds", format!("the log-odds of {}", target.classes()[e.class.unwrap_or(1)]))
        }
        EffectsOf::LogMean => {
            ("logarithm of the mean", format!("the logarithm of the mean of {}", target.column()))
        }
    };
    let against = e.class.map_or_else(String::new, |_| format!(" against {}", target.classes()[0]));
    let intervals = match e.effects.iter().any(|e| e.interval.is_some()) {
        true => "Bars are 95 % confidence intervals, by the covariance of the fit; a pale one holds zero.",
        false => "The model has no standard errors, so there are no intervals.",
    };
    let part = if shown < largest.len() {
        format!(" The {shown} largest of {} terms.", largest.len())
    } else {
        String::new()
    };
    let note = format!(
        "The change of {of}{against} for one standard deviation of the term in these rows, so that units do not hide a term. {intervals}{part}"
    );
    let title = match e.class {
        Some(class) => format!("Effects on {}", target.classes()[class]),
        None => "Effects on one scale".to_owned(),
    };
    let estimate =
        |e: &&planish_model::Effect| Estimate { name: e.term.clone(), value: e.value, interval: e.interval };
    forest(&title, largest.iter().take(shown).map(estimate).collect(), scale, &note)
}

/// Adds the table of coefficients; the tables of the fit.
fn least_squares(model: &Model, fit: &FittedLinearRegression, blocks: &mut Vec<Block>) -> Vec<Block> {
    let tables = Tables::new(model, fit);
    let significance = if tables.fit.is_empty() { "" } else { SIGNIFICANCE };
    blocks.push(table(
        &format!("Coefficients in the units of the data, with 95 % intervals. {significance}"),
        tables.coefficients,
    ));
    blocks.extend(tables.remarks.into_iter().map(Block::Text));
    let mut fit = Vec::new();
    if !tables.fit.is_empty() {
        fit.push(facts(tables.fit));
    }
    if !tables.quantiles.is_empty() {
        fit.push(table("Residuals of the rows that the model was fitted to.", tables.quantiles));
    }
    if !tables.tests.is_empty() {
        fit.push(Block::Closed("Tests of the residuals of the fit".to_owned(), vec![facts(tables.tests)]));
    }
    fit
}

fn linear_model(model: &Model, fit: &LinearFit, blocks: &mut Vec<Block>) -> Vec<Block> {
    let classes = model.target().classes();
    for t in linear_model::tables(model) {
        let caption = match &t.class {
            Some(class) => format!("Coefficients of class {class} against class {}.", classes[0]),
            None => "Coefficients in the units of the data.".to_owned(),
        };
        blocks.push(table(&caption, t.rows));
    }
    vec![Block::Text(linear_model::fit_line(fit).trim().to_owned())]
}

/// Rows of a name and its values, as names with one value each.
fn facts(rows: Vec<Vec<String>>) -> Block {
    let fact = |mut row: Vec<String>| {
        let values = row.split_off(1).join("  ");
        [row.remove(0), values]
    };
    Block::Facts(rows.into_iter().map(fact).collect())
}
