//! A chart with two axes as inline SVG: clouds of points, lines and labels in a plot area.
//!
//! The picture is 440 units wide and scales with its place; colours are classes, so that the page decides them for light, dark and print.
//! A cloud of thousands of points is a few paths of strokes of no length with round ends, a tenth of the bytes of as many circles; several paths, so
//! that points which lie on each other look darker. A picture has a name and a description for those who do not see it.
//! Well-kept plotting crates (`plotters`, `poloto`) write colours and text sizes as attributes, or no SVG that follows the page's scheme.

use crate::axis::Axis;
use crate::text::escape;
use std::fmt::Write;

const WIDTH: f64 = 440.0;
const HEIGHT: f64 = 330.0;
const TOP: f64 = 12.0;
const RIGHT: f64 = 16.0;
const BOTTOM: f64 = 48.0;
/// The width of a letter of tick and label texts, in a wide font.
pub(crate) const LETTER: f64 = 7.6;
/// Paths that a cloud is shared out to.
const SHEETS: usize = 16;
/// The least distance of two labels.
const LINE: f64 = 13.0;

/// A chart.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) layers: Vec<Layer>,
    /// What is seen, in a sentence.
    pub(crate) description: String,
}

/// What is drawn, one over the other. A class names the style.
#[derive(Clone, Debug)]
pub(crate) enum Layer {
    /// Points.
    Cloud { class: &'static str, points: Vec<[f64; 2]> },
    /// Round marks with radii.
    Marks { class: &'static str, marks: Vec<([f64; 2], f64)> },
    /// A line through points.
    Line { class: String, points: Vec<[f64; 2]> },
    /// Texts beside points.
    Labels(Vec<([f64; 2], String)>),
}

/// The plot area.
struct Area {
    left: f64,
    right: f64,
    bottom: f64,
}

impl Chart {
    /// The SVG element; `id` tells it from others of the page.
    pub(crate) fn svg(&self, id: usize, title: &str) -> String {
        let y_ticks = self.y.ticks(5);
        let widest = y_ticks.iter().map(|t| t.1.chars().count()).max().unwrap_or(1);
        let area =
            Area { left: 30.0 + LETTER * widest as f64, right: WIDTH - RIGHT, bottom: HEIGHT - BOTTOM };
        let mut out = open(id, title, &self.description, HEIGHT);
        self.axes(&area, &y_ticks, &mut out);
        let _ = write!(
            out,
            "<clipPath id=\"c{id}\"><rect x=\"{:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{:.1}\"/></clipPath><g clip-path=\"url(#c{id})\">",
            area.left,
            area.right - area.left,
            area.bottom - TOP
        );
        self.layers.iter().for_each(|layer| self.layer(layer, &area, &mut out));
        out += "</g></svg>";
        out
    }

    /// Grid, ticks and names.
    fn axes(&self, area: &Area, y_ticks: &[(f64, String)], out: &mut String) {
        let (mut grid, mut texts) = (String::new(), String::new());
        for (value, text) in self.x_ticks(area) {
            let [x, _] = self.place(area, [value, self.y.low]);
            let _ = write!(grid, "M{x:.1} {TOP}V{:.1}", area.bottom);
            let _ = write!(
                texts,
                "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{text}</text>",
                area.bottom + 17.0
            );
        }
        for (value, text) in y_ticks {
            let [_, y] = self.place(area, [self.x.low, *value]);
            let _ = write!(grid, "M{:.1} {y:.1}H{:.1}", area.left, area.right);
            let _ = write!(
                texts,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{text}</text>",
                area.left - 7.0,
                y + 4.0
            );
        }
        let _ = write!(out, "<path class=\"grid\" d=\"{grid}\"/><g class=\"tick\">{texts}</g>");
        let (middle, centre) = ((area.left + area.right) / 2.0, (TOP + area.bottom) / 2.0);
        let _ = write!(
            out,
            "<text class=\"name\" x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            HEIGHT - 9.0,
            escape(&self.x.label)
        );
        let _ = write!(
            out,
            "<text class=\"name\" transform=\"translate(14 {centre:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            escape(&self.y.label)
        );
    }

    /// As many ticks of x as have room.
    fn x_ticks(&self, area: &Area) -> Vec<(f64, String)> {
        let ticks = self.x.ticks(6);
        let letters: usize = ticks.iter().map(|t| t.1.chars().count() + 1).sum();
        if LETTER * letters as f64 > 0.85 * (area.right - area.left) { self.x.ticks(3) } else { ticks }
    }

    fn layer(&self, layer: &Layer, area: &Area, out: &mut String) {
        match layer {
            Layer::Cloud { class, points } => self.cloud(class, points, area, out),
            Layer::Marks { class, marks } => {
                for (at, radius) in marks {
                    let [x, y] = self.place(area, *at);
                    let _ = write!(
                        out,
                        "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"/>"
                    );
                }
            }
            Layer::Line { class, points } => {
                let mut path = String::new();
                for p in points.iter().filter(|p| p.iter().all(|v| v.is_finite())) {
                    let [x, y] = self.place(area, *p);
                    let _ = write!(path, "{}{x:.1} {y:.1}", if path.is_empty() { 'M' } else { 'L' });
                }
                let _ = write!(out, "<path class=\"line {class}\" d=\"{path}\"/>");
            }
            Layer::Labels(labels) => self.labels(labels, area, out),
        }
    }

    fn cloud(&self, class: &str, points: &[[f64; 2]], area: &Area, out: &mut String) {
        let mut sheets = vec![String::new(); SHEETS.min(points.len())];
        for (i, p) in points.iter().enumerate() {
            let [x, y] = self.place(area, *p);
            let _ = write!(sheets[i % SHEETS], "M{x:.1} {y:.1}h0");
        }
        let dense = if points.len() > 600 { " dense" } else { "" };
        for d in sheets {
            let _ = write!(out, "<path class=\"dot {class}{dense}\" d=\"{d}\"/>");
        }
    }

    /// Texts beside their points, to the left of those at the right edge; one that would lie on another moves down.
    fn labels(&self, labels: &[([f64; 2], String)], area: &Area, out: &mut String) {
        let mut taken: Vec<[f64; 3]> = Vec::new();
        for (at, text) in labels {
            let [x, y] = self.place(area, *at);
            let width = LETTER * text.chars().count() as f64;
            let left = if x + 7.0 + width > area.right { x - 7.0 - width } else { x + 7.0 };
            let mut y = (y + 4.0).clamp(TOP + 10.0, area.bottom - 3.0);
            let hits = |y: f64, taken: &[[f64; 3]]| {
                taken.iter().any(|t| (t[2] - y).abs() < LINE && left < t[1] && t[0] < left + width)
            };
            // Downwards, or at the lower edge upwards.
            let step = if y + LINE * labels.len() as f64 > area.bottom { -LINE } else { LINE };
            for _ in 0..labels.len() {
                if hits(y, &taken) {
                    y += step;
                }
            }
            taken.push([left, left + width, y]);
            let _ = write!(out, "<text class=\"label\" x=\"{left:.1}\" y=\"{y:.1}\">{}</text>", escape(text));
        }
    }

    /// Where a point lies in the picture; what is far outside lies just outside.
    fn place(&self, area: &Area, [x, y]: [f64; 2]) -> [f64; 2] {
        let (x, y) = (self.x.share(x).clamp(-2.0, 3.0), self.y.share(y).clamp(-2.0, 3.0));
        [area.left + x * (area.right - area.left), area.bottom - y * (area.bottom - TOP)]
    }
}

/// The beginning of a picture with its name and description.
pub(crate) fn open(id: usize, title: &str, description: &str, height: f64) -> String {
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"t{id} d{id}\"><title id=\"t{id}\">{}</title><desc id=\"d{id}\">{}</desc>",
        escape(title),
        escape(description)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(layers: Vec<Layer>) -> String {
        let (x, y) = (Axis::new("a < b", 0.0, 10.0), Axis::new("y", 0.0, 1.0));
        Chart { x, y, layers, description: "what \"is\" seen".to_owned() }.svg(7, "<title>")
    }

    #[test]
    fn texts_are_escaped_and_the_picture_has_a_name() {
        let svg = chart(vec![Layer::Labels(vec![([5.0, 0.5], "<i>".to_owned())])]);
        assert!(
            svg.contains("aria-labelledby=\"t7 d7\"")
                && svg.contains("<title id=\"t7\">&lt;title&gt;</title>")
        );
        assert!(
            svg.contains("what &quot;is&quot; seen")
                && svg.contains(">a &lt; b<")
                && svg.contains(">&lt;i&gt;<")
        );
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"));
    }

    #[test]
    fn every_point_of_a_cloud_is_drawn_once() {
        let points: Vec<[f64; 2]> = (0..100).map(|i| [f64::from(i) / 10.0, 0.5]).collect();
        let svg = chart(vec![Layer::Cloud { class: "s1", points }]);
        assert_eq!(svg.matches("h0").count(), 100);
        assert_eq!(svg.matches("<path class=\"dot s1\"").count(), SHEETS);
    }

    #[test]
    fn labels_of_one_place_do_not_lie_on_each_other() {
        for height in [0.01, 0.5, 0.99] {
            let labels = (0..3).map(|i| ([5.0, height], format!("row {i}"))).collect();
            let svg = chart(vec![Layer::Labels(labels)]);
            let at = |line: &str| {
                line.split_once("y=\"").unwrap().1.split_once('"').unwrap().0.parse::<f64>().unwrap()
            };
            let y: Vec<f64> = svg.split("<text class=\"label\"").skip(1).map(at).collect();
            assert!(
                (y[0] - y[1]).abs() >= LINE && (y[1] - y[2]).abs() >= LINE && (y[0] - y[2]).abs() >= LINE,
                "{y:?}"
            );
            assert!(y.iter().all(|y| (TOP..HEIGHT - BOTTOM).contains(y)), "{y:?}");
        }
    }

    #[test]
    fn what_is_no_number_breaks_no_line_and_no_cloud() {
        let line = vec![[0.0, 0.0], [f64::NAN, 0.5], [1.0, f64::INFINITY], [10.0, 1.0]];
        let svg = chart(vec![Layer::Line { class: "s1".to_owned(), points: line }]);
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}
