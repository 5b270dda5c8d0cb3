//! Aliased terms: of which terms before them they are combinations, and the solution of least norm.
//!
//! An aliased column is X_kept·a + c. With R the factor of the kept columns and r what the reflections made of the aliased one,
//! a = R⁻¹r; parts of it that are nothing but rounding are left out, and a coefficient within rounding of a short decimal is taken to be that decimal. All solutions of the
//! least-squares problem are (β − A·z, z), one column of A an aliased term; the norm of the coefficients, the intercept aside, is least at
//! z = (I + AᵀA)⁻¹Aᵀβ, which is what the pseudo-inverse of the centred columns gives (Golub and Van Loan, "Matrix Computations", 5.5).

use crate::factor::rank::{Eliminated, Factor};
use crate::linalg::powers::scale_by;
use crate::linalg::upper::Upper;
use crate::rows::scaling::Scaling;
use planish_tensor::{Dd, Isa};
use serde::{Deserialize, Serialize};

/// What to do with terms that are combinations of terms before them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AliasedPolicy {
    /// Drop them: their coefficient is zero, as in R (which says NA).
    #[default]
    Drop,
    /// Refuse the data.
    Error,
    /// Keep them, and choose the coefficients of least norm, the intercept aside.
    MinNorm,
}

impl AliasedPolicy {
    /// Each with its name and a line about it.
    pub const CHOICES: &'static [(&'static str, AliasedPolicy, &'static str)] = &[
        ("drop", AliasedPolicy::Drop, "Their coefficient is zero"),
        ("error", AliasedPolicy::Error, "The table is refused"),
        ("min-norm", AliasedPolicy::MinNorm, "The coefficients of least norm"),
    ];
}

/// An aliased term and the combination of kept terms before it that it equals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alias {
    /// The term.
    pub term: usize,
    /// The constant part.
    pub constant: f64,
    /// Terms and their factors, in order, none of them zero.
    pub combination: Vec<(usize, f64)>,
    /// Whether these numbers hold in every row but for the rounding of its cells; else they are rounded themselves.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub exact: bool,
}

fn yes() -> bool {
    true
}

fn is_yes(exact: &bool) -> bool {
    *exact
}

/// A part of a combination below this share of the whole is rounding.
const ROUNDING: f64 = 1e-8;

/// The combinations of a factor's aliased terms, in the units of the data.
pub(crate) fn combinations(isa: Isa, scaling: &Scaling, factor: &Factor) -> Vec<Alias> {
    let parts = factor.aliased.iter().zip(&factor.eliminated);
    parts.map(|(&term, d)| combination(isa, scaling, factor, term, d)).collect()
}

fn combination(isa: Isa, scaling: &Scaling, factor: &Factor, term: usize, d: &Eliminated) -> Alias {
    let mut a = d.along.clone();
    factor.solve_top(isa, &mut a, d.along.len());
    let norms = factor.norms(isa);
    let first = factor.first;
    let largest = a.iter().zip(&norms).skip(first).map(|(a, n)| (a * n).abs()).fold(0.0, f64::max);
    let mut combination = Vec::new();
    let (mut constant, mut size) = (0.0, 0.0_f64);
    if first == 1 {
        constant = scaling.shift[term] + scale_by(a[0], scaling.exponent(term));
        size = scaling.shift[term].abs();
    }
    for j in first..a.len() {
        let kept = factor.kept[j - first];
        if d.constant || (a[j] * norms[j]).abs() <= ROUNDING * largest {
            continue;
        }
        let coef = scale_by(a[j], scaling.exponent(term) - scaling.exponent(kept));
        constant -= coef * scaling.shift[kept];
        size = size.max((coef * scaling.shift[kept]).abs()).max(scale_by(a[j].abs(), scaling.exponent(term)));
        combination.push((kept, rounded(coef)));
    }
    Alias {
        term,
        constant: if constant.abs() <= ROUNDING * size { 0.0 } else { rounded(constant) },
        combination,
        exact: d.exact,
    }
}

/// The decimal of eight digits within rounding of this number, if there is one: coefficients of combinations are mostly short.
fn rounded(x: f64) -> f64 {
    let short = format!("{x:.7e}").parse().unwrap_or(x);
    if (short - x).abs() <= 1e-12 * x.abs() { short } else { x }
}

/// From the coefficients of the kept terms to the coefficients of least norm of all terms: γ = P·β.
pub(crate) struct MinNorm {
    /// The rows of P, one for each term, over the kept terms.
    rows: Vec<Vec<Dd>>,
    /// The constants of the aliased terms, zero for kept ones.
    constants: Vec<f64>,
}

impl MinNorm {
    /// `None` without aliased terms.
    pub(crate) fn new(terms: usize, kept: &[usize], aliases: &[Alias]) -> Option<MinNorm> {
        if aliases.is_empty() {
            return None;
        }
        let (m, q) = (kept.len(), aliases.len());
        let mut a = vec![vec![Dd::ZERO; m]; q];
        let mut constants = vec![0.0; terms];
        for (row, alias) in a.iter_mut().zip(aliases) {
            constants[alias.term] = alias.constant;
            for &(term, c) in &alias.combination {
                row[kept.binary_search(&term).ok()?] = Dd::from(c);
            }
        }
        let gram = |i: usize, j: usize| {
            crate::linalg::upper::inner(&a[i], &a[j]) + if i == j { Dd::ONE } else { Dd::ZERO }
        };
        let u = Upper::cholesky(q, gram)?;
        let mut rows = vec![vec![Dd::ZERO; m]; terms];
        for k in 0..m {
            let mut z: Vec<Dd> = a.iter().map(|row| row[k]).collect();
            u.solve_transposed(&mut z);
            u.solve(&mut z);
            aliases.iter().zip(&z).for_each(|(alias, z)| rows[alias.term][k] = *z);
            for (i, &term) in kept.iter().enumerate() {
                let part = (0..q).fold(Dd::ZERO, |s, l| s + a[l][i] * z[l]);
                rows[term][k] = if i == k { Dd::ONE - part } else { -part };
            }
        }
        Some(MinNorm { rows, constants })
    }

    /// The row of P of a term.
    pub(crate) fn row(&self, term: usize) -> &[Dd] {
        &self.rows[term]
    }

    /// The row of P for the intercept, which loses the constants of the aliased terms.
    pub(crate) fn intercept(&self) -> Vec<Dd> {
        let m = self.rows.first().map_or(0, Vec::len);
        let part = |k: usize| {
            self.constants.iter().zip(&self.rows).fold(Dd::ZERO, |s, (c, row)| s - Dd::from(*c) * row[k])
        };
        (0..m).map(part).collect()
    }
}
