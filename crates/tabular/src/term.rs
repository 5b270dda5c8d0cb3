//! The terms of a linear model: what each is made of, and its name.
//!
//! Terms are equal if they are the same function of the same columns, in whatever model they stand. A name is unique within its model: a column
//! has its own, and what is formed of columns steps aside, `(x)^2` where a column is called `x^2`.

use std::collections::HashSet;

/// A number made of one column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Factor {
    /// A power of the column's numbers.
    Power {
        /// The column.
        column: String,
        /// The power, from 1.
        degree: u32,
    },
    /// One where the column has no value.
    Missing {
        /// The column.
        column: String,
    },
    /// One where the column, or what recurs in its dates, is at this level.
    Level {
        /// The column.
        column: String,
        /// The level.
        level: String,
    },
}

/// A term: a factor, or the product of two.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Term {
    first: Factor,
    second: Option<Factor>,
}

impl Factor {
    /// The column that it is made of.
    pub fn column(&self) -> &str {
        match self {
            Factor::Power { column, .. } | Factor::Missing { column } | Factor::Level { column, .. } => {
                column
            }
        }
    }

    /// The name, with the column's name in so many parentheses.
    fn name(&self, depth: usize) -> String {
        let column = format!("{}{}{}", "(".repeat(depth), self.column(), ")".repeat(depth));
        match self {
            Factor::Power { degree: 1, .. } => column,
            Factor::Power { degree, .. } => format!("{column}^{degree}"),
            Factor::Missing { .. } => format!("{column}[missing]"),
            Factor::Level { level, .. } => format!("{column}[{level}]"),
        }
    }
}

impl From<Factor> for Term {
    fn from(factor: Factor) -> Term {
        Term { first: factor, second: None }
    }
}

impl Term {
    pub(crate) fn product(a: &Factor, b: &Factor) -> Term {
        Term { first: a.clone(), second: Some(b.clone()) }
    }

    /// Its factors.
    pub fn factors(&self) -> impl Iterator<Item = &Factor> {
        std::iter::once(&self.first).chain(&self.second)
    }

    /// Whether it is a column as it stands in the table.
    fn is_column(&self) -> bool {
        matches!(self, Term { first: Factor::Power { degree: 1, .. }, second: None })
    }

    fn name(&self, depth: usize) -> String {
        let names: Vec<String> = self.factors().map(|factor| factor.name(depth)).collect();
        names.join(":")
    }
}

/// The names of terms: none is that of another, and only a column itself has a name that a column has.
pub(crate) fn names<'c>(terms: &[Term], columns: impl Iterator<Item = &'c str>) -> Vec<String> {
    let mut taken: HashSet<String> = columns.map(str::to_owned).collect();
    let name = |term: &Term| match term.is_column() {
        true => term.name(0),
        // There are fewer names taken than there are depths.
        false => {
            (0..).map(|depth| term.name(depth)).find(|name| taken.insert(name.clone())).unwrap_or_default()
        }
    };
    terms.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_formed_of_columns_steps_aside_for_a_column_and_for_what_was_formed_before() {
        let power = |column: &str, degree| Factor::Power { column: column.to_owned(), degree };
        let level =
            |column: &str, level: &str| Factor::Level { column: column.to_owned(), level: level.to_owned() };
        let columns = ["x", "x^2", "(x)^2", "a", "a:b", "b:a", "b"];
        let mut terms: Vec<Term> = columns.iter().map(|c| power(c, 1).into()).collect();
        terms.extend([power("x", 2), level("g", "u"), power("x", 3)].map(Term::from));
        terms.push(Term::product(&power("a", 1), &power("b:a", 1)));
        terms.push(Term::product(&power("a:b", 1), &power("a", 1)));
        terms.push(Term::product(&power("a", 1), &power("b", 1)));
        let found = names(&terms, columns.into_iter().chain(["g[u]"]));
        assert_eq!(found[..7], columns);
        assert_eq!(found[7..], ["((x))^2", "(g)[u]", "x^3", "a:b:a", "(a:b):(a)", "(a):(b)"]);
    }
}
