//! A network made ready to predict again and again: its intermediate values have their place, and kernels that many rows will use are
//! packed once, so that a call allocates nothing.

use crate::batch::{Arenas, Input};
use crate::element::Element;
use crate::plan::Plan;
use crate::workspace::Workspace;
use planish_tensor::{Exec, Isa, MatRef, Matrix};

/// Rows of one forward pass of [`Plan::predict`].
const PREDICT_ROWS: usize = 512;

/// A network that is kept ready to predict.
///
/// ```
/// use planish_nn::{Activation, Plan, Predictor, Sequential};
/// use planish_tensor::{Exec, Matrix};
///
/// let plan = Plan::new(&Sequential::new(2).dense(3, Activation::Tanh))?;
/// let params = plan.initialize::<f32>(7);
/// let mut predictor = Predictor::new(&plan, &params, 4);
/// let x = Matrix::from_rows(&[[1.0, 1.0], [0.0, 2.0]]);
/// let y = predictor.predict(Exec::best(), x.view());
/// assert_eq!(y.row(1), plan.predict(Exec::best(), &params, x.view()).row(1));
/// # Ok::<(), planish_nn::NnError>(())
/// ```
#[derive(Debug)]
pub struct Predictor<'n, T: Element> {
    plan: &'n Plan,
    arenas: Arenas<'n, T>,
    ws: Workspace<T>,
}

impl<'n, T: Element> Predictor<'n, T> {
    /// Makes room for batches of up to `rows` rows.
    pub fn new(plan: &'n Plan, arenas: impl Into<Arenas<'n, T>>, rows: usize) -> Self {
        Predictor { plan, arenas: arenas.into(), ws: Workspace::forward_only(plan, rows) }
    }

    /// Packs the kernels for batches of nine rows or more on this instruction set, which takes as much memory again as the kernels: for a
    /// network that predicts several batches. The bits are the same.
    pub fn packed(mut self, isa: Isa) -> Self {
        self.ws.pack(self.plan, self.arenas.params, isa);
        self
    }

    /// The largest batch.
    pub fn rows(&self) -> usize {
        self.ws.rows()
    }

    /// The network's output for a batch, in inference.
    ///
    /// # Shapes
    /// x `[rows, inputs]`, with `[rows, codes]` codes; returns `[rows, outputs]`.
    ///
    /// # Panics
    /// If shapes do not match, a code is too large (see [`Plan::check_codes`]), there are more rows than [`Predictor::rows`], or kernels were
    /// packed for an instruction set with other tiles.
    pub fn predict<'x>(&mut self, exec: Exec, x: impl Into<Input<'x, T>>) -> MatRef<'_, T> {
        // The arenas are borrowed for as long as this lives, so what is made of them once stays true.
        if let Some(narrow) = self.ws.narrow.as_mut().filter(|narrow| !narrow.is_kept()) {
            narrow.keep(exec.isa, self.plan, self.arenas.params);
        }
        self.plan.forward(exec, self.arenas, x, &mut self.ws)
    }
}

impl Plan {
    /// The network's output for any number of rows, `[rows, outputs]`, in inference, computed in chunks. For calls of few rows that come again
    /// and again, keep a [`Predictor`].
    ///
    /// # Panics
    /// If x has not the network's number of inputs, or as [`Plan::forward`].
    pub fn predict<'p, 'x, T: Element>(
        &'p self,
        exec: Exec,
        arenas: impl Into<Arenas<'p, T>>,
        x: impl Into<Input<'x, T>>,
    ) -> Matrix<T> {
        let x = x.into();
        let mut out = Matrix::zeros(x.rows(), self.outputs());
        let mut predictor = Predictor::new(self, arenas, PREDICT_ROWS.min(x.rows()));
        if x.rows() > PREDICT_ROWS {
            predictor = predictor.packed(exec.isa);
        }
        for from in (0..x.rows()).step_by(PREDICT_ROWS) {
            let to = (from + PREDICT_ROWS).min(x.rows());
            let y = predictor.predict(exec, x.rows_between(from, to));
            (from..to).for_each(|i| out.row_mut(i).copy_from_slice(y.row(i - from)));
        }
        out
    }
}
