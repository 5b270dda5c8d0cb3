//! The figures against the bars.

use serde_json::{Value, json};

/// What a figure has to be.
#[derive(Clone, Copy)]
pub enum Limit {
    AtLeast(f64),
    AtMost(f64),
}

/// A bar and the figure that is held against it.
pub struct Bar {
    /// What was measured.
    pub work: String,
    /// Which figure.
    pub what: String,
    /// The bar.
    pub limit: Limit,
    /// The figure.
    pub figure: f64,
}

impl Bar {
    fn met(&self) -> bool {
        match self.limit {
            Limit::AtLeast(bar) => self.figure >= bar,
            Limit::AtMost(bar) => self.figure <= bar,
        }
    }

    fn bar(&self) -> (&'static str, f64) {
        match self.limit {
            Limit::AtLeast(bar) => (">=", bar),
            Limit::AtMost(bar) => ("<=", bar),
        }
    }

    /// How far the figure is from the bar, on either side, as a part of the bar.
    fn short(&self) -> f64 {
        let (_, bar) = self.bar();
        (self.figure - bar).abs() / bar
    }

    /// Everything.
    pub fn json(&self) -> Value {
        let (sign, bar) = self.bar();
        json!({ "work": self.work, "what": self.what, "sign": sign, "bar": bar, "figure": self.figure, "met": self.met() })
    }
}

/// Prints the bars; nothing without any.
pub fn print(bars: &[Bar], threads: usize) {
    if bars.is_empty() {
        return;
    }
    println!("\nbars, {threads} thread(s)");
    for bar in bars {
        let (sign, limit) = bar.bar();
        let met =
            if bar.met() { "met".to_owned() } else { format!("missed by {:.1} %", 100.0 * bar.short()) };
        println!("{:28} {:24} {:>9.3}   bar {sign} {limit:<6}  {met}", bar.work, bar.what, bar.figure);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_met_from_its_own_side() {
        let met = |limit, figure| Bar { work: String::new(), what: String::new(), limit, figure }.met();
        assert!(met(Limit::AtLeast(2.0), 2.0) && !met(Limit::AtLeast(2.0), 1.9));
        assert!(met(Limit::AtMost(2.0), 2.0) && !met(Limit::AtMost(2.0), 2.1));
        assert!(!met(Limit::AtLeast(2.0), f64::NAN));
        let short = |limit, figure| Bar { work: String::new(), what: String::new(), limit, figure }.short();
        assert_eq!((short(Limit::AtLeast(2.0), 1.5), short(Limit::AtMost(2.0), 3.0)), (0.25, 0.5));
    }
}
