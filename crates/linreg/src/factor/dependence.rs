//! Whether a term that elimination left next to nothing of depends on the terms before it, or nearly so.
//!
//! The triangle of `f64` numbers cannot tell: its own rounding leaves as much. So the combination is formed again from the rows, in double-double, and what
//! it does not explain is held against the rounding of the cells themselves: 2⁻⁵³ of a double's size, and half a unit of the last place of the term's decimals.
//! A term with more than that left is kept, and the triangle is made anew from products in double-double.
//!
//! Combinations with short numbers are tried first, since they are sparse and mostly hold; what they do not explain is refined by least squares.

use crate::error::{FitError, LinregError};
use crate::factor::alias::{self, Alias};
use crate::factor::fold::Folded;
use crate::factor::products::{Multiplier, Products};
use crate::factor::rank::Factor;
use crate::linalg::kernels::{Column, cross, residual, weigh};
use crate::linalg::powers::{pow2, scale_by, scale_dd};
use crate::rows::block::{BLOCK_ROWS, Block, BlockSource, read};
use crate::rows::digits::{Places, is_double};
use crate::rows::scaling::Scaling;
use planish_tensor::dd::{DdVec, dot};
use planish_tensor::{Dd, Isa};

/// The square of the part of its size that is the rounding of a double, four times for what computing it added.
const DOUBLE: f64 = pow2(-102);
/// The square of the part that is the rounding of double-double numbers.
const EXACT: f64 = pow2(-180);

/// A term as a combination of the kept terms before it, in scaled units.
struct Relation {
    term: usize,
    /// Of the intercept, if there is one, and of the kept terms before the term.
    coef: Vec<Dd>,
    /// Whether its numbers in the units of the data are short decimals.
    short: bool,
    seen: Seen,
}

/// What the rows say of a relation.
#[derive(Default)]
struct Seen {
    /// The sum of the squares that it does not explain.
    unexplained: f64,
    /// The squares of the sizes of its parts, of cells that are doubles.
    doubles: f64,
    /// Whether a cell is no double as it lies in memory.
    rests: bool,
    places: Places,
    rows: u64,
    /// The products of the columns with what is not explained.
    gradient: Vec<Dd>,
}

/// How rows are looked at.
#[derive(Clone, Copy, PartialEq)]
enum Look {
    /// All cells are taken for doubles.
    Quick,
    /// Every cell says its digits.
    Cells,
    /// Products for a correction.
    Gradient,
}

impl Relation {
    /// The relation of an aliased term with the short numbers that it is told with.
    fn told(scaling: &Scaling, factor: &Factor, alias: &Alias, at: usize) -> Relation {
        let (first, unit) = (factor.first, scaling.exponent(alias.term));
        let mut coef = vec![Dd::ZERO; at];
        let mut constant = decimal(alias.constant) - Dd::from(scaling.shift[alias.term]);
        for &(term, factor_of) in &alias.combination {
            let of = decimal(factor_of);
            constant = constant + of * Dd::from(scaling.shift[term]);
            if let Ok(k) = factor.kept.binary_search(&term) {
                coef[first + k] = scale_dd(of, scaling.exponent(term) - unit);
            }
        }
        if first == 1 {
            coef[0] = scale_dd(constant, -unit);
        }
        let numbers = alias.combination.iter().map(|(_, c)| *c).chain([alias.constant]);
        Relation { term: alias.term, coef, short: numbers.into_iter().all(is_short), seen: Seen::default() }
    }

    /// Whether the term depends on the others as far as these rows tell. `cells`: the digits of every cell were looked at.
    fn holds(&self, scaling: &Scaling, cells: bool) -> bool {
        let Seen { unexplained, doubles, rests, places, rows, .. } = &self.seen;
        let unit = scale_by(places.half_unit().unwrap_or(0.0), -scaling.exponent(self.term));
        let rounding = if cells {
            (DOUBLE * doubles).max(unit * unit * *rows as f64)
        } else if *rests {
            EXACT * doubles
        } else {
            DOUBLE * doubles
        };
        *unexplained <= rounding
    }

    /// Adds the rows of a block.
    fn add(&mut self, look: Look, view: &View<'_>, block: &Block, room: &mut Room) {
        let View { isa, scaling, factor } = *view;
        let (n, first) = (block.rows, factor.first);
        let terms: Vec<(Column<'_>, Dd)> = (first..self.coef.len())
            .filter(|&j| self.coef[j] != Dd::ZERO)
            .map(|j| (scaling.column(block, factor.kept[j - first]), self.coef[j]))
            .collect();
        let (columns, coef): (Vec<_>, Vec<_>) = terms.iter().copied().unzip();
        let own = scaling.column(block, self.term);
        let intercept = if first == 1 { self.coef[0] } else { Dd::ZERO };
        residual(isa, own, &columns, intercept, &coef, &mut room.r);
        if look == Look::Gradient {
            return self.add_gradient(view, block, room);
        }
        let used = |i: usize| block.weights.as_ref().is_none_or(|w| w[i] > 0.0);
        let seen = &mut self.seen;
        for i in (0..n).filter(|&i| used(i)) {
            let r = room.r.hi[i] + room.r.lo[i];
            seen.unexplained += r * r;
            seen.rows += 1;
            if look == Look::Cells {
                seen.places.add(cell(&own, i));
            }
            for (column, of) in std::iter::once((&own, 1.0)).chain(terms.iter().map(|(c, of)| (c, of.hi))) {
                let x = cell(column, i);
                seen.rests |= x.lo != 0.0;
                if look == Look::Quick || is_double(x) {
                    let part = x.hi * column.scale * of;
                    seen.doubles += part * part;
                }
            }
        }
    }

    /// Adds the products of the columns with what is not explained.
    fn add_gradient(&mut self, view: &View<'_>, block: &Block, room: &mut Room) {
        let View { isa, scaling, factor } = *view;
        let (n, first) = (block.rows, factor.first);
        self.seen.gradient.resize(self.coef.len(), Dd::ZERO);
        let wr = match &block.weights {
            None => room.r.first(n),
            Some(w) => {
                let root = scaling.root.scale();
                room.w.clear();
                room.w.extend(w[..n].iter().map(|w| w * root * root));
                weigh(isa, room.r.first(n), &room.w, &mut room.wr);
                room.wr.first(n)
            }
        };
        for (j, sum) in self.seen.gradient.iter_mut().enumerate() {
            let product = match j.checked_sub(first) {
                None => dot(isa, room.ones.first(n), wr),
                Some(k) => cross(isa, scaling.column(block, factor.kept[k]), wr),
            };
            *sum = *sum + product;
        }
    }

    /// Corrects the coefficients by what the rows left unexplained, and forgets the rows.
    fn correct(&mut self, isa: Isa, factor: &Factor) {
        let mut delta: Vec<f64> =
            std::mem::take(&mut self.seen).gradient.iter().map(|g| g.to_f64()).collect();
        factor.solve_transposed(isa, &mut delta);
        let n = delta.len();
        factor.solve_top(isa, &mut delta, n);
        self.coef.iter_mut().zip(&delta).for_each(|(c, d)| *c = *c + Dd::from(*d));
        self.short = false;
    }
}

/// What all relations share.
#[derive(Clone, Copy)]
struct View<'a> {
    isa: Isa,
    scaling: &'a Scaling,
    factor: &'a Factor,
}

struct Room {
    r: DdVec,
    wr: DdVec,
    w: Vec<f64>,
    ones: DdVec,
}

/// One pass over the rows.
fn pass<S: BlockSource>(
    view: &View<'_>,
    source: &mut S,
    look: Look,
    relations: &mut [&mut Relation],
) -> Result<(), FitError<S::Error>> {
    let zeros = || DdVec::zeros(BLOCK_ROWS);
    let mut room = Room { r: zeros(), wr: zeros(), w: Vec::new(), ones: zeros() };
    room.ones.hi.fill(1.0);
    relations.iter_mut().for_each(|r| r.seen = Seen::default());
    read(source, |block| {
        relations.iter_mut().for_each(|r| r.add(look, view, block, &mut room));
        Ok(())
    })
}

/// The factor once it is known which of its aliased terms depend on others, and whether it was made anew.
pub(crate) fn settle<S: BlockSource>(
    isa: Isa,
    source: &mut S,
    folded: &Folded,
    mut factor: Factor,
) -> Result<(Factor, bool), FitError<S::Error>> {
    if factor.aliased.is_empty() {
        return Ok((factor, false));
    }
    let scaling = &folded.scaling;
    let mut independent = Vec::new();
    let mut exact = vec![false; factor.aliased.len()];
    {
        let view = View { isa, scaling, factor: &factor };
        let told = alias::combinations(isa, scaling, &factor);
        let at = factor.eliminated.iter().map(|d| d.along.len());
        let mut relations: Vec<Relation> =
            told.iter().zip(at).map(|(alias, at)| Relation::told(scaling, &factor, alias, at)).collect();
        let mut open: Vec<usize> = (0..relations.len()).collect();
        for looks in [&[Look::Quick][..], &[Look::Cells], &[Look::Gradient, Look::Gradient, Look::Cells]] {
            for &look in looks {
                let mut some: Vec<&mut Relation> = relations
                    .iter_mut()
                    .enumerate()
                    .filter(|(i, _)| open.contains(i))
                    .map(|(_, r)| r)
                    .collect();
                pass(&view, source, look, &mut some)?;
                if look == Look::Gradient {
                    some.iter_mut().for_each(|r| r.correct(isa, &factor));
                }
            }
            let cells = looks.last() == Some(&Look::Cells);
            open.retain(|&i| {
                let holds = relations[i].holds(scaling, cells);
                exact[i] = holds && relations[i].short;
                !holds
            });
            if open.is_empty() {
                break;
            }
        }
        independent.extend(open.into_iter().map(|i| factor.aliased[i]));
    }
    factor.eliminated.iter_mut().zip(&exact).for_each(|(e, exact)| e.exact = *exact);
    if independent.is_empty() {
        return Ok((factor, false));
    }
    let mut multiplier = Multiplier::new();
    let mut products: Option<Products> = None;
    read(source, |block| {
        let of = multiplier.products(isa, scaling, block);
        match &mut products {
            Some(sum) => sum.add(&of),
            None => products = Some(of),
        }
        Ok(())
    })?;
    let products = products.ok_or(FitError::Linreg(LinregError::NoRows))?;
    Ok(anew(isa, folded, factor, &products, independent))
}

/// The same of rows that were seen once, by their products: all cells are taken for doubles.
pub(crate) fn settle_once(isa: Isa, folded: &Folded, factor: Factor, products: &Products) -> (Factor, bool) {
    let scaling = &folded.scaling;
    let told = alias::combinations(isa, scaling, &factor);
    let first = factor.first;
    // Σ x² in scaled units, about zero.
    let size = |term: usize| {
        let c = first + term;
        let offset = scaling.shift[term] * scaling.exponents[term].scale();
        let (sum, rows) = if first == 1 { (products.at(0, c).hi, products.at(0, 0).hi) } else { (0.0, 0.0) };
        products.at(c, c).hi + offset * (2.0 * sum + offset * rows)
    };
    let depends = |alias: &Alias| {
        let parts = alias.combination.iter().map(|&(term, of)| {
            let of = scale_by(of, scaling.exponent(term) - scaling.exponent(alias.term));
            of * of * size(term)
        });
        let doubles = size(alias.term) + parts.sum::<f64>();
        factor.unexplained(products, alias.term).is_none_or(|left| left <= DOUBLE * doubles)
    };
    let independent: Vec<usize> =
        told.iter().filter(|alias| !depends(alias)).map(|alias| alias.term).collect();
    if independent.is_empty() {
        return (factor, false);
    }
    anew(isa, folded, factor, products, independent)
}

/// The factor that keeps these terms too, as many of them as double-double numbers can tell apart.
fn anew(
    isa: Isa,
    folded: &Folded,
    factor: Factor,
    products: &Products,
    mut independent: Vec<usize>,
) -> (Factor, bool) {
    let kept = factor.kept.clone();
    while let Some(&last) = independent.last() {
        let mut all = [&kept[..], &independent].concat();
        all.sort_unstable();
        if let Some(anew) = factor.with(isa, folded, products, all) {
            return (anew, true);
        }
        independent.retain(|&term| term != last);
    }
    (factor, false)
}

/// A number of a column as it was read.
fn cell(column: &Column<'_>, i: usize) -> Dd {
    Dd { hi: column.values.hi[i], lo: column.values.lo[i] }
}

/// The decimal that a number is printed as.
fn decimal(x: f64) -> Dd {
    Dd::parse_decimal(&format!("{x:e}")).unwrap_or(Dd::from(x))
}

/// Whether a number has at most eight digits.
fn is_short(x: f64) -> bool {
    format!("{x:.7e}").parse() == Ok(x)
}
