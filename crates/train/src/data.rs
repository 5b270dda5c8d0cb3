//! Training data: numbers, targets and weights, a row each; and the gathering of a batch of rows.

use crate::error::TrainError;
use planish_nn::{Element, Input, Loss, Plan, Targets};
use planish_tensor::{MatRef, Matrix, gather_rows};

/// A data set in memory.
#[derive(Clone, Copy)]
pub struct Data<'a, T> {
    /// Features, `[rows, inputs]`, contiguous rows.
    pub x: MatRef<'a, T>,
    /// Category codes, `[rows, embeddings]` row by row; empty for a network without embeddings.
    pub codes: &'a [u32],
    /// Targets, one a row.
    pub y: Targets<'a, T>,
    /// Weights, one a row; all 1 if absent.
    pub weights: Option<&'a [T]>,
}

impl<'a, T: Element> Data<'a, T> {
    /// Data without category codes and weights.
    pub fn new(x: MatRef<'a, T>, y: Targets<'a, T>) -> Self {
        Data { x, codes: &[], y, weights: None }
    }

    /// Numbers and codes, as the network takes them.
    pub fn input(&self) -> Input<'a, T> {
        Input::new(self.x, self.codes)
    }

    /// The rows as the network takes them.
    pub(crate) fn batch(&self) -> planish_nn::Batch<'a, T> {
        planish_nn::Batch { x: self.input(), y: self.y, weights: self.weights }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.x.rows()
    }

    /// Checks the data against a network.
    pub(crate) fn check(&self, plan: &Plan, loss: Loss) -> Result<(), TrainError> {
        let fail = |what: String| Err(TrainError::Data { what });
        let rows = self.x.rows();
        if rows == 0 {
            return fail("there are no rows".into());
        }
        if self.x.cols() != plan.inputs() {
            return fail(format!(
                "rows of {} numbers for a network of {} inputs",
                self.x.cols(),
                plan.inputs()
            ));
        }
        if self.y.rows() != rows {
            return fail(format!("{} targets for {rows} rows", self.y.rows()));
        }
        if self.weights.is_some_and(|w| w.len() != rows) {
            return fail("one weight a row is needed".into());
        }
        plan.check_codes(rows, self.codes)?;
        if matches!(self.y, Targets::Classes(_)) && !loss.is_categorical() {
            return fail(format!("loss {} needs targets that are numbers", loss.name()));
        }
        if !self.x.has_contiguous_rows() || matches!(self.y, Targets::Values(y) if !y.has_contiguous_rows()) {
            return fail("rows must be contiguous".to_owned());
        }
        if let Some(i) = self.weights.and_then(|w| w.iter().position(|w| !(w.is_finite() && *w >= T::ZERO))) {
            return fail(format!("the weight of row {i} is not a number from 0 on"));
        }
        if let Targets::Values(y) = self.y {
            let is_bad = |&y: &T| !y.is_finite() || loss.is_binary() && !(T::ZERO..=T::ONE).contains(&y);
            if let Some(i) = (0..rows).find(|&i| y.row(i).iter().any(is_bad)) {
                let needs = if loss.is_binary() { "within 0 and 1" } else { "finite" };
                return fail(format!("a target of row {i} is not {needs}"));
            }
        }
        match self.y {
            Targets::Classes(c) => match c.iter().position(|&c| c as usize >= plan.outputs()) {
                Some(i) => {
                    fail(format!("row {i} has class {}, the network {} outputs", c[i], plan.outputs()))
                }
                None => Ok(()),
            },
            Targets::Values(y) if y.cols() != plan.outputs() => {
                fail(format!("{} target columns for {} outputs", y.cols(), plan.outputs()))
            }
            Targets::Values(_) => Ok(()),
        }
    }
}

/// Buffers for a batch of rows gathered from anywhere in the data, so that a batch allocates nothing.
///
/// ```
/// use planish_nn::Targets;
/// use planish_tensor::Matrix;
/// use planish_train::{Data, Gather};
///
/// let (x, y) = (Matrix::from_rows(&[[1.0_f32], [2.0], [3.0]]), [0, 1, 0]);
/// let data = Data::new(x.view(), Targets::Classes(&y));
/// let mut gather = Gather::new(&data, 2);
/// assert_eq!(gather.rows(&data, &[2, 0]).x.row(0), &[3.0]);
/// ```
#[derive(Debug)]
pub struct Gather<T: Element> {
    x: Matrix<T>,
    codes: Vec<u32>,
    values: Matrix<T>,
    classes: Vec<u32>,
    weights: Vec<T>,
}

impl<T: Element> Gather<T> {
    /// Buffers for up to `rows` rows of these data.
    pub fn new(data: &Data<'_, T>, rows: usize) -> Self {
        let columns = if let Targets::Values(y) = data.y { y.cols() } else { 0 };
        Gather {
            x: Matrix::zeros(rows, data.x.cols()),
            codes: vec![0; rows * codes_a_row(data)],
            values: Matrix::zeros(rows, columns),
            classes: vec![0; rows],
            weights: vec![T::ZERO; rows],
        }
    }

    /// Copies the rows with these numbers together.
    ///
    /// # Panics
    /// If there are more than the buffers hold, or a number lies outside the data.
    pub fn rows(&mut self, data: &Data<'_, T>, rows: &[u32]) -> Data<'_, T> {
        let n = rows.len();
        gather_rows(data.x, rows, self.x.view_mut());
        let a_row = codes_a_row(data);
        for (out, &r) in self.codes.chunks_exact_mut(a_row.max(1)).zip(rows) {
            out.copy_from_slice(&data.codes[r as usize * a_row..][..a_row]);
        }
        let y = match data.y {
            Targets::Values(y) => {
                gather_rows(y, rows, self.values.view_mut());
                Targets::Values(self.values.rows_view(0, n))
            }
            Targets::Classes(c) => {
                self.classes.iter_mut().zip(rows).for_each(|(out, &r)| *out = c[r as usize]);
                Targets::Classes(&self.classes[..n])
            }
        };
        let weights = data.weights.map(|w| {
            self.weights.iter_mut().zip(rows).for_each(|(out, &r)| *out = w[r as usize]);
            &self.weights[..n]
        });
        Data { x: self.x.rows_view(0, n), codes: &self.codes[..n * a_row], y, weights }
    }
}

/// Category codes in a row.
pub(crate) fn codes_a_row<T: Element>(data: &Data<'_, T>) -> usize {
    data.codes.len().checked_div(data.rows()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use planish_nn::{Activation, Sequential};

    #[test]
    fn targets_weights_and_codes_that_cannot_be_used_are_refused_by_row() {
        let plan = Plan::new(&Sequential::new(1).embedding(3, 2).dense(1, Activation::Sigmoid)).unwrap();
        let x = Matrix::from_rows(&[[1.0_f32], [2.0]]);
        let fail = |y: [f32; 2], weights: [f32; 2], codes: &[u32], loss| {
            let y = Matrix::from_slice(2, 1, &y);
            let data = Data::new(x.view(), Targets::Values(y.view()));
            Data { codes, weights: Some(&weights), ..data }.check(&plan, loss).map_err(|e| e.to_string())
        };
        let (one, codes) = ([1.0; 2], &[0, 2][..]);
        let bce = Loss::BinaryCrossentropy;
        assert_eq!(fail([0.0, 1.0], one, codes, bce), Ok(()));
        let ends = |r: Result<(), String>, with: &str| assert!(r.unwrap_err().ends_with(with));
        ends(fail([0.0, 2.0], one, codes, bce), "a target of row 1 is not within 0 and 1");
        ends(fail([f32::NAN, 0.0], one, codes, Loss::Mse), "a target of row 0 is not finite");
        ends(fail([0.0, 1.0], [1.0, -1.0], codes, bce), "the weight of row 1 is not a number from 0 on");
        ends(fail([0.0, 1.0], one, &[0, 3], bce), "the embedding has 3 categories");
        ends(fail([0.0, 1.0], one, &[0], bce), "1 category codes for 2 rows and 1 embeddings");
    }
}
