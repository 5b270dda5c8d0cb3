//! One direction of a chart: the range that it shows, its place in the picture and the ticks at round numbers.

use crate::text::{power_of_ten, tick, width};

/// An axis: its name and the numbers that it shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Axis {
    pub(crate) label: String,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Axis {
    /// From one number to another.
    pub(crate) fn new(label: &str, low: f64, high: f64) -> Axis {
        Axis { label: label.to_owned(), low, high }
    }

    /// Around these values, with some air on both sides; what is not finite does not count.
    pub(crate) fn around(label: &str, values: impl Iterator<Item = f64>) -> Axis {
        let finite = values.filter(|v| v.is_finite() && v.abs() < 1e300);
        let (low, high) =
            finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        if low > high {
            return Axis::new(label, 0.0, 1.0);
        }
        let air = match high - low {
            0.0 => (0.05 * low.abs()).max(1e-3),
            width => 0.04 * width,
        };
        Axis::new(label, low - air, high + air)
    }

    /// The share of the way from the low to the high end.
    pub(crate) fn share(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// Ticks at multiples of 1, 2 or 5 times a power of ten, about `wanted` of them, with their texts.
    pub(crate) fn ticks(&self, wanted: usize) -> Vec<(f64, String)> {
        let rough = (self.high - self.low) / wanted.max(1) as f64;
        let power = exponent(rough);
        // The multiple whose ratio to the rough step is nearest to one: bounds are √2, √10 and √50.
        let multiple = match rough / power_of_ten(power) {
            m if m < 1.414 => 1.0,
            m if m < 3.162 => 2.0,
            m if m < 7.071 => 5.0,
            _ => 10.0,
        };
        let step = multiple * power_of_ten(power);
        let first = (self.low / step - 1e-9).ceil();
        let count = (self.high / step + 1e-9).floor() - first;
        if !count.is_finite() || !(0.0..100.0).contains(&count) {
            return Vec::new();
        }
        let values: Vec<f64> = (0..=count as usize).map(|i| (first + i as f64) * step).collect();
        // All of an axis in one unit.
        let largest = values.iter().fold(step, |m, v| v.abs().max(m));
        values.into_iter().map(|v| (v, tick_in_unit(v, step, largest))).collect()
    }

    /// As many ticks, about `wanted` at most, as have room beside each other on an axis of this length.
    pub(crate) fn ticks_with_room(&self, wanted: usize, length: f64) -> Vec<(f64, String)> {
        let has_room = |ticks: &Vec<(f64, String)>| {
            let [(a, _), (b, _), ..] = &ticks[..] else { return true };
            let widest = ticks.iter().map(|t| width(&t.1)).fold(0.0, f64::max);
            widest + GAP <= length * (self.share(*b) - self.share(*a))
        };
        (1..=wanted).rev().map(|n| self.ticks(n)).find(has_room).unwrap_or_default()
    }
}

/// The least distance of two texts beside each other.
const GAP: f64 = 5.0;

/// A tick in the unit (none, `k` or `M`) that suits the largest of its axis.
fn tick_in_unit(value: f64, step: f64, largest: f64) -> String {
    let unit = match largest {
        a if (1e6..1e9).contains(&a) => 1e6,
        a if (1e4..1e6).contains(&a) => 1e3,
        _ => return tick(value, step),
    };
    let text = tick(value / unit, step / unit);
    let suffix = if unit == 1e6 { "M" } else { "k" };
    if text == "0" { text } else { text + suffix }
}

/// The power of ten that is not above a positive number.
fn exponent(x: f64) -> i32 {
    format!("{x:e}").split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(low: f64, high: f64) -> String {
        let ticks = Axis::new("", low, high).ticks(5);
        ticks.into_iter().map(|t| t.1).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_round_and_in_one_unit() {
        assert_eq!(texts(-0.1, 1.05), "0 0.2 0.4 0.6 0.8 1.0");
        assert_eq!(texts(0.0, 1.0), "0 0.2 0.4 0.6 0.8 1.0");
        assert_eq!(texts(-2e4, 5.1e5), "0 100k 200k 300k 400k 500k");
        assert_eq!(texts(-1200.0, 9100.0), "0 2000 4000 6000 8000");
        assert_eq!(texts(900_000.0, 1_900_000.0), "1.0M 1.2M 1.4M 1.6M 1.8M");
        assert_eq!(texts(1e-9, 5e-9), "1e−9 2e−9 3e−9 4e−9 5e−9");
    }

    #[test]
    fn ticks_beside_each_other_have_room_for_their_texts() {
        for (low, high) in [(-0.1, 1.05), (-1e-7, 1e-7), (123_456.0, 123_460.0), (0.0, 9e5), (1.0, 1.00002)] {
            let axis = Axis::new("", low, high);
            let few = axis.ticks_with_room(6, 120.0);
            assert!(few.len() <= axis.ticks_with_room(6, 400.0).len(), "{low} {high}");
            let all = few.iter().map(|t| width(&t.1) + GAP).sum::<f64>();
            assert!(few.len() < 2 || all <= 120.0 + GAP + width(&few[0].1), "{few:?}");
        }
        assert_eq!(Axis::new("", 0.0, 1.0).ticks_with_room(6, 400.0).len(), 6);
    }

    #[test]
    fn an_axis_has_room_around_its_values_even_around_one() {
        let axis = Axis::around("", [1.0, f64::NAN, 3.0, f64::INFINITY].into_iter());
        assert!((axis.low - 0.92).abs() < 1e-12 && (axis.high - 3.08).abs() < 1e-12);
        let one = Axis::around("", [7.0].into_iter());
        assert!(one.low < 7.0 && one.high > 7.0 && !one.ticks(5).is_empty());
        assert_eq!(Axis::around("", std::iter::empty()), Axis::new("", 0.0, 1.0));
        assert!((one.share(7.0) - 0.5).abs() < 1e-12);
        assert!(Axis::around("", [-1e305, 1e305].into_iter()).ticks(5).len() < 10);
    }
}
