//! What is formed from the columns of a linear model: powers of a number, products of two columns.
//!
//! The names are R's without its `I()`: `x^2`, `a:b`, `city[Kiel]:x`; of two categories the levels of the first vary fastest.

use crate::error::TabularError;
use planish_tensor::Dd;
use planish_tensor::dd::DdVec;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Powers and products.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Formula {
    /// A number column and its highest power: x, x² … stand in its place.
    pub powers: Vec<(String, u32)>,
    /// Two columns whose products are terms of their own: of categories the products of their dummies.
    pub interactions: Vec<(String, String)>,
}

/// The highest power of a column.
const MAX_DEGREE: u32 = 64;

impl Formula {
    /// Whether this can be a column's highest power.
    pub(crate) fn allows(degree: u32) -> bool {
        (1..=MAX_DEGREE).contains(&degree)
    }

    /// The highest power of this column.
    pub(crate) fn degree(&self, column: &str) -> u32 {
        self.powers.iter().find(|(name, _)| name == column).map_or(1, |(_, degree)| *degree)
    }

    /// Whether the columns are features, of the right kind; `number` says whether a feature holds numbers.
    pub(crate) fn check(&self, number: impl Fn(&str) -> Option<bool>) -> Result<(), TabularError> {
        let feature = |column: &String| {
            number(column).ok_or_else(|| TabularError::NoFeature { column: column.clone() })
        };
        for (i, (column, degree)) in self.powers.iter().enumerate() {
            if !feature(column)? {
                let (line, found) = (0, String::new());
                return Err(TabularError::WrongKind {
                    column: column.clone(),
                    expected: "numbers",
                    line,
                    found,
                });
            }
            let twice = self.powers[..i].iter().any(|(other, _)| other == column);
            if twice || !Formula::allows(*degree) {
                let why = if twice {
                    "it has two of them".to_owned()
                } else {
                    format!("{degree} is not between 1 and {MAX_DEGREE}")
                };
                return Err(TabularError::Degree { column: column.clone(), why });
            }
        }
        for (i, (a, b)) in self.interactions.iter().enumerate() {
            feature(a)?;
            feature(b)?;
            let same = |(c, d): &(String, String)| (c, d) == (a, b) || (d, c) == (a, b);
            if a == b || self.interactions[..i].iter().any(same) {
                return Err(TabularError::Interaction { a: a.clone(), b: b.clone() });
            }
        }
        Ok(())
    }
}

/// The number at this place.
pub(crate) fn at(column: &DdVec, place: usize) -> Dd {
    Dd { hi: column.hi[place], lo: column.lo[place] }
}

/// Writes a number to this place.
pub(crate) fn put(column: &mut DdVec, place: usize, x: Dd) {
    (column.hi[place], column.lo[place]) = (x.hi, x.lo);
}

/// Writes the products of the columns of each pair to the columns from `to` on, at these places.
pub(crate) fn products(
    pairs: &[[Range<usize>; 2]],
    places: Range<usize>,
    mut to: usize,
    terms: &mut [DdVec],
) {
    for [a, b] in pairs {
        for j in b.clone() {
            for i in a.clone() {
                let (factors, products) = terms.split_at_mut(to);
                for place in places.clone() {
                    put(&mut products[0], place, at(&factors[i], place) * at(&factors[j], place));
                }
                to += 1;
            }
        }
    }
}
