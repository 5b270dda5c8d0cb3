//! The pictures of predictions of numbers: residuals along the prediction, against the normal distribution and against leverage, their scale,
//! and the prediction beside the truth; and of estimates with their intervals. What each shows, and how it is to be read, stands under it.
//!
//! Source of the first four: R's `plot.lm`; Cook's distance is D = r²·h/((1 − h)·k) for a studentized residual r, leverage h and k parameters.

use crate::axis::Axis;
use crate::chart::{Chart, Layer};
use crate::forest::{Estimate, Forest};
use crate::page::{Figure, Picture};

/// Points, and names of those that stand out.
#[derive(Clone, Debug, Default)]
pub struct Cloud {
    /// The points.
    pub points: Vec<[f64; 2]>,
    /// Points with a name beside them.
    pub named: Vec<([f64; 2], String)>,
}

impl Cloud {
    fn axis(&self, label: &str, direction: usize) -> Axis {
        Axis::around(label, self.points.iter().chain(self.named.iter().map(|n| &n.0)).map(|p| p[direction]))
    }

    /// The points, and over them those that have a name with it.
    fn layers(self) -> [Layer; 3] {
        let marks = self.named.iter().map(|(at, _)| (*at, 2.6)).collect();
        [
            Layer::Cloud { class: "s1", points: self.points },
            Layer::Marks { class: "mark", marks },
            Layer::Labels(self.named),
        ]
    }
}

fn line(class: &str, points: Vec<[f64; 2]>) -> Layer {
    Layer::Line { class: class.to_owned(), points }
}

/// Residuals along the prediction, with a line that should lie at zero.
pub fn residuals(cloud: Cloud, medians: Vec<[f64; 2]>, [x, y]: [&str; 2], note: &str) -> Figure {
    along(
        "Residuals along the prediction",
        cloud,
        medians,
        [x, y],
        true,
        &format!(
            "The line joins medians of bins with as many rows each. It should lie near zero: a bend means that the model misses a curve. {note}"
        ),
    )
}

/// The roots of absolute studentized residuals along the prediction: a level line means errors of one variance.
pub fn scale_location(cloud: Cloud, medians: Vec<[f64; 2]>, [x, y]: [&str; 2]) -> Figure {
    along(
        "Scale along the prediction",
        cloud,
        medians,
        [x, y],
        false,
        "The line joins medians of bins with as many rows each. A line that rises or falls means that errors grow or shrink with the prediction; robust standard errors (--cov hc3) allow for that.",
    )
}

fn along(
    title: &str,
    cloud: Cloud,
    medians: Vec<[f64; 2]>,
    [x, y]: [&str; 2],
    zero: bool,
    note: &str,
) -> Figure {
    let (x, mut y) = (cloud.axis(x, 0), cloud.axis(y, 1));
    if !zero {
        y.low = 0.0;
    }
    let description = format!("{} points: {} against {}.", cloud.points.len(), y.label, x.label);
    let ends = vec![[x.low, 0.0], [x.high, 0.0]];
    let [points, marks, names] = cloud.layers();
    let mut layers = vec![points];
    if zero {
        layers.push(line("ref", ends));
    }
    layers.extend([line("s2", medians), marks, names]);
    Figure::chart(title, note, Chart { x, y, layers, description })
}

/// Sorted values against quantiles of the normal distribution, with the line through the quartiles: its slope and intercept.
pub fn normal_quantiles(cloud: Cloud, [slope, intercept]: [f64; 2], y: &str) -> Figure {
    let (x, y) = (cloud.axis("quantile of the normal distribution", 0), cloud.axis(y, 1));
    let ends = [x.low, x.high].map(|at| [at, intercept + slope * at]).to_vec();
    let description = format!(
        "{} points: sorted values of the {} against normal quantiles, and a line through the quartiles.",
        cloud.points.len(),
        y.label
    );
    let [points, marks, names] = cloud.layers();
    Figure::chart(
        "Normal Q–Q",
        "Normal errors lie on the line, which goes through the quartiles. Ends that leave it upwards on the right and downwards on the left are heavy tails: more large errors than normal ones.",
        Chart { x, y, layers: vec![line("ref", ends), points, marks, names], description },
    )
}

/// Studentized residuals against leverages; with the number of parameters, where Cook's distance is one half and one.
pub fn leverage(cloud: Cloud, parameters: Option<usize>, note: &str) -> Figure {
    let (mut x, y) = (cloud.axis("leverage", 0), cloud.axis("studentized residual", 1));
    x.low = 0.0;
    let description = format!("{} points: studentized residuals against leverages.", cloud.points.len());
    let mut layers = vec![line("ref", vec![[0.0, 0.0], [x.high, 0.0]])];
    let mut ends = Vec::new();
    for (distance, name) in [(0.5, "D = 0.5"), (1.0, "D = 1")] {
        for sign in [1.0, -1.0].into_iter().filter(|_| parameters.is_some()) {
            let contour = contour(distance, parameters.unwrap_or(1), &x, sign);
            let inside = contour.iter().rev().find(|p| (y.low..y.high).contains(&p[1]));
            // Beside its line, on the side away from zero.
            let beside = |p: &[f64; 2]| [p[0], p[1] + sign * 0.055 * (y.high - y.low)];
            ends.extend(inside.map(|p| (beside(p), name.to_owned())));
            layers.push(line("contour", contour));
        }
    }
    let none_in_sight = ends.is_empty();
    let names = cloud.named.iter().cloned().chain(ends).collect();
    let [points, marks, _] = cloud.layers();
    layers.extend([points, marks, Layer::Labels(names)]);
    let cook = match (parameters, none_in_sight) {
        (None, _) => "",
        (_, true) => {
            "Cook's distance reaches 0.5 nowhere in this picture: no row moves the coefficients much."
        }
        (_, false) => {
            "Beyond the dashed lines a row's Cook's distance is above 0.5 and 1: without it the coefficients would be others."
        }
    };
    Figure::chart("Residuals against leverage", &format!("{note}{cook}"), Chart { x, y, layers, description })
}

/// r = ±√(D·k·(1 − h)/h) along h.
fn contour(distance: f64, parameters: usize, x: &Axis, sign: f64) -> Vec<[f64; 2]> {
    let end = x.high.min(1.0);
    let at = |i: usize| {
        let h = end * i as f64 / 200.0;
        [h, sign * (distance * parameters as f64 * (1.0 - h) / h).sqrt()]
    };
    (1..=200).map(at).collect()
}

/// The target against its prediction, on the same axes.
pub fn predicted_and_actual(cloud: Cloud, target: &str) -> Figure {
    let both = || cloud.points.iter().chain(cloud.named.iter().map(|n| &n.0)).flatten().copied();
    let x = Axis::around(&format!("predicted {target}"), both());
    let y = Axis { label: format!("actual {target}"), ..x.clone() };
    let description = format!("{} points: {} against {}.", cloud.points.len(), y.label, x.label);
    let ends = vec![[x.low, x.low], [x.high, x.high]];
    let [points, marks, names] = cloud.layers();
    Figure::chart(
        "Predicted and actual",
        "Rows on the line are predicted exactly; those above it are larger than predicted.",
        Chart { x, y, layers: vec![points, line("ref", ends), marks, names], description },
    )
}

/// A forest plot of these estimates; `label` says what their scale is.
pub fn forest(title: &str, estimates: Vec<Estimate>, label: &str, note: &str) -> Figure {
    Figure::new(title, note, Picture::Forest(Forest { estimates, label: label.to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contours_of_cooks_distance_follow_its_formula() {
        let x = Axis::new("", 0.0, 0.5);
        for [h, r] in contour(0.5, 3, &x, -1.0) {
            assert!((r * r * h / ((1.0 - h) * 3.0) - 0.5).abs() < 1e-12 && r <= 0.0);
        }
        assert_eq!(contour(1.0, 3, &Axis::new("", 0.0, 1.4), 1.0)[199], [1.0, 0.0]);
    }

    #[test]
    fn contours_have_a_name_where_they_are_seen() {
        let cloud = |h: f64| Cloud { points: vec![[0.01, 4.0], [h, -4.0]], named: Vec::new() };
        let near = leverage(cloud(0.02), Some(2), "").html(1);
        assert!(!near.contains("D = ") && near.contains("0.5 nowhere"));
        let far = leverage(cloud(0.6), Some(2), "").html(1);
        assert!(far.contains(">D = 0.5<") && far.contains(">D = 1<"));
        assert!(!leverage(cloud(0.6), None, "").html(1).contains("D = "));
    }
}
