//! Held-out rows, copied together once so that validation reads them in order.

use crate::data::{Data, codes_a_row};
use planish_nn::{Element, Targets};
use planish_tensor::{MatRef, Matrix};

/// Held-out rows.
pub(crate) struct Held<T: Element> {
    x: Matrix<T>,
    codes: Vec<u32>,
    values: Matrix<T>,
    classes: Option<Vec<u32>>,
    weights: Option<Vec<T>>,
}

impl<T: Element> Held<T> {
    pub(crate) fn new(data: &Data<'_, T>, rows: &[u32]) -> Self {
        let copy = |m: MatRef<'_, T>| Matrix::from_fn(rows.len(), m.cols(), |i, j| m.at(rows[i] as usize, j));
        let (values, classes) = match data.y {
            Targets::Values(y) => (copy(y), None),
            Targets::Classes(c) => (Matrix::zeros(0, 0), Some(rows.iter().map(|&r| c[r as usize]).collect())),
        };
        let weights = data.weights.map(|w| rows.iter().map(|&r| w[r as usize]).collect());
        let a_row = codes_a_row(data);
        let codes = rows.iter().flat_map(|&r| &data.codes[r as usize * a_row..][..a_row]).copied().collect();
        Held { x: copy(data.x), codes, values, classes, weights }
    }

    pub(crate) fn data(&self) -> Data<'_, T> {
        let y = self.classes.as_deref().map_or(Targets::Values(self.values.view()), Targets::Classes);
        Data { x: self.x.view(), codes: &self.codes, y, weights: self.weights.as_deref() }
    }
}
