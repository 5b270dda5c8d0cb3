//! Estimates with their intervals, a row each, on one scale: a forest plot.

use crate::axis::Axis;
use crate::chart::{BOTTOM, RIGHT, WIDTH, name_below, open, tick_below};
use crate::text::{escape, fitted, width};
use std::fmt::Write;

/// The height of a row.
const ROW: f64 = 21.0;
const TOP: f64 = 8.0;
/// The room for names.
const NAMES: f64 = 200.0;

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
    pub(crate) estimates: Vec<Estimate>,
    /// What their scale is.
    pub(crate) label: String,
}

impl Forest {
    /// The SVG element and below it the name of its axis; `id` tells it from others of the page.
    pub(crate) fn html(&self, id: usize, title: &str) -> String {
        let values = self
            .estimates
            .iter()
            .flat_map(|e| [Some(0.0), Some(e.value), e.interval.map(|i| i[0]), e.interval.map(|i| i[1])]);
        let x = Axis::around(&self.label, values.flatten());
        let names: Vec<String> = self.estimates.iter().map(|e| fitted(&e.name, NAMES)).collect();
        let left = 9.0 + names.iter().map(|n| width(n)).fold(0.0, f64::max);
        let bottom = TOP + ROW * self.estimates.len() as f64;
        let place = |v: f64| left + x.share(v).clamp(0.0, 1.0) * (WIDTH - RIGHT - left);
        let description = format!(
            "{} estimates with intervals, about zero. The table of coefficients has their numbers.",
            self.estimates.len()
        );
        let mut out = open(id, title, &description, bottom + BOTTOM);
        let (mut grid, mut texts) = (String::new(), String::new());
        for (value, text) in x.ticks_with_room(4, WIDTH - RIGHT - left) {
            let at = place(value);
            let _ = write!(grid, "M{at:.1} {TOP}V{bottom:.1}");
            texts += &tick_below(at, bottom, &text);
        }
        let zero = place(0.0);
        let _ = write!(
            out,
            "<path class=\"grid\" d=\"{grid}\"/><path class=\"line ref\" d=\"M{zero:.1} {TOP}V{bottom:.1}\"/><g class=\"tick\">{texts}</g>"
        );
        for (i, (e, name)) in self.estimates.iter().zip(&names).enumerate() {
            let y = TOP + ROW * (i as f64 + 0.5);
            let _ = write!(
                out,
                "<g><title>{}</title><text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                escape(&e.name),
                left - 7.0,
                y + 4.0,
                escape(name)
            );
            row(e, y, zero, &place, &mut out);
        }
        out += "</svg>";
        out + &name_below(&x)
    }
}

/// The mark of an estimate with its interval, or with a stem from zero; it ends the group.
fn row(e: &Estimate, y: f64, zero: f64, place: &dyn Fn(f64) -> f64, out: &mut String) {
    let pale = if e.interval.is_some_and(|[low, high]| low <= 0.0 && high >= 0.0) { " pale" } else { "" };
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
        let estimates = vec![
            estimate(long, 1.0, Some([0.5, 1.5])),
            estimate("b", 0.1, Some([-0.2, 0.4])),
            estimate("c", -1.0, None),
        ];
        let svg = Forest { estimates, label: "scale".to_owned() }.html(3, "t");
        assert_eq!(
            (
                svg.matches("mark pale").count(),
                svg.matches("class=\"span\"").count(),
                svg.matches("stem").count()
            ),
            (1, 1, 1)
        );
        assert!(svg.contains(&format!("<title>{}</title>", escape(long))) && !svg.contains("<b>"));
        assert!(
            svg.contains(">a name of…m for &lt;b&gt;</text>")
                && svg.contains("<p class=\"axis below\">scale</p>"),
            "{svg}"
        );
    }
}
