//! The input of a network: numbers, and category codes that look up rows of learnable tables (embeddings). Joined, forward and
//! backward side by side: y = [numbers, table₁ at code₁, table₂ at code₂, …].
//!
//! # Shapes
//! numbers `[rows, numbers]`, codes `[rows, tables]` row by row, a table `[categories, dim]`, y and dy
//! `[rows, numbers + Σ dim]`.

use super::context::{BackwardPass, ForwardPass};
use crate::error::NnError;
use crate::init::Initializer;
use crate::rates::Rates;
use planish_tensor::Scalar;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::ops::Range;

/// What a row of input is made of.
///
/// As JSON a plain number where there are no embeddings, else `{"numbers": …, "embeddings": [{"categories": …, "dim": …}]}`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Inputs {
    /// Numbers in a row.
    pub numbers: usize,
    /// A table for each category code in a row.
    pub embeddings: Vec<Embedding>,
}

/// A learnable row of `dim` numbers for each of `categories` codes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Embedding {
    /// Codes lie below this.
    pub categories: usize,
    /// Numbers that stand for a code.
    pub dim: usize,
    /// How the table is filled before training.
    #[serde(default = "uniform", skip_serializing_if = "is_uniform")]
    pub initializer: Initializer,
    /// Its name; `embedding_1` … if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How the table is updated.
    #[serde(default, skip_serializing_if = "Rates::is_default")]
    pub rates: Rates,
}

fn uniform() -> Initializer {
    Initializer::RandomUniform
}

fn is_uniform(i: &Initializer) -> bool {
    *i == uniform()
}

impl Embedding {
    /// A table with Keras's defaults: uniform within ±0.05.
    pub fn new(categories: usize, dim: usize) -> Embedding {
        Embedding { categories, dim, initializer: uniform(), name: None, rates: Rates::default() }
    }
}

impl From<usize> for Inputs {
    fn from(numbers: usize) -> Inputs {
        Inputs { numbers, embeddings: Vec::new() }
    }
}

/// The record where there are embeddings.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    numbers: usize,
    #[serde(default)]
    embeddings: Vec<Embedding>,
}

impl Serialize for Inputs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.embeddings.is_empty() {
            self.numbers.serialize(serializer)
        } else {
            Record { numbers: self.numbers, embeddings: self.embeddings.clone() }.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Inputs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Inputs, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Inputs;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the number of inputs, or numbers and embeddings")
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Inputs, E> {
                usize::try_from(n).map(Inputs::from).map_err(E::custom)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Inputs, A::Error> {
                let Record { numbers, embeddings } = Record::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Inputs { numbers, embeddings })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// One table with its place in the arena.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Table {
    pub(crate) categories: usize,
    pub(crate) dim: usize,
    pub(crate) range: Range<usize>,
}

/// The joining of numbers and embeddings.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct JoinStep {
    pub(crate) numbers: usize,
    pub(crate) tables: Vec<Table>,
    pub(crate) units: usize,
}

impl JoinStep {
    /// out ← [numbers, tables at their codes]
    ///
    /// # Panics
    /// If a code is not below its table's categories.
    pub(crate) fn forward<T: Scalar>(&self, pass: ForwardPass<'_, T>) {
        let (params, x) = (pass.arenas.params, pass.values.input);
        for (r, y) in pass.out.chunks_exact_mut(self.units).enumerate() {
            y[..self.numbers].copy_from_slice(x.numbers.row(r));
            let mut at = self.numbers;
            for (table, &code) in self.tables.iter().zip(&x.codes[r * self.tables.len()..]) {
                y[at..at + table.dim].copy_from_slice(&params[table.row(code)]);
                at += table.dim;
            }
        }
    }

    /// d(table at code) ← Σ dy over the rows with that code, added in the order of the rows.
    pub(crate) fn backward<T: Scalar>(&self, pass: BackwardPass<'_, '_, T>) {
        let BackwardPass { codes, dy, grads, .. } = pass;
        for table in &self.tables {
            grads[table.range.clone()].fill(T::ZERO);
        }
        for (r, dy) in dy.chunks_exact(self.units).enumerate() {
            let mut at = self.numbers;
            for (table, &code) in self.tables.iter().zip(&codes[r * self.tables.len()..]) {
                let sums = &mut grads[table.row(code)];
                sums.iter_mut().zip(&dy[at..]).for_each(|(sum, &d)| *sum += d);
                at += table.dim;
            }
        }
    }

    /// Checks that there is a code a row and table, below the table's categories.
    pub(crate) fn check(tables: &[Table], rows: usize, codes: &[u32]) -> Result<(), NnError> {
        let embeddings = tables.len();
        if rows.checked_mul(embeddings) != Some(codes.len()) {
            return Err(NnError::Codes { found: codes.len(), rows, embeddings });
        }
        for (i, &code) in codes.iter().enumerate() {
            let (row, column) = (i / embeddings, i % embeddings);
            let categories = tables[column].categories;
            if code as usize >= categories {
                return Err(NnError::Code { row, column, code, categories });
            }
        }
        Ok(())
    }
}

impl Table {
    /// The place of a code's row.
    fn row(&self, code: u32) -> Range<usize> {
        assert!((code as usize) < self.categories, "code {code} of {} categories", self.categories);
        let start = self.range.start + code as usize * self.dim;
        start..start + self.dim
    }
}
