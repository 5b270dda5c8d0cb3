//! The figures of each group against the bars.
//!
//! A share or a ratio of several products is the geometric mean of theirs; beside it stands the worst.

use super::grid::{Group, Shape};
use super::row::Row;
use serde_json::{Value, json};

/// The 32 cube has a bar of its own.
const CUBE: Shape = (32, 32, 32);
/// Bars of thin products: each reaches one or the other.
const THIN_RATIO: f64 = 1.2;
const THIN_SHARE: f64 = 0.9;

/// A bar and the figure that is held against it.
pub struct Line {
    group: Group,
    what: &'static str,
    bar: f64,
    figure: f64,
    /// Written as per cent.
    share: bool,
    /// More about the figure.
    note: String,
}

impl Line {
    fn met(&self) -> bool {
        self.figure >= self.bar
    }

    fn write(&self, x: f64) -> String {
        if self.share { format!("{:.1} %", 100.0 * x) } else { format!("{x:.2}") }
    }

    fn print(&self) {
        println!(
            "{:8} {:38} {:>7}   bar {:>6}   {:6} {}",
            self.group.name(),
            self.what,
            self.write(self.figure),
            self.write(self.bar),
            if self.met() { "met" } else { "missed" },
            self.note
        );
    }

    /// Everything.
    pub fn json(&self) -> Value {
        json!({ "group": self.group.name(), "what": self.what, "bar": self.bar, "figure": self.figure, "met": self.met(), "note": self.note })
    }
}

/// Prints the lines; nothing without any.
pub fn print(lines: &[Line], threads: usize) {
    if !lines.is_empty() {
        println!("\nsummary, {threads} thread(s)");
    }
    lines.iter().for_each(Line::print);
}

/// The lines of the groups that were measured.
pub fn lines(rows: &[Row], threads: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let square_share = if threads == 1 { 0.94 } else { 0.90 };

    let squares = Part::new(rows, Group::Squares, |_| true);
    lines.extend(squares.share("share of peak", square_share));
    lines.extend(squares.ratio("ratio to the best peer", 1.02));
    lines.extend(squares.worst("worst ratio", 0.97));

    let batch = Part::new(rows, Group::Batch, |_| true);
    let small = Part::new(rows, Group::Batch, |r| r.case.smallest_side() <= 64);
    let rest = Part::new(rows, Group::Batch, |r| r.case.smallest_side() > 64);
    lines.extend(small.ratio("ratio where a side is ≤ 64", 1.15));
    lines.extend(rest.ratio("ratio of the rest", 1.02));
    lines.extend(rest.share("share of peak of the rest", 0.90));
    lines.extend(batch.worst("worst ratio", 0.95));

    let tiny = Part::new(rows, Group::Tiny, |r| r.case.shape != CUBE);
    let cube = Part::new(rows, Group::Tiny, |r| r.case.shape == CUBE);
    lines.extend(tiny.ratio("ratio, without the 32 cube", 1.5));
    lines.extend(cube.ratio("ratio of the 32 cube", 1.15));

    lines.extend(Part::new(rows, Group::Thin, |_| true).thin());
    lines.extend(Part::new(rows, Group::F64, |_| true).share("share of peak", 0.94));
    lines.extend(Part::new(rows, Group::Gram, |_| true).ratio("ratio to gemm's full product", 1.6));
    lines
}

/// Some rows of one group.
struct Part<'a> {
    group: Group,
    rows: Vec<&'a Row>,
}

impl<'a> Part<'a> {
    fn new(rows: &'a [Row], group: Group, keep: impl Fn(&Row) -> bool) -> Self {
        Part { group, rows: rows.iter().filter(|r| r.case.group == group && keep(r)).collect() }
    }

    /// The row with the smallest figure; `None` without rows.
    fn lowest(&self, figure: impl Fn(&Row) -> f64) -> Option<&'a Row> {
        self.rows.iter().copied().min_by(|x, y| figure(x).total_cmp(&figure(y)))
    }

    fn share(&self, what: &'static str, bar: f64) -> Option<Line> {
        let lowest = self.lowest(Row::share)?;
        let note = format!("lowest {:.1} % at {}", 100.0 * lowest.share(), lowest.name());
        Some(Line { group: self.group, what, bar, figure: self.mean(Row::share), share: true, note })
    }

    fn ratio(&self, what: &'static str, bar: f64) -> Option<Line> {
        let lowest = self.lowest(Row::ratio)?;
        let note = format!("lowest {:.2} at {}", lowest.ratio(), lowest.name());
        Some(Line { group: self.group, what, bar, figure: self.mean(Row::ratio), share: false, note })
    }

    fn worst(&self, what: &'static str, bar: f64) -> Option<Line> {
        let lowest = self.lowest(Row::ratio)?;
        let note = format!("at {}, to {}", lowest.name(), lowest.rival().name);
        Some(Line { group: self.group, what, bar, figure: lowest.ratio(), share: false, note })
    }

    /// The share of products that reach the ratio or the share of the rate of reading: all are to.
    fn thin(&self) -> Option<Line> {
        let read = |r: &Row| r.read.as_ref().map_or(0.0, |read| read.share());
        let reach = |r: &Row| (r.ratio() / THIN_RATIO).max(read(r) / THIN_SHARE);
        let lowest = self.lowest(reach)?;
        let reached = self.rows.iter().filter(|r| reach(r) >= 1.0).count();
        let note = format!(
            "means: ratio {:.2}, share {:.1} %; lowest {:.2} and {:.1} % at {}",
            self.mean(Row::ratio),
            100.0 * self.mean(read),
            lowest.ratio(),
            100.0 * read(lowest),
            lowest.name()
        );
        let figure = reached as f64 / self.rows.len() as f64;
        let what = "reach ratio 1.2 or 90 % of reading";
        Some(Line { group: self.group, what, bar: 1.0, figure, share: true, note })
    }

    /// The geometric mean of the figures.
    #[allow(clippy::disallowed_methods, reason = "a figure for people, on no path to promised bits")]
    fn mean(&self, figure: impl Fn(&Row) -> f64) -> f64 {
        (self.rows.iter().map(|r| figure(r).ln()).sum::<f64>() / self.rows.len() as f64).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::super::grid::{Case, Element, Layout};
    use super::super::row::{Peer, Read};
    use super::*;

    fn row(group: Group, shape: Shape, planish: f64, read: Option<Read>) -> Row {
        let case = Case { group, shape, layout: Layout::Nn, element: Element::F32 };
        let peers = vec![Peer { name: "gemm", rate: 80.0 }, Peer { name: "faer", rate: 100.0 }];
        Row { case, threads: 1, planish, peers, peak: 125.0, read }
    }

    #[test]
    fn means_and_the_worst() {
        let rows = [row(Group::Squares, CUBE, 200.0, None), row(Group::Squares, CUBE, 50.0, None)];
        let lines = lines(&rows, 1);
        let figures: Vec<(f64, bool)> = lines.iter().map(|l| (l.figure, l.met())).collect();
        let want = [(0.8, false), (1.0, false), (0.5, false)];
        assert_eq!(figures.len(), want.len());
        assert!(
            figures.iter().zip(want).all(|(x, y)| (x.0 - y.0).abs() < 1e-12 && x.1 == y.1),
            "{figures:?}"
        );
    }

    #[test]
    fn a_thin_product_may_reach_either_bar_and_a_gram_matrix_is_held_against_gemm() {
        let read = |rate| Some(Read { rate, limit: 10.0 });
        let thin =
            [row(Group::Thin, (1, 9, 9), 130.0, read(1.0)), row(Group::Thin, (1, 9, 9), 90.0, read(9.5))];
        assert!(lines(&thin, 1)[0].met());
        assert!(!lines(&[row(Group::Thin, (1, 9, 9), 110.0, read(8.0))], 1)[0].met());
        assert_eq!(lines(&[row(Group::Gram, (5, 99, 5), 160.0, None)], 1)[0].figure, 2.0);
    }
}
