//! The pictures of probabilities and of training: ROC, precision-recall and reliability curves, and losses by epoch.

use crate::axis::Axis;
use crate::chart::{Chart, Layer};
use crate::page::Figure;

/// Lines that a picture has styles for.
pub const MAX_LINES: usize = 6;

/// A line with a name.
#[derive(Clone, Debug)]
pub struct NamedLine {
    /// The name in the legend.
    pub name: String,
    /// The points.
    pub points: Vec<[f64; 2]>,
}

/// A bin of a reliability curve.
#[derive(Clone, Copy, Debug)]
pub struct Bin {
    /// The mean probability.
    pub predicted: f64,
    /// The share that came true.
    pub observed: f64,
    /// The share of all rows.
    pub share: f64,
}

/// The lines with their styles, at most [`MAX_LINES`], and their legend.
fn styled(lines: Vec<NamedLine>) -> (Vec<Layer>, Vec<(String, String)>) {
    let class = |i: usize| format!("s{}", i + 1);
    let named = lines.into_iter().take(MAX_LINES).enumerate();
    named.map(|(i, l)| (Layer::Line { class: class(i), points: l.points }, (class(i), l.name))).unzip()
}

fn reference(points: [[f64; 2]; 2]) -> Layer {
    Layer::Line { class: "ref".to_owned(), points: points.to_vec() }
}

fn shares(x: &str, y: &str) -> [Axis; 2] {
    [x, y].map(|label| Axis::new(label, -0.02, 1.02))
}

/// Receiver operating characteristics: points of false positive rate and recall.
pub fn roc(lines: Vec<NamedLine>, note: &str) -> Figure {
    let [x, y] = shares("false positive rate", "recall (true positive rate)");
    let description = described(&lines);
    let (mut layers, legend) = styled(lines);
    layers.insert(0, reference([[0.0, 0.0], [1.0, 1.0]]));
    let note = format!(
        "The higher the curve, the better probabilities order the rows; the dashed diagonal is chance. {note}"
    );
    Figure::chart("ROC", &note, Chart { x, y, layers, description }).with_legend(legend)
}

/// Precision-recall curves, and the precision of chance, which is the share of positive rows, if there is one for all.
pub fn precision_recall(lines: Vec<NamedLine>, chance: Option<f64>, note: &str) -> Figure {
    let [x, y] = shares("recall", "precision");
    let description = described(&lines);
    let (mut layers, legend) = styled(lines);
    layers.extend(chance.map(|share| reference([[0.0, share], [1.0, share]])));
    let chance =
        if chance.is_some() { "The dashed line is chance: the share of positive rows. " } else { "" };
    let note = format!(
        "What share of the rows above a threshold is right, against the share of right rows found. {chance}{note}"
    );
    Figure::chart("Precision and recall", &note, Chart { x, y, layers, description }).with_legend(legend)
}

/// Whether probabilities are what they say: observed shares against mean probabilities, marks as large as their bins.
pub fn reliability(bins: &[Bin], x: &str, y: &str) -> Figure {
    let [x, y] = shares(x, y);
    let points: Vec<[f64; 2]> = bins.iter().map(|b| [b.predicted, b.observed]).collect();
    let radius = |b: &Bin| 2.5 + 9.0 * b.share.clamp(0.0, 1.0).sqrt();
    let marks = bins.iter().map(|b| ([b.predicted, b.observed], radius(b))).collect();
    let description = format!("{} bins of probability with the share of rows that came true.", bins.len());
    let layers = vec![
        reference([[0.0, 0.0], [1.0, 1.0]]),
        Layer::Line { class: "s1".to_owned(), points },
        Layer::Marks { class: "mark", marks },
    ];
    let note = "Probabilities that are what they say lie on the dashed diagonal; below it the model is too sure. Bins are a fifteenth wide; a mark's area grows with its rows.";
    Figure::chart("Calibration", note, Chart { x, y, layers, description })
}

/// Quantities by epoch, and the epoch whose weights were kept.
pub fn learning_curves(title: &str, lines: Vec<NamedLine>, y: &str, kept: usize, note: &str) -> Figure {
    let epochs = lines.iter().flat_map(|l| l.points.iter().map(|p| p[0]));
    let last = epochs.fold(1.0, f64::max);
    let x = Axis::new("epoch", 1.0 - 0.02 * last, last * 1.02);
    let y = Axis::around(y, lines.iter().flat_map(|l| l.points.iter().map(|p| p[1])));
    let description = described(&lines);
    let at = kept as f64;
    let (mut layers, legend) = styled(lines);
    layers.insert(0, reference([[at, y.low], [at, y.high]]));
    if last <= 30.0 {
        let dots = |layer: &Layer| match layer {
            Layer::Line { class, points } if class.starts_with('s') => Some((class.clone(), points.clone())),
            Layer::Line { .. } | Layer::Cloud { .. } | Layer::Marks { .. } | Layer::Labels(_) => None,
        };
        let marks: Vec<Layer> = layers
            .iter()
            .filter_map(dots)
            .map(|(class, points)| Layer::Marks {
                class: if class == "s1" { "mark" } else { "mark second" },
                marks: points.into_iter().map(|p| (p, 2.5)).collect(),
            })
            .collect();
        layers.extend(marks);
    }
    Figure::chart(title, note, Chart { x, y, layers, description }).with_legend(legend)
}

/// The mean prediction by the value of one column.
pub fn dependence(column: &str, points: Vec<[f64; 2]>, y: &str, note: &str) -> Figure {
    let x = Axis::around(column, points.iter().map(|p| p[0]));
    let y = Axis::around(y, points.iter().map(|p| p[1]));
    let description = format!("{} points of {} by {column}.", points.len(), y.label);
    let marks = Layer::Marks { class: "mark", marks: points.iter().map(|&p| (p, 2.5)).collect() };
    let layers = vec![Layer::Line { class: "s1".to_owned(), points }, marks];
    Figure::chart(column, note, Chart { x, y, layers, description })
}

fn described(lines: &[NamedLine]) -> String {
    let names: Vec<&str> = lines.iter().map(|l| l.name.as_str()).collect();
    format!("{} {}: {}.", names.len(), if names.len() == 1 { "line" } else { "lines" }, names.join("; "))
}
