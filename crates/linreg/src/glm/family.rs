//! The families: log-likelihood, its slope and its curvature, for a block of rows.

use planish_tensor::math::{exp, log1p, rows::log_softmax, sigmoid, softplus};
use planish_tensor::{Dd, Isa, reduce};
use serde::{Deserialize, Serialize};

/// The distribution of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Two classes: responses 0 and 1.
    Logistic,
    /// Several classes: responses 0, 1, … `classes` − 1.
    Multinomial {
        /// The number of classes, two or more.
        classes: usize,
    },
    /// Counts: responses from 0 on.
    Poisson,
}

impl Family {
    /// The number of linear predictors.
    pub fn predictors(self) -> usize {
        match self {
            Family::Logistic | Family::Poisson => 1,
            Family::Multinomial { classes } => classes - 1,
        }
    }

    /// The number of classes, if the response is one.
    pub fn classes(self) -> Option<usize> {
        match self {
            Family::Logistic => Some(2),
            Family::Multinomial { classes } => Some(classes),
            Family::Poisson => None,
        }
    }

    /// The family's name: `logistic`, `multinomial`, `poisson`.
    pub fn name(self) -> &'static str {
        match self {
            Family::Logistic => "logistic",
            Family::Multinomial { .. } => "multinomial",
            Family::Poisson => "poisson",
        }
    }
}

/// For each row of a block the slope of its log-likelihood by every η, and what its curvature needs.
pub(super) struct Slopes {
    isa: Isa,
    family: Family,
    /// wᵢ·∂lᵢ/∂ηₐ, an array a predictor.
    pub(super) slope: Vec<Vec<f64>>,
    /// The mean of each row by predictor: the probability of class a + 1, or the expected count.
    mean: Vec<Vec<f64>>,
    /// Of several classes one less each mean, with all its digits.
    rest: Vec<Vec<f64>>,
    weights: Vec<f64>,
    scratch: Vec<f64>,
}

impl Slopes {
    pub(super) fn new(isa: Isa, family: Family) -> Slopes {
        let heads = vec![Vec::new(); family.predictors()];
        let (slope, mean, rest) = (heads.clone(), heads.clone(), heads);
        Slopes { isa, family, slope, mean, rest, weights: Vec::new(), scratch: Vec::new() }
    }

    /// Takes a block's η (an array a predictor), responses and weights; returns −Σ wᵢlᵢ, for counts without the terms of y alone.
    pub(super) fn take(&mut self, eta: &[Vec<f64>], y: &[f64], weights: Option<&[f64]>) -> f64 {
        self.weights.clear();
        match weights {
            Some(w) => self.weights.extend_from_slice(w),
            None => self.weights.resize(y.len(), 1.0),
        }
        match self.family {
            Family::Logistic => self.logistic(&eta[0], y),
            Family::Poisson => self.poisson(&eta[0], y),
            Family::Multinomial { classes } => self.multinomial(eta, y, classes),
        }
        for slope in &mut self.slope {
            slope.iter_mut().zip(&self.weights).for_each(|(s, w)| *s *= w);
        }
        // A weight of zero takes a row away even where its loss is not finite.
        self.scratch
            .iter_mut()
            .zip(&self.weights)
            .for_each(|(l, w)| *l = if *w == 0.0 { 0.0 } else { *l * w });
        reduce::sum(self.isa, &self.scratch)
    }

    /// With s = −1 for y = 1 and 1 for y = 0: loss ln(1 + e^sη), slope −s·σ(sη); nothing cancels.
    fn logistic(&mut self, eta: &[f64], y: &[f64]) {
        let against = |to: &mut Vec<f64>| {
            to.clear();
            to.extend(eta.iter().zip(y).map(|(e, y)| if *y == 1.0 { -e } else { *e }));
        };
        against(&mut self.scratch);
        softplus(self.isa, &mut self.scratch);
        against(&mut self.slope[0]);
        sigmoid(self.isa, &mut self.slope[0]);
        self.slope[0].iter_mut().zip(y).for_each(|(s, y)| *s = if *y == 1.0 { *s } else { -*s });
        self.mean[0].clear();
        self.mean[0].extend_from_slice(eta);
        sigmoid(self.isa, &mut self.mean[0]);
    }

    fn poisson(&mut self, eta: &[f64], y: &[f64]) {
        let mean = &mut self.mean[0];
        mean.clear();
        mean.extend_from_slice(eta);
        exp(self.isa, mean);
        self.scratch.clear();
        self.scratch.extend(mean.iter().zip(eta).zip(y).map(|((m, e), y)| m - y * e));
        self.slope[0].clear();
        self.slope[0].extend(mean.iter().zip(y).map(|(m, y)| y - m));
    }

    /// Nothing cancels where a probability comes near one: one less it is the sum of the others, and the loss ln(1 + others/own).
    fn multinomial(&mut self, eta: &[Vec<f64>], y: &[f64], classes: usize) {
        let mut logs = vec![0.0; y.len() * classes];
        for (a, eta) in eta.iter().enumerate() {
            eta.iter().enumerate().for_each(|(i, e)| logs[i * classes + a + 1] = *e);
        }
        log_softmax(self.isa, classes, &mut logs);
        let own = |y: f64| (y as usize).min(classes - 1);
        self.scratch.clear();
        self.scratch.extend(y.iter().enumerate().map(|(i, y)| -logs[i * classes + own(*y)]));
        exp(self.isa, &mut logs);
        let p = |i: usize| &logs[i * classes..][..classes];
        let mut near: Vec<f64> =
            y.iter().enumerate().map(|(i, y)| one_less(p(i), own(*y)) / p(i)[own(*y)]).collect();
        log1p(self.isa, &mut near);
        // Not a number is not below one.
        self.scratch.iter_mut().zip(&near).filter(|(_, near)| **near < 1.0).for_each(|(l, near)| *l = *near);
        for a in 0..classes - 1 {
            self.mean[a].clear();
            self.mean[a].extend((0..y.len()).map(|i| p(i)[a + 1]));
            self.rest[a].clear();
            self.rest[a].extend((0..y.len()).map(|i| one_less(p(i), a + 1)));
            self.slope[a].clear();
            let sides = self.mean[a].iter().zip(&self.rest[a]).zip(y);
            self.slope[a].extend(sides.map(|((p, rest), y)| if *y as usize == a + 1 { *rest } else { -p }));
        }
    }

    /// Of each row the product of its curvature with a vector over the predictors.
    pub(super) fn times_curvature(&self, v: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let heads = v.len();
        let mut out = vec![vec![0.0; self.weights.len()]; heads];
        let mut values = Vec::new();
        for a in 0..heads {
            for b in 0..heads {
                self.curvature(a, b, &mut values);
                let products = values.iter().zip(&v[b]);
                out[a].iter_mut().zip(products).for_each(|(to, (c, v))| *to += c * v);
            }
        }
        out
    }

    /// Roots of the curvature of the rows that were taken, at their η: for each square that it is a sum of an array a predictor, so that wᵢ·cov(a, b) is
    /// Σₖ rootₖₐ·rootₖ_b. Small ones keep their digits, as products of probabilities of both sides.
    pub(super) fn roots(&self, eta: &[Vec<f64>]) -> Vec<Vec<Vec<f64>>> {
        let means = means(self.isa, self.family, eta);
        let root = |i: usize, c: f64| (self.weights[i] * c).sqrt();
        let rows = 0..self.weights.len();
        let Some(classes) = self.family.classes() else {
            return vec![vec![rows.map(|i| root(i, means[i])).collect()]];
        };
        if self.family == Family::Logistic {
            return vec![vec![rows.map(|i| root(i, means[2 * i]) * means[2 * i + 1].sqrt()).collect()]];
        }
        // Σₖ pₖ·(eₖ − p)(eₖ − p)ᵀ = diag p − p·pᵀ
        let of = |k: usize, a: usize, i: usize| {
            let p = &means[i * classes..][..classes];
            root(i, p[k]) * if a + 1 == k { one_less(p, k) } else { -p[a + 1] }
        };
        let column = |k: usize, a: usize| rows.clone().map(|i| of(k, a, i)).collect();
        (0..classes).map(|k| (0..classes - 1).map(|a| column(k, a)).collect()).collect()
    }

    /// out ← wᵢ·cov(a, b): what −∂²lᵢ/∂ηₐ∂η_b is, times the weight.
    pub(super) fn curvature(&self, a: usize, b: usize, out: &mut Vec<f64>) {
        out.clear();
        let (p, q) = (&self.mean[a], &self.mean[b]);
        match self.family {
            Family::Poisson => out.extend_from_slice(p),
            Family::Logistic => out.extend(p.iter().map(|p| p * (1.0 - p))),
            Family::Multinomial { .. } if a == b => {
                out.extend(p.iter().zip(&self.rest[a]).map(|(p, rest)| p * rest))
            }
            Family::Multinomial { .. } => out.extend(p.iter().zip(q).map(|(p, q)| -p * q)),
        }
        out.iter_mut().zip(&self.weights).for_each(|(v, w)| *v *= w);
    }
}

/// One less the probability of class k: the sum of the others where the difference would lose digits.
fn one_less(p: &[f64], k: usize) -> f64 {
    if p[k] <= 0.5 { 1.0 - p[k] } else { p[..k].iter().sum::<f64>() + p[k + 1..].iter().sum::<f64>() }
}

/// The means of rows from their η, a row's values beside each other: probabilities of all classes, or expected counts.
pub(super) fn means(isa: Isa, family: Family, eta: &[Vec<f64>]) -> Vec<f64> {
    match family {
        Family::Poisson => {
            let mut out = eta[0].clone();
            exp(isa, &mut out);
            out
        }
        Family::Logistic => {
            // Both from their own side, so that small ones keep their digits.
            let mut out: Vec<f64> = eta[0].iter().flat_map(|e| [-e, *e]).collect();
            sigmoid(isa, &mut out);
            out
        }
        Family::Multinomial { classes } => {
            let mut out = vec![0.0; eta[0].len() * classes];
            for (a, eta) in eta.iter().enumerate() {
                eta.iter().enumerate().for_each(|(i, e)| out[i * classes + a + 1] = *e);
            }
            log_softmax(isa, classes, &mut out);
            exp(isa, &mut out);
            out
        }
    }
}

/// Adds a block's value to a running sum.
pub(super) fn add(total: &mut Dd, value: f64) {
    *total = *total + Dd::from(value);
}
