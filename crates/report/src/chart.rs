//! A chart with two axes as inline SVG: clouds of points, lines and labels in a plot area. The names of the axes are paragraphs above and below it.
//!
//! A reader's font is not known, so what may be long is HTML, which breaks, and what stands in the picture has room for letters wider than any font's
//! ([`width`]). Texts at the left of a place end there, so that they stand beside it whatever their width.
//! The picture is 440 units wide and scales with its place; colours are classes, so that the page decides them for light, dark and print.
//! A cloud of thousands of points is a few paths of strokes of no length with round ends, a tenth of the bytes of as many circles; several paths, so
//! that points which lie on each other look darker. A picture has a name and a description for those who do not see it.
//! Well-kept plotting crates (`plotters`, `poloto`) write colours and text sizes as attributes, or no SVG that follows the page's scheme.

use crate::axis::Axis;
use crate::text::{escape, width};
use std::fmt::Write;

pub(crate) const WIDTH: f64 = 440.0;
const HEIGHT: f64 = 316.0;
const TOP: f64 = 16.0;
pub(crate) const RIGHT: f64 = 16.0;
pub(crate) const BOTTOM: f64 = 30.0;
/// From the plot area down to the line of the ticks' texts.
const BELOW: f64 = 19.0;
/// Paths that a cloud is shared out to.
const SHEETS: usize = 16;
/// The least distance of two labels.
const LINE: f64 = 15.0;

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

/// Where a line of text, or a mark, lies.
#[derive(Clone, Copy)]
struct Place {
    left: f64,
    width: f64,
    middle: f64,
}

impl Place {
    /// Of a mark.
    fn around([x, y]: [f64; 2]) -> Place {
        Place { left: x - 4.0, width: 8.0, middle: y }
    }

    fn lies_in(&self, area: &Area) -> bool {
        let half = LINE / 2.0;
        self.left >= area.left
            && self.left + self.width <= area.right
            && self.middle - half >= TOP
            && self.middle + half <= area.bottom
    }

    fn meets(&self, other: &Place) -> bool {
        (self.middle - other.middle).abs() < LINE - 1.0
            && self.left < other.left + other.width
            && other.left < self.left + self.width
    }
}

impl Chart {
    /// The SVG element between the names of the axes; `id` tells it from others of the page.
    pub(crate) fn html(&self, id: usize, title: &str) -> String {
        format!(
            "<p class=\"axis\">{}</p>{}{}",
            escape(&self.y.label),
            self.svg(id, title),
            name_below(&self.x)
        )
    }

    fn svg(&self, id: usize, title: &str) -> String {
        let y_ticks = self.y.ticks(5);
        let widest = y_ticks.iter().map(|t| width(&t.1)).fold(0.0, f64::max);
        let area = Area { left: 9.0 + widest, right: WIDTH - RIGHT, bottom: HEIGHT - BOTTOM };
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
        for (value, text) in self.x.ticks_with_room(6, area.right - area.left) {
            let [x, _] = self.place(area, [value, self.y.low]);
            let _ = write!(grid, "M{x:.1} {TOP}V{:.1}", area.bottom);
            texts += &tick_below(x, area.bottom, &text);
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
    }

    fn layer(&self, layer: &Layer, area: &Area, out: &mut String) {
        match layer {
            Layer::Cloud { class, points } => self.cloud(class, points, area, out),
            Layer::Marks { class, marks } => {
                for (at, radius) in marks.iter().filter(|(at, _)| is_finite(at)) {
                    let [x, y] = self.place(area, *at);
                    let _ = write!(
                        out,
                        "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"/>"
                    );
                }
            }
            Layer::Line { class, points } => {
                let mut path = String::new();
                for p in points.iter().filter(|p| is_finite(p)) {
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
        for (i, p) in points.iter().filter(|p| is_finite(p)).enumerate() {
            let [x, y] = self.place(area, *p);
            let _ = write!(sheets[i % SHEETS], "M{x:.1} {y:.1}h0");
        }
        let dense = if points.len() > 600 { " dense" } else { "" };
        for d in sheets {
            let _ = write!(out, "<path class=\"dot {class}{dense}\" d=\"{d}\"/>");
        }
    }

    /// Texts beside their points: at the first place that lies in the area, on no other text and on no point that has one.
    fn labels(&self, labels: &[([f64; 2], String)], area: &Area, out: &mut String) {
        let labels: Vec<_> = labels.iter().filter(|(at, _)| is_finite(at)).collect();
        let points: Vec<[f64; 2]> = labels.iter().map(|(at, _)| self.place(area, *at)).collect();
        let mut taken: Vec<Place> = points.iter().map(|p| Place::around(*p)).collect();
        for (p, (_, text)) in points.iter().zip(&labels) {
            let width = width(text);
            let places = (0..=labels.len()).flat_map(|line| {
                let y = LINE * line as f64;
                [[7.0, -y], [-7.0 - width, -y], [7.0, y], [-7.0 - width, y]]
            });
            let places = places.map(|[dx, dy]| Place { left: p[0] + dx, width, middle: p[1] + dy });
            let inside: Vec<Place> = places.filter(|place| place.lies_in(area)).collect();
            let free = inside.iter().find(|place| !taken.iter().any(|t| t.meets(place)));
            // Where nothing is free, what is told is better than what is neat.
            let Some(place) = free.or(inside.first()).copied() else { continue };
            taken.push(place);
            if (place.middle - p[1]).abs() > LINE / 2.0 {
                // A text on another line than its point is tied to it.
                let end = if place.left > p[0] { place.left - 2.0 } else { place.left + width + 2.0 };
                let _ = write!(
                    out,
                    "<path class=\"lead\" d=\"M{:.1} {:.1}L{end:.1} {:.1}\"/>",
                    p[0], p[1], place.middle
                );
            }
            let (x, anchor) = match place.left > p[0] {
                true => (place.left, "start"),
                false => (place.left + width, "end"),
            };
            let _ = write!(
                out,
                "<text class=\"label\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
                place.middle + 4.0,
                escape(text)
            );
        }
    }

    /// Where a point lies in the picture; what is far outside lies just outside.
    fn place(&self, area: &Area, [x, y]: [f64; 2]) -> [f64; 2] {
        let (x, y) = (self.x.share(x).clamp(-2.0, 3.0), self.y.share(y).clamp(-2.0, 3.0));
        [area.left + x * (area.right - area.left), area.bottom - y * (area.bottom - TOP)]
    }
}

fn is_finite(p: &[f64; 2]) -> bool {
    p.iter().all(|v| v.is_finite())
}

/// The name of the axis below a picture.
pub(crate) fn name_below(x: &Axis) -> String {
    format!("<p class=\"axis below\">{}</p>", escape(&x.label))
}

/// The text of a tick about `x`, within the picture.
pub(crate) fn tick_below(x: f64, bottom: f64, text: &str) -> String {
    let half = width(text) / 2.0;
    let middle = x.min(WIDTH - 1.0 - half).max(1.0 + half);
    format!("<text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{text}</text>", bottom + BELOW)
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
        Chart { x, y, layers, description: "what \"is\" seen".to_owned() }.html(7, "<title>")
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
        assert!(
            svg.starts_with("<p class=\"axis\">y</p><svg ")
                && svg.ends_with("</svg><p class=\"axis below\">a &lt; b</p>")
        );
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
            let number = |text: &str, name: &str| {
                text.split_once(name).unwrap().1.split_once('"').unwrap().0.parse::<f64>().unwrap()
            };
            let texts: Vec<&str> = svg.split("<text class=\"label\"").skip(1).collect();
            assert_eq!(texts.len(), 3);
            // Where the texts begin, and their lines.
            let place = |t: &&str| {
                let back = if t.contains("text-anchor=\"end\"") { width("row 1") } else { 0.0 };
                [number(t, "x=\"") - back, number(t, "y=\"")]
            };
            let at: Vec<[f64; 2]> = texts.iter().map(place).collect();
            for (i, a) in at.iter().enumerate() {
                assert!((TOP..HEIGHT - BOTTOM).contains(&a[1]), "{at:?}");
                let apart =
                    |b: &[f64; 2]| (a[0] - b[0]).abs() >= width("row 1") || (a[1] - b[1]).abs() >= LINE - 1.0;
                assert!(at[..i].iter().all(apart), "{at:?}");
            }
        }
    }

    #[test]
    fn what_is_no_number_is_not_drawn() {
        let line = vec![[0.0, 0.0], [f64::NAN, 0.5], [1.0, f64::INFINITY], [10.0, 1.0]];
        let layers = vec![
            Layer::Cloud { class: "s1", points: line.clone() },
            Layer::Marks { class: "mark", marks: line.iter().map(|p| (*p, 2.0)).collect() },
            Layer::Labels(line.iter().map(|p| (*p, "x".to_owned())).collect()),
            Layer::Line { class: "s1".to_owned(), points: line },
        ];
        let svg = chart(layers);
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}
