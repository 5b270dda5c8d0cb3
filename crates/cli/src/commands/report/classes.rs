//! The part of a report about probabilities of classes: the confusion matrix, the curves, and a row a class.

use super::blocks::{section, table};
use crate::print;
use planish_model::{ClassCurves, ClassDiagnostics, Evaluation, Model};
use planish_report::{Bin, Block, Figure, Heat, NamedLine, Section, precision_recall, reliability, roc};
use planish_train::metrics::ConfusionMatrix;

/// The most classes of the table of classes.
const LISTED: usize = 100;

pub(super) fn sections(model: &Model, evaluation: &Evaluation, c: &ClassDiagnostics) -> Vec<Section> {
    let classes = model.target().classes();
    let Some(confusion) = &evaluation.confusion else { return Vec::new() };
    let errors = section("Classes", vec![matrix(confusion, classes), by_class(confusion, classes, c)]);
    let mut blocks = Vec::new();
    if classes.len() > 2 {
        let of = match c.curves.len() < classes.len() {
            true => format!(", for the {} most frequent of {}", c.curves.len(), classes.len()),
            false => String::new(),
        };
        blocks.push(Block::Text(format!("Curves are of one class against all others{of}.")));
    }
    if c.every > 1 {
        blocks.push(Block::Text(format!("ROC and precision-recall curves are of every {}th row.", c.every)));
    }
    if c.curves.is_empty() {
        blocks.push(Block::Text(
            "There are no ROC and precision-recall curves: the rows are all of one class.".to_owned(),
        ));
    }
    blocks.push(Block::Figures(figures(classes, evaluation, c)));
    errors.into_iter().chain(section("Probabilities", blocks)).collect()
}

/// The whole matrix, or of many classes the most frequent mistakes.
fn matrix(confusion: &ConfusionMatrix, classes: &[String]) -> Block {
    if classes.len() > print::SHOWN_CLASSES {
        let mistakes = print::mistakes(confusion, |class| classes[class].clone());
        return table("The most frequent mistakes.", mistakes);
    }
    let sums = confusion.sums();
    let cell = |truth: usize, predicted: usize| {
        let rows = confusion.at(truth, predicted);
        let share = if sums[truth].true_rows > 0.0 { rows / sums[truth].true_rows } else { 0.0 };
        (print::count(rows as u64), share)
    };
    let row = |truth| (0..classes.len()).map(|predicted| cell(truth, predicted)).collect();
    Block::Heat(Heat { classes: classes.to_vec(), cells: (0..classes.len()).map(row).collect() })
}

fn by_class(confusion: &ConfusionMatrix, classes: &[String], c: &ClassDiagnostics) -> Block {
    let head = ["class", "rows", "predicted", "precision", "recall", "F1", "AUC", "average precision"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for (class, s) in confusion.sums().iter().enumerate().take(LISTED) {
        let curves = c.curves.iter().find(|c| c.class == class);
        let mut row =
            vec![classes[class].clone(), print::count(s.true_rows as u64), print::count(s.predicted as u64)];
        row.extend([s.precision(), s.recall(), s.f1()].map(print::score));
        row.extend(
            [curves.map(|c| c.auc), curves.map(|c| c.average_precision)]
                .map(|x| x.map_or_else(String::new, print::score)),
        );
        rows.push(row);
    }
    let part = if classes.len() > LISTED {
        format!(" The first {LISTED} of {}.", classes.len())
    } else {
        String::new()
    };
    table(
        &format!(
            "Each class: precision is the share of right ones among those predicted, recall among those that there are; areas are of the classes whose curves are drawn.{part}"
        ),
        rows,
    )
}

fn figures(classes: &[String], evaluation: &Evaluation, c: &ClassDiagnostics) -> Vec<Figure> {
    let line = |curve: &ClassCurves, what: &str, area: f64, points: &[[f64; 2]]| NamedLine {
        name: format!("{}: {what} {}", classes[curve.class], print::score(area)),
        points: points.to_vec(),
    };
    let mut figures = Vec::new();
    if !c.curves.is_empty() {
        let lines = c.curves.iter().map(|k| line(k, "AUC", k.auc, &k.roc)).collect();
        figures.push(roc(lines, ""));
        let lines =
            c.curves.iter().map(|k| line(k, "average precision", k.average_precision, &k.precision_recall));
        let chance = match &c.curves[..] {
            [one] if classes.len() == 2 => Some(one.rows as f64 / evaluation.rows as f64),
            _ => None,
        };
        figures.push(precision_recall(lines.collect(), chance, ""));
    }
    let total: f64 = evaluation.reliability.iter().map(|b| b.weight).sum();
    let bins: Vec<Bin> = evaluation
        .reliability
        .iter()
        .map(|b| Bin { predicted: b.predicted, observed: b.observed, share: b.weight / total })
        .collect();
    let (x, y) = match classes {
        [_, second] => (format!("mean probability of {second}"), format!("share of {second}")),
        _ => ("mean of the largest probability".to_owned(), "accuracy".to_owned()),
    };
    figures.push(reliability(&bins, &x, &y));
    figures
}
