//! Estimates with their intervals, a row each, on one scale: a forest plot.

use crate::axis::Axis;
use crate::chart::{LETTER, open};
use crate::page::{Figure, Picture};
use crate::text::{escape, shortened};
use std::fmt::Write;

const WIDTH: f64 = 440.0;
/// The height of a row, and of what is below them.
const ROW: f64 = 20.0;
const FOOT: f64 = 48.0;
const TOP: f64 = 8.0;
const RIGHT: f64 = 16.0;
/// The most letters of a name.
const NAME: usize = 22;

/// An estimate.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// Its interval, if there is one.
    pub interval: Option<[f64; 2]>,
}

/// Estimates about zero; those whose interval holds zero are pale.
#[derive(Clone, Debug)]
pub(crate) struct Forest {
    estimates: Vec<Estimate>,
    label: String,
}

/// A forest plot of these estimates; `label` says what their scale is.
pub fn forest(title: &str, estimates: Vec<Estimate>, label: &str, note: &str) -> Figure {
    let picture = Picture::Forest(Forest { estimates, label: label.to_owned() });
    Figure::new(title, note, picture)
}

impl Forest {
    pub(crate) fn svg(&self, id: usize, title: &str) -> String {
        let values = self
            .estimates
            .iter()
            .flat_map(|e| [Some(0.0), Some(e.value), e.interval.map(|i| i[0]), e.interval.map(|i| i[1])]);
        let x = Axis::around(&self.label, values.flatten());
        let longest = self.estimates.iter().map(|e| e.name.chars().count()).max().unwrap_or(0).min(NAME);
        let left = 12.0 + LETTER * longest as f64;
        let bottom = TOP + ROW * self.estimates.len() as f64;
        let place = |v: f64| left + x.share(v).clamp(0.0, 1.0) * (WIDTH - RIGHT - left);
        let description = format!(
            "{} estimates with intervals, about zero. The table of coefficients has their numbers.",
            self.estimates.len()
        );
        let mut out = open(id, title, &description, bottom + FOOT);
        let (mut grid, mut texts) = (String::new(), String::new());
        for (value, text) in x.ticks(4) {
            let at = place(value);
            let _ = write!(grid, "M{at:.1} {TOP}V{bottom:.1}");
            let _ = write!(
                texts,
                "<text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{text}</text>",
                bottom + 17.0
            );
        }
        let zero = place(0.0);
        let _ = write!(
            out,
            "<path class=\"grid\" d=\"{grid}\"/><path class=\"line ref\" d=\"M{zero:.1} {TOP}V{bottom:.1}\"/><g class=\"tick\">{texts}</g>"
        );
        let _ = write!(
            out,
            "<text class=\"name\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            bottom + FOOT - 9.0,
            escape(&self.label)
        );
        for (i, e) in self.estimates.iter().enumerate() {
            row(e, TOP + ROW * (i as f64 + 0.5), left, zero, &place, &mut out);
        }
        out += "</svg>";
        out
    }
}

fn row(e: &Estimate, y: f64, left: f64, zero: f64, place: &dyn Fn(f64) -> f64, out: &mut String) {
    let pale = if e.interval.is_some_and(|[low, high]| low <= 0.0 && high >= 0.0) { " pale" } else { "" };
    let _ = write!(
        out,
        "<g><title>{}</title><text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
        escape(&e.name),
        left - 7.0,
        y + 4.0,
        escape(&shortened(&e.name, NAME))
    );
    let ends = e.interval.map_or([zero, place(e.value)], |i| i.map(place));
    let stem = if e.interval.is_some() { "span" } else { "stem" };
    let _ = write!(
        out,
        "<path class=\"{stem}{pale}\" d=\"M{:.1} {y:.1}H{:.1}\"/><circle class=\"mark{pale}\" cx=\"{:.1}\" cy=\"{y:.1}\" r=\"4\"/></g>",
        ends[0],
        ends[1],
        place(e.value)
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_that_holds_zero_is_pale_and_names_are_whole_in_the_title() {
        let estimate = |name: &str, value: f64, interval| Estimate { name: name.to_owned(), value, interval };
        let long = "a name of more letters than there is room for <b>";
        let svg = forest(
            "t",
            vec![
                estimate(long, 1.0, Some([0.5, 1.5])),
                estimate("b", 0.1, Some([-0.2, 0.4])),
                estimate("c", -1.0, None),
            ],
            "scale",
            "",
        )
        .html(3);
        assert_eq!(
            (
                svg.matches("mark pale").count(),
                svg.matches("class=\"span\"").count(),
                svg.matches("stem").count()
            ),
            (1, 1, 1)
        );
        assert!(svg.contains(&format!("<title>{}</title>", escape(long))) && !svg.contains("<b>"));
    }
}
