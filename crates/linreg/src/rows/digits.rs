//! How exactly a cell says its number: as a double, or as a decimal of its own digits.

use planish_tensor::Dd;

/// Whether the number is a double, or a decimal that is written for one: the shortest that is read as that double.
pub(crate) fn is_double(x: Dd) -> bool {
    x.lo == 0.0
        || Dd::parse_decimal(&format!("{:e}", x.hi)).is_some_and(|shortest| {
            shortest.hi == x.hi && (shortest.lo - x.lo).abs() <= f64::EPSILON * f64::EPSILON * x.hi.abs()
        })
}

/// Decimals with more places than these are doubles written out.
const MOST_PLACES: i32 = 20;

/// The most places after the point of some decimals.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    most: i32,
    /// Whether some number has no end.
    endless: bool,
    any: bool,
}

impl Places {
    /// Looks at one more number.
    pub(crate) fn add(&mut self, x: Dd) {
        self.any = true;
        while !self.endless && !ends(x, self.most) {
            self.most += 1;
            self.endless = self.most > MOST_PLACES;
        }
    }

    /// Half a unit of the last place; none where a number has no end.
    pub(crate) fn half_unit(&self) -> Option<f64> {
        (self.any && !self.endless).then(|| 0.5 / power_of_ten(self.most))
    }
}

/// A power of ten, exact up to 10²².
fn power_of_ten(places: i32) -> f64 {
    (0..places).fold(1.0, |power, _| power * 10.0)
}

/// Whether a number is whole when it is multiplied by ten so often.
fn ends(x: Dd, places: i32) -> bool {
    let shifted = x * Dd::from(power_of_ten(places));
    let whole = Dd::from(shifted.hi.round());
    let rest = shifted - whole;
    let rest = rest - Dd::from(rest.hi.round());
    rest.to_f64().abs() <= 1e-29 * shifted.hi.abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_of_more_digits_than_a_double_is_none() {
        let double = |text| is_double(Dd::parse_decimal(text).unwrap());
        assert!(double("0.1") && double("0.30000000000000004") && double("17"));
        assert!(!double("100000000000000.001") && !double("0.3000000000000000401"));
        assert!(is_double(Dd::from(0.1)));
    }

    #[test]
    fn decimals_have_the_places_that_are_written() {
        let half_unit = |texts: &[&str]| {
            let mut places = Places::default();
            texts.iter().for_each(|text| places.add(Dd::parse_decimal(text).unwrap()));
            places.half_unit()
        };
        assert_eq!(half_unit(&["1", "25", "-3e5"]), Some(0.5));
        assert_eq!(half_unit(&["2", "1.00000000001"]), Some(0.5 / 1e11));
        assert_eq!(half_unit(&["100000000000000.001"]), Some(0.5 / 1e3));
        assert_eq!(half_unit(&[]), None);
        let mut endless = Places::default();
        endless.add(Dd::from(0.1));
        assert_eq!(endless.half_unit(), None);
    }
}
