//! Predictions for the rows of a table.

use crate::error::ModelError;
use crate::linear_model::LinearModel;
use crate::model::Model;
use crate::predictor::{Member, NetworkPredictor, Predictor};
use crate::relations;
use planish_nn::{Activation, Arenas, Input};
use planish_tabular::{Design, EncodedRows, Notes, Rows, Table, Target};
use planish_tensor::dd::DdVec;
use planish_tensor::{Exec, MatRef, Matrix};
use planish_train::metrics::most_probable;
use planish_trees::BinnedRows;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::collections::BTreeMap;
use std::ops::Deref;

/// What a model says of each row.
#[derive(Clone, Debug, PartialEq)]
pub enum Predictions {
    /// The probability of each class, `[rows, classes]`.
    Probabilities(ClassProbabilities),
    /// A number, in the target's units.
    Numbers(Vec<f64>),
}

/// The probability of each class, `[rows, classes]`, and from which one on the second of two classes is predicted.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassProbabilities {
    values: Matrix<f64>,
    threshold: Option<f64>,
}

impl From<Matrix<f64>> for ClassProbabilities {
    fn from(values: Matrix<f64>) -> ClassProbabilities {
        ClassProbabilities { values, threshold: None }
    }
}

impl Deref for ClassProbabilities {
    type Target = Matrix<f64>;

    fn deref(&self) -> &Matrix<f64> {
        &self.values
    }
}

impl ClassProbabilities {
    /// The class that is predicted: the most probable one, the first of equals; of two classes the second if its probability is above the
    /// threshold, where there is one.
    pub fn class(&self, row: usize) -> usize {
        let p = self.values.row(row);
        self.threshold.map_or_else(|| most_probable(p), |t| usize::from(p[1] > t))
    }
}

impl Predictions {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Predictions::Probabilities(p) => p.rows(),
            Predictions::Numbers(y) => y.len(),
        }
    }

    /// The class that is predicted for a row, see [`ClassProbabilities::class`]; `None` for numbers.
    pub fn class(&self, row: usize) -> Option<usize> {
        match self {
            Predictions::Probabilities(p) => Some(p.class(row)),
            Predictions::Numbers(_) => None,
        }
    }

    /// Those of the rows from `from` to before `to`.
    #[must_use]
    pub fn rows_between(&self, from: usize, to: usize) -> Predictions {
        match self {
            Predictions::Probabilities(p) => {
                let values = Matrix::from_fn(to - from, p.cols(), |i, j| p[(from + i, j)]);
                Predictions::Probabilities(ClassProbabilities { values, threshold: p.threshold })
            }
            Predictions::Numbers(y) => Predictions::Numbers(y[from..to].to_vec()),
        }
    }

    /// The weighted mean of what several models say of the same rows.
    ///
    /// # Panics
    /// If there are none, or they say different things.
    pub(crate) fn mean(mut all: impl Iterator<Item = (f64, Predictions)>) -> Predictions {
        let (weight, mut sum) = all.next().expect("there is a model");
        sum.values_mut().iter_mut().for_each(|y| *y *= weight);
        for (weight, mut more) in all {
            sum.values_mut().iter_mut().zip(more.values_mut()).for_each(|(y, more)| *y += weight * *more);
        }
        sum
    }

    /// Every number, row by row.
    pub(crate) fn values(&self) -> &[f64] {
        match self {
            Predictions::Numbers(y) => y,
            Predictions::Probabilities(p) => p.as_slice(),
        }
    }

    fn values_mut(&mut self) -> &mut [f64] {
        match self {
            Predictions::Numbers(y) => y,
            Predictions::Probabilities(p) => p.values.as_mut_slice(),
        }
    }

    /// The same of probabilities, with this threshold of the second of two classes.
    #[must_use]
    pub(crate) fn with_threshold(self, threshold: Option<f64>) -> Predictions {
        match self {
            Predictions::Probabilities(p) => {
                Predictions::Probabilities(ClassProbabilities { threshold, ..p })
            }
            numbers @ Predictions::Numbers(_) => numbers,
        }
    }

    /// What is said by class probabilities.
    fn of_classes(values: Matrix<f64>) -> Predictions {
        Predictions::Probabilities(values.into())
    }

    /// What trees say, `[rows × outputs]`, in the terms of the target.
    pub(crate) fn of_trees(target: &Target, out: Vec<f64>) -> Predictions {
        match target.classes().len() {
            0 => Predictions::Numbers(out),
            2 => Predictions::of_classes(Matrix::from_fn(out.len(), 2, |i, j| {
                if j == 1 { out[i] } else { 1.0 - out[i] }
            })),
            n => Predictions::of_classes(Matrix::from_fn(out.len() / n, n, |i, j| out[i * n + j])),
        }
    }

    /// A row's prediction with names, ready to be written as JSON; `classes` are the target's.
    pub fn named<'a>(&'a self, classes: &'a [String], row: usize) -> NamedPrediction<'a> {
        NamedPrediction { predictions: self, classes, row }
    }
}

/// A row's prediction as `{"prediction": …, "probabilities": {…}}`, or `{"prediction": number}`.
#[derive(Clone, Copy, Debug)]
pub struct NamedPrediction<'a> {
    predictions: &'a Predictions,
    classes: &'a [String],
    row: usize,
}

impl Serialize for NamedPrediction<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.predictions {
            Predictions::Numbers(y) => map.serialize_entry("prediction", &y[self.row])?,
            Predictions::Probabilities(p) => {
                let probabilities = p.row(self.row);
                map.serialize_entry("prediction", &self.classes[p.class(self.row)])?;
                let named: BTreeMap<&str, f64> =
                    self.classes.iter().map(String::as_str).zip(probabilities.iter().copied()).collect();
                map.serialize_entry("probabilities", &named)?;
            }
        }
        map.end()
    }
}

const OTHER_MODEL: &str = "the rows were encoded by another model";

/// Rows as a predictor takes them: what its pipeline made of a table.
#[derive(Clone, Debug)]
pub enum Encoded {
    /// A network's features, and the codes of embedded categories.
    Features(EncodedRows),
    /// A linear model's terms, one column each.
    Terms(Vec<DdVec>),
    /// The bins of trees.
    Bins(BinnedRows),
    /// What each member of a blend makes of them.
    Members(Vec<Encoded>),
}

impl Encoded {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Encoded::Features(x) => x.numbers.rows(),
            Encoded::Terms(terms) => terms.first().map_or(0, |t| t.hi.len()),
            Encoded::Bins(rows) => rows.rows(),
            Encoded::Members(all) => all.first().map_or(0, Encoded::rows),
        }
    }

    /// The bytes that they take in memory.
    pub fn bytes(&self) -> usize {
        match self {
            Encoded::Features(x) => size_of_val(x.numbers.as_slice()) + size_of_val(&x.codes[..]),
            Encoded::Terms(terms) => terms.len() * self.rows() * 2 * size_of::<f64>(),
            Encoded::Bins(rows) => rows.rows() * if rows.rows() > 0 { rows.row(0).len() } else { 0 },
            Encoded::Members(all) => all.iter().map(Encoded::bytes).sum(),
        }
    }

    /// Whether rows that are encoded alike are predicted faster together.
    pub fn can_join(&self) -> bool {
        match self {
            Encoded::Features(_) | Encoded::Bins(_) | Encoded::Members(_) => true,
            Encoded::Terms(_) => false,
        }
    }

    /// The rows of all parts, one part after the other; none of no parts.
    ///
    /// # Panics
    /// If the parts were encoded by different models.
    pub fn joined(parts: &[&Encoded]) -> Option<Encoded> {
        Some(match parts.first()? {
            Encoded::Features(_) => {
                let features = parts.iter().map(|part| match part {
                    Encoded::Features(x) => x,
                    Encoded::Terms(_) | Encoded::Bins(_) | Encoded::Members(_) => panic!("{OTHER_MODEL}"),
                });
                Encoded::Features(EncodedRows::joined(&features.collect::<Vec<_>>()))
            }
            Encoded::Terms(first) => {
                let mut all = vec![DdVec::zeros(parts.iter().map(|part| part.rows()).sum()); first.len()];
                let mut from = 0;
                for part in parts {
                    let Encoded::Terms(more) = part else { panic!("{OTHER_MODEL}") };
                    let rows = from..from + part.rows();
                    for (term, more) in all.iter_mut().zip(more) {
                        term.hi[rows.clone()].copy_from_slice(&more.hi);
                        term.lo[rows.clone()].copy_from_slice(&more.lo);
                    }
                    from = rows.end;
                }
                Encoded::Terms(all)
            }
            Encoded::Bins(first) => {
                let mut all = first.clone();
                for part in &parts[1..] {
                    let Encoded::Bins(more) = part else { panic!("{OTHER_MODEL}") };
                    all.append(more);
                }
                Encoded::Bins(all)
            }
            Encoded::Members(first) => {
                let of_member = |place: usize| {
                    let rows = parts.iter().map(|part| match part {
                        Encoded::Members(all) => &all[place],
                        Encoded::Features(_) | Encoded::Terms(_) | Encoded::Bins(_) => {
                            panic!("{OTHER_MODEL}")
                        }
                    });
                    Encoded::joined(&rows.collect::<Vec<_>>())
                };
                Encoded::Members((0..first.len()).map(of_member).collect::<Option<_>>()?)
            }
        })
    }
}

impl Model {
    /// Predicts every row of the table. A row's prediction has the same bits alone or among others.
    ///
    /// # Errors
    /// A feature column that is not there, or of the wrong kind.
    pub fn predict(&self, exec: Exec, table: &Table, notes: &mut Notes) -> Result<Predictions, ModelError> {
        Ok(self.predict_encoded(exec, &self.encode(table, notes)?))
    }

    /// What the pipeline makes of every row of the table.
    ///
    /// # Errors
    /// A feature column that is not there, or of the wrong kind.
    pub fn encode(&self, table: &Table, notes: &mut Notes) -> Result<Encoded, ModelError> {
        self.predictor().encode(table, notes)
    }

    /// What the pipeline would have made, from rows of numbers, `[rows × encoded columns]`.
    ///
    /// # Errors
    /// The place of a number that the model cannot hold.
    ///
    /// # Panics
    /// If the pipeline makes [other things than numbers](Model::is_all_numbers).
    pub fn encode_numbers(&self, x: &[f64]) -> Result<Encoded, usize> {
        let width = self.encoded_width();
        let rows = x.len() / width;
        let refuse = |holds: &dyn Fn(f64) -> bool| x.iter().position(|&x| !holds(x)).map_or(Ok(()), Err);
        match self.predictor() {
            Predictor::Network(_) => {
                // Features are in f32.
                refuse(&|x| (x as f32).is_finite())?;
                let numbers = Matrix::from_fn(rows, width, |i, j| x[i * width + j] as f32);
                Ok(Encoded::Features(EncodedRows { numbers, codes: Vec::new() }))
            }
            Predictor::Linear(_) => {
                refuse(&f64::is_finite)?;
                let mut terms = vec![DdVec::zeros(rows); width];
                for (i, row) in x.chunks_exact(width).enumerate() {
                    terms.iter_mut().zip(row).for_each(|(term, &x)| term.hi[i] = x);
                }
                Ok(Encoded::Terms(terms))
            }
            Predictor::Trees(t) => {
                refuse(&f64::is_finite)?;
                Ok(Encoded::Bins(t.encode_numbers(x).expect("the pipeline makes numbers")))
            }
            Predictor::Blend(_) => unreachable!("a blend has a pipeline a member"),
        }
    }

    /// The number of encoded columns.
    pub fn encoded_width(&self) -> usize {
        self.predictor().width()
    }

    /// Whether encoded rows are numbers alone: no category is embedded, or a column of trees.
    pub fn is_all_numbers(&self) -> bool {
        self.predictor().is_all_numbers()
    }

    /// Whether a typical value stands for a missing one. Trees have a way for it instead.
    pub fn fills_missing(&self) -> bool {
        self.predictor().fills_missing()
    }

    /// Predicts every encoded row.
    ///
    /// # Panics
    /// If the rows were not encoded by this model's pipeline.
    pub fn predict_encoded(&self, exec: Exec, rows: &Encoded) -> Predictions {
        self.predictor().predict(exec, self.target(), rows).with_threshold(self.record().threshold)
    }

    /// From a network's outputs, `[rows, outputs]`, to probabilities or numbers in the target's units.
    ///
    /// # Panics
    /// If there are fewer outputs than the network has.
    pub fn decode(&self, out: MatRef<'_, f32>) -> Predictions {
        // A margin within ±1, of a hinge loss, becomes a probability.
        let margin = self.network().is_some_and(NetworkPredictor::is_margin);
        decode(self.target(), margin, out).with_threshold(self.record().threshold)
    }
}

impl NetworkPredictor {
    fn is_margin(&self) -> bool {
        self.plan.output_activation() == Activation::Tanh
    }
}

fn decode(target: &Target, margin: bool, out: MatRef<'_, f32>) -> Predictions {
    let at = |i, j| {
        let y = f64::from(out.at(i, j));
        if margin { (1.0 + y) / 2.0 } else { y }
    };
    match target {
        Target::Number { mean, sd, .. } => {
            Predictions::Numbers((0..out.rows()).map(|i| at(i, 0) * sd + mean).collect())
        }
        Target::Classes { names, .. } if names.len() == 2 => {
            Predictions::of_classes(Matrix::from_fn(out.rows(), 2, |i, j| {
                if j == 1 { at(i, 0) } else { 1.0 - at(i, 0) }
            }))
        }
        Target::Classes { names, .. } => {
            Predictions::of_classes(Matrix::from_fn(out.rows(), names.len(), at))
        }
    }
}

impl Predictor {
    fn encode(&self, table: &Table, notes: &mut Notes) -> Result<Encoded, ModelError> {
        match self {
            Predictor::Linear(l) => terms(l, table, notes).map(Encoded::Terms),
            Predictor::Network(n) => Ok(Encoded::Features(n.encoder.encode(table, notes)?)),
            Predictor::Trees(t) => t.encode(table, notes).map(Encoded::Bins),
            Predictor::Blend(b) => {
                let mut all = Vec::with_capacity(b.members.len());
                let mut of_all = Notes::default();
                for member in &b.members {
                    let mut own = Notes::default();
                    all.push(member.predictor.encode(table, &mut own)?);
                    // Members see the same cells.
                    of_all.cover(own);
                }
                notes.add(of_all);
                Ok(Encoded::Members(all))
            }
        }
    }

    fn predict(&self, exec: Exec, target: &Target, rows: &Encoded) -> Predictions {
        match (self, rows) {
            (Predictor::Network(n), Encoded::Features(x)) => {
                let x = Input::new(x.numbers.view(), &x.codes);
                let out = n.plan.predict(exec, Arenas::new(&n.params, &n.state), x);
                decode(target, n.is_margin(), out.view())
            }
            (Predictor::Linear(l), Encoded::Terms(terms)) => linear(exec, l, terms, rows.rows()),
            (Predictor::Trees(t), Encoded::Bins(rows)) => {
                Predictions::of_trees(target, t.predict(exec, rows))
            }
            (Predictor::Blend(b), Encoded::Members(rows)) if rows.len() == b.members.len() => {
                let of_member =
                    |(m, rows): (&Member, &Encoded)| (m.weight, m.predictor.predict(exec, &m.target, rows));
                Predictions::mean(b.members.iter().zip(rows).map(of_member))
            }
            (Predictor::Network(_), Encoded::Terms(_) | Encoded::Bins(_) | Encoded::Members(_))
            | (Predictor::Linear(_), Encoded::Features(_) | Encoded::Bins(_) | Encoded::Members(_))
            | (Predictor::Trees(_), Encoded::Features(_) | Encoded::Terms(_) | Encoded::Members(_))
            | (Predictor::Blend(_), _) => panic!("{OTHER_MODEL}"),
        }
    }
}

/// A relation of aliased terms that a row breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenRelation {
    /// The row.
    pub row: usize,
    /// The column of the aliased term, the first of two.
    pub column: String,
    /// What held in all rows of the fit: `z = 2·x`.
    pub relation: String,
}

impl Model {
    /// The relations of a linear model's aliased terms that rows of the table break, so that nothing in the rows of the fit says what is to be predicted.
    ///
    /// # Errors
    /// A feature column that is not there, or of the wrong kind.
    pub fn broken_relations(&self, table: &Table) -> Result<Vec<BrokenRelation>, ModelError> {
        let Some(l) = self.linear().filter(|l| !l.fit.aliases().is_empty()) else { return Ok(Vec::new()) };
        let terms = unchecked_terms(&l.design, table, &mut Notes::default())?;
        let broken = |relation: relations::Relation<'_>| {
            let rows = relation.broken(table, &terms);
            let column = relation.columns.first().cloned().unwrap_or_default();
            let of = move |row| BrokenRelation {
                row,
                column: column.clone(),
                relation: relation.equation.clone(),
            };
            rows.into_iter().map(of).collect::<Vec<_>>()
        };
        Ok(relations::relations(l).into_iter().flat_map(broken).collect())
    }
}

/// The terms of every row; those that break a relation of aliased terms are noted.
pub(crate) fn terms(l: &LinearModel, table: &Table, notes: &mut Notes) -> Result<Vec<DdVec>, ModelError> {
    let terms = unchecked_terms(&l.design, table, notes)?;
    relations::note(l, table, &terms, notes);
    Ok(terms)
}

pub(crate) fn unchecked_terms(
    design: &Design,
    table: &Table,
    notes: &mut Notes,
) -> Result<Vec<DdVec>, ModelError> {
    let n = table.rows();
    let bound = design.bind(table)?;
    let mut terms = vec![DdVec::zeros(n); design.width()];
    bound.write_rows(Rows::Between(0, n), 0, &mut terms, notes);
    Ok(terms)
}

fn linear(exec: Exec, l: &LinearModel, terms: &[DdVec], n: usize) -> Predictions {
    let columns: Vec<_> = terms.iter().map(|t| t.first(n)).collect();
    let mut out = Matrix::zeros(n, l.fit.classes().max(1));
    l.fit.predict_into(exec.isa, &columns, &mut out);
    match l.fit.classes() {
        0 => Predictions::Numbers(out.as_slice().to_vec()),
        _ => Predictions::of_classes(out),
    }
}
