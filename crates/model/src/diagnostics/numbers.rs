//! The errors of predictions of numbers: residuals with their quantiles, and of least squares the leverages and Cook's distances.
//!
//! A residual is y − ŷ, of a weighted fit times the root of the row's weight; rows of weight zero are left out. Whether the rows are those
//! that the model was fitted to shows by their number, their residual sum of squares and the sum of their leverages, which is then the
//! number of parameters. For other rows leverages mean how far a row lies outside, and residuals are studentized as those of new rows.

use super::smooth::binned_medians;
use crate::error::ModelError;
use crate::model::Model;
use crate::predict::evaluate::ScoredBlock;
use crate::predict::predictions::{Encoded, Predictions};
use crate::row_checks;
use planish_linreg::FittedLinearRegression;
use planish_linreg::summary::distributions::normal_quantile;
use planish_linreg::summary::{Largest, Leverage, cook_times_variance, quantile};
use planish_tabular::Label;
use planish_tensor::Thinned;
use serde::Serialize;

/// Rows kept for quantiles and medians.
const KEPT: usize = 1 << 18;
/// Points of a scatter plot, about; rows that stand out come to them.
const PLOTTED: usize = 3000;
/// Points of a Q-Q plot at each end that are all shown, and those between them.
const TAIL: usize = 200;
const MIDDLE: usize = 600;
/// The largest difference, as a part, of sums over the same rows.
const SAME_ROWS: f64 = 1e-6;
/// The shares of the quantiles.
const SHARES: [f64; 9] = [0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0];

/// A row of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RowPoint {
    /// The row, from 1, among those with a target.
    pub row: u64,
    /// Its line in the file; 0 if there is none.
    pub line: u64,
    /// The target.
    pub actual: f64,
    /// The prediction.
    pub predicted: f64,
    /// y − ŷ, of a weighted fit times the root of the weight.
    pub residual: f64,
    /// The studentized residual, of least squares.
    pub studentized: Option<f64>,
    /// The leverage, of least squares.
    pub leverage: Option<f64>,
    /// Cook's distance, of a row that was fitted.
    pub cook: Option<f64>,
}

/// A point of a Q-Q plot.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct QuantilePoint {
    /// The quantile of the standard normal distribution at (i − ½)/n.
    pub normal: f64,
    /// The i-th smallest value.
    pub value: f64,
    /// Its row.
    pub row: u64,
}

/// Of which rows leverages are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InfluenceOf {
    /// Of those that the model was fitted to.
    FittedRows,
    /// Of others.
    NewRows,
}

/// What was found of predictions of numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NumberDiagnostics {
    /// Rows with a target, and a weight above zero.
    pub rows: u64,
    /// Quantiles and medians are of every so manieth row: 1 if of all.
    pub every: u64,
    /// Whether there are leverages, and of which rows; none but for least squares that keeps what inference needs.
    pub influence: Option<InfluenceOf>,
    /// Rows to plot, in order: all, or a part at even steps with those that stand out.
    pub points: Vec<RowPoint>,
    /// Medians of the residual along the prediction.
    pub residual_line: Vec<[f64; 2]>,
    /// Medians of √|studentized residual| along the prediction; empty without leverages.
    pub scale_line: Vec<[f64; 2]>,
    /// Studentized residuals, or without leverages residuals, against the normal distribution.
    pub normal: Vec<QuantilePoint>,
    /// Slope and intercept of the line through the quartiles of these.
    pub normal_line: [f64; 2],
    /// Quantiles of y − ŷ: shares and values.
    pub residual_quantiles: Vec<[f64; 2]>,
    /// Quantiles of |y − ŷ|: shares and values.
    pub absolute_quantiles: Vec<[f64; 2]>,
    /// The rows that stand out most: by Cook's distance, else by the studentized residual, else by the residual.
    pub outstanding: Vec<RowPoint>,
}

/// A row as it is kept.
#[derive(Clone, Copy)]
struct Row {
    row: f64,
    line: f64,
    actual: f64,
    predicted: f64,
    /// The root of the weight.
    root: f64,
    leverage: Leverage,
}

impl Row {
    const WIDTH: usize = 7;

    fn to_numbers(self) -> [f64; Row::WIDTH] {
        let Leverage { value, rest } = self.leverage;
        [self.row, self.line, self.actual, self.predicted, self.root, value, rest]
    }

    fn from_numbers(n: &[f64]) -> Row {
        let leverage = Leverage { value: n[5], rest: n[6] };
        Row { row: n[0], line: n[1], actual: n[2], predicted: n[3], root: n[4], leverage }
    }

    fn error(&self) -> f64 {
        self.actual - self.predicted
    }

    fn residual(&self) -> f64 {
        self.root * self.error()
    }
}

/// Gathers the rows.
pub(super) struct NumberRows<'a> {
    fit: Option<&'a FittedLinearRegression>,
    weights: Option<&'a str>,
    kept: Thinned,
    /// By residual, by leverage, by Cook's distance, by studentized residual.
    largest: [Largest<Row>; 4],
    /// The least and the largest y − ŷ.
    range: [f64; 2],
    /// Rows with a target, and those that count.
    with_target: u64,
    rows: u64,
    rss: f64,
    leverage: f64,
}

impl<'a> NumberRows<'a> {
    pub(super) fn new(model: &'a Model, weights: Option<&'a str>) -> NumberRows<'a> {
        let fit = model.least_squares().filter(|fit| fit.inference.is_some());
        NumberRows {
            fit,
            weights,
            kept: Thinned::new(Row::WIDTH, KEPT),
            largest: Default::default(),
            range: [f64::INFINITY, f64::NEG_INFINITY],
            with_target: 0,
            rows: 0,
            rss: 0.0,
            leverage: 0.0,
        }
    }

    pub(super) fn push(&mut self, block: &ScoredBlock<'_>) -> Result<(), ModelError> {
        let Predictions::Numbers(predicted) = block.predictions else { return Ok(()) };
        let weights = self.weights(block)?;
        let leverages = self.leverages(block, &weights)?;
        for (i, label) in block.labels.iter().enumerate() {
            let Some(Label::Number(y)) = label else { continue };
            self.with_target += 1;
            if weights[i] > 0.0 {
                self.push_row(Row {
                    row: self.with_target as f64,
                    line: block.table.line(i) as f64,
                    actual: y.to_f64(),
                    predicted: predicted[i],
                    root: weights[i].sqrt(),
                    leverage: leverages.get(i).copied().unwrap_or(Leverage { value: 0.0, rest: 1.0 }),
                });
            }
        }
        Ok(())
    }

    /// The weights of the block's rows: one, or what the column says of those with a target.
    fn weights(&self, block: &ScoredBlock<'_>) -> Result<Vec<f64>, ModelError> {
        let weight = |(row, label): (usize, &Option<Label>)| match self.weights.filter(|_| label.is_some()) {
            Some(column) => row_checks::weight(block.table, row, column),
            None => Ok(1.0),
        };
        block.labels.iter().enumerate().map(weight).collect()
    }

    /// The leverages of the block's rows; empty if there are none.
    fn leverages(&self, block: &ScoredBlock<'_>, weights: &[f64]) -> Result<Vec<Leverage>, ModelError> {
        let (Some(fit), Encoded::Terms(terms)) = (self.fit, block.encoded) else { return Ok(Vec::new()) };
        let columns: Vec<_> = terms.iter().map(|t| t.first(block.labels.len())).collect();
        Ok(fit.leverages(&columns, Some(weights))?)
    }

    fn push_row(&mut self, row: Row) {
        self.rows += 1;
        let e = row.residual();
        self.rss += e * e;
        self.leverage += row.leverage.value;
        self.range = [self.range[0].min(row.error()), self.range[1].max(row.error())];
        let [residual, leverage, cook, studentized] = &mut self.largest;
        residual.push(e.abs(), row);
        if self.fit.is_some() {
            leverage.push(row.leverage.value, row);
            if let Some(distance) = cook_times_variance(e, row.leverage) {
                cook.push(distance, row);
                studentized.push(e.abs() / row.leverage.rest.sqrt(), row);
            }
        }
        self.kept.push(row.to_numbers().into_iter());
    }

    fn influence(&self) -> Option<InfluenceOf> {
        let fit = self.fit?;
        let (r, rank) = (&fit.responses[0], fit.rank() as f64);
        let same = self.rows == fit.rows
            && (self.rss - r.rss).abs() <= SAME_ROWS * r.rss + SAME_ROWS * SAME_ROWS * r.tss
            && (self.leverage - rank).abs() <= SAME_ROWS * rank;
        Some(if same { InfluenceOf::FittedRows } else { InfluenceOf::NewRows })
    }

    fn point(&self, row: &Row, influence: Option<InfluenceOf>) -> RowPoint {
        let (e, h) = (row.residual(), row.leverage);
        let fit = self.fit.zip(influence);
        RowPoint {
            row: row.row as u64,
            line: row.line as u64,
            actual: row.actual,
            predicted: row.predicted,
            residual: e,
            studentized: fit.and_then(|(f, of)| f.studentized(0, e, h, of == InfluenceOf::FittedRows)),
            leverage: fit.map(|_| h.value),
            cook: fit.filter(|f| f.1 == InfluenceOf::FittedRows).and_then(|(f, _)| f.cook(0, e, h)),
        }
    }

    pub(super) fn finish(self) -> NumberDiagnostics {
        let influence = self.influence();
        let kept: Vec<Row> = self.kept.rows().map(Row::from_numbers).collect();
        let all: Vec<RowPoint> = kept.iter().map(|row| self.point(row, influence)).collect();
        let along = |y: fn(&RowPoint) -> Option<f64>| {
            binned_medians(all.iter().filter_map(|p| Some([p.predicted, y(p)?])).collect())
        };
        let (normal, normal_line) = against_normal(&all, influence.is_some());
        let errors = sorted(kept.iter().map(Row::error));
        let absolute = sorted(kept.iter().map(|r| r.error().abs()));
        let largest_error = self.range[1].max(-self.range[0]);
        let by = match influence {
            Some(InfluenceOf::FittedRows) => 2,
            Some(InfluenceOf::NewRows) | None => 0,
        };
        NumberDiagnostics {
            rows: self.rows,
            every: self.kept.every(),
            influence,
            points: self.plotted(&all, influence),
            residual_line: along(|p| Some(p.residual)),
            scale_line: along(|p| p.studentized.map(|r| r.abs().sqrt())),
            normal,
            normal_line,
            residual_quantiles: quantiles(&errors, self.range),
            absolute_quantiles: quantiles(
                &absolute,
                [absolute.first().copied().unwrap_or(0.0), largest_error],
            ),
            outstanding: self.largest[by].iter().map(|(_, row)| self.point(row, influence)).collect(),
        }
    }

    /// Points at even steps, and the rows that stand out.
    fn plotted(&self, all: &[RowPoint], influence: Option<InfluenceOf>) -> Vec<RowPoint> {
        let step = all.len().div_ceil(PLOTTED).max(1);
        let extremes = self.largest.iter().flat_map(Largest::iter).map(|(_, row)| self.point(row, influence));
        let mut points: Vec<RowPoint> = all.iter().step_by(step).copied().chain(extremes).collect();
        points.sort_by_key(|p| p.row);
        points.dedup_by_key(|p| p.row);
        points
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// Quantiles of sorted values whose extremes are known.
fn quantiles(sorted: &[f64], [low, high]: [f64; 2]) -> Vec<[f64; 2]> {
    if sorted.is_empty() {
        return Vec::new();
    }
    let at = |share: f64| match share {
        0.0 => low,
        1.0 => high,
        share => quantile(sorted, share),
    };
    SHARES.iter().map(|&share| [share, at(share)]).collect()
}

/// The points of a Q-Q plot, all at the ends and some between, and the line through the quartiles.
fn against_normal(all: &[RowPoint], studentized: bool) -> (Vec<QuantilePoint>, [f64; 2]) {
    let value = |p: &RowPoint| if studentized { p.studentized } else { Some(p.residual) };
    let mut values: Vec<(f64, u64)> = all.iter().filter_map(|p| Some((value(p)?, p.row))).collect();
    values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    if values.is_empty() {
        return (Vec::new(), [1.0, 0.0]);
    }
    let n = values.len();
    let step = n.saturating_sub(2 * TAIL).div_ceil(MIDDLE).max(1);
    let shown = |i: &usize| *i < TAIL || *i + TAIL >= n || (*i - TAIL).is_multiple_of(step);
    let point = |i: usize| QuantilePoint {
        normal: normal_quantile((i as f64 + 0.5) / n as f64),
        value: values[i].0,
        row: values[i].1,
    };
    let sorted: Vec<f64> = values.iter().map(|v| v.0).collect();
    let quartiles = [0.25, 0.75].map(|share| quantile(&sorted, share));
    let slope = (quartiles[1] - quartiles[0]) / (2.0 * normal_quantile(0.75));
    ((0..n).filter(shown).map(point).collect(), [slope, (quartiles[0] + quartiles[1]) / 2.0])
}
