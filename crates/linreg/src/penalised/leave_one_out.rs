//! The errors of a ridge regression on rows that are left out, by one pass for many penalties.
//!
//! Leaving out row i changes its residual rᵢ to rᵢ/(1 − hᵢ), with the leverage hᵢ = wᵢ/Σw + wᵢ·Σⱼ (xᵢvⱼ)²/(σⱼ² + α) (Allen, "The
//! relationship between variable selection and data augmentation and a method for prediction", 1974). The score is
//! Σ wᵢ(rᵢ/(1 − hᵢ))² / Σ wᵢ, which without weights is that of scikit-learn's `RidgeCV`.

use super::spectrum::Spectrum;
use crate::error::FitError;
use crate::rows::block::{BLOCK_ROWS, Block, BlockSource, read, same_rows};
use planish_tensor::gemm::{Scratch, Start, matmul};
use planish_tensor::{Exec, MatMut, MatRef, Matrix};

/// The score of each penalty.
pub(super) fn scores<S: BlockSource>(
    spectrum: &Spectrum,
    source: &mut S,
    alphas: &[f64],
) -> Result<Vec<f64>, FitError<S::Error>> {
    if spectrum.centred.is_rows() {
        return Ok(of_rows(spectrum, alphas));
    }
    let mut pass = Pass::new(spectrum, alphas);
    let mut used = 0;
    read(source, |block| {
        used += pass.add(block);
        Ok(())
    })?;
    same_rows(spectrum.centred.used, used)?;
    Ok(pass.sums.iter().map(|sum| mean(spectrum, *sum)).collect())
}

/// The score of a sum of squares. The error of a row of leverage one is not defined.
fn mean(spectrum: &Spectrum, sum: f64) -> f64 {
    let mean = sum / spectrum.centred.weight;
    spectrum.centred.mean_square_in_units(if mean.is_finite() { mean } else { f64::MAX })
}

/// The scores from the singular vectors of rows that are kept: the residuals are what the penalty leaves of the response along each, and leverages their
/// squares.
fn of_rows(spectrum: &Spectrum, alphas: &[f64]) -> Vec<f64> {
    let (c, svd) = (&spectrum.centred, &spectrum.svd);
    let (n, r, k) = (c.z.len(), svd.squares.len(), alphas.len());
    let left: Vec<_> = alphas.iter().map(|&a| spectrum.left_over(a)).collect();
    let damped: Vec<_> = alphas.iter().map(|&a| spectrum.damped(a)).collect();
    let u = Matrix::from_fn(n, r, |i, j| svd.scaled_left[j][i] / svd.squares[j].sqrt());
    let squares = Matrix::from_fn(n, r, |i, j| u[(i, j)] * u[(i, j)]);
    let left = Matrix::from_fn(r, k, |j, a| left[a][j]);
    let damped = Matrix::from_fn(r, k, |j, a| svd.squares[j] * damped[a][j]);
    let (mut residual, mut leverage) = (Matrix::zeros(n, k), Matrix::zeros(n, k));
    let (exec, mut scratch) = (Exec::serial(c.isa), Scratch::new());
    matmul(exec, u.view(), left.view(), residual.view_mut(), Start::Zero, &mut scratch);
    matmul(exec, squares.view(), damped.view(), leverage.view_mut(), Start::Zero, &mut scratch);
    let share = f64::from(u8::from(c.intercept())) / c.weight;
    let mut sums = vec![0.0; k];
    for i in 0..n {
        let (outside, own) = (spectrum.unexplained()[i], c.row_weight(i) * share);
        for ((sum, e), h) in sums.iter_mut().zip(residual.row(i)).zip(leverage.row(i)) {
            let error = (outside + e) / (1.0 - own - h);
            *sum += error * error;
        }
    }
    sums.iter().map(|sum| mean(spectrum, *sum)).collect()
}

/// The sums of a pass, and the matrices that it needs.
struct Pass<'a> {
    spectrum: &'a Spectrum,
    /// V, then b(α) of each penalty: what a centred row is multiplied by.
    right: Matrix<f64>,
    /// 1/(σⱼ² + α), a column a penalty.
    damped: Matrix<f64>,
    sums: Vec<f64>,
    rows: Matrix<f64>,
    product: Matrix<f64>,
    squares: Matrix<f64>,
    leverage: Matrix<f64>,
    scratch: Scratch<f64>,
}

impl<'a> Pass<'a> {
    fn new(spectrum: &'a Spectrum, alphas: &[f64]) -> Pass<'a> {
        let (p, k) = (spectrum.centred.terms(), alphas.len());
        let betas: Vec<_> = alphas.iter().map(|&a| spectrum.beta(a)).collect();
        let damped: Vec<_> = alphas.iter().map(|&a| spectrum.damped(a)).collect();
        let right = |i: usize, j: usize| if j < p { spectrum.svd.right[j][i] } else { betas[j - p][i] };
        Pass {
            spectrum,
            right: Matrix::from_fn(p, p + k, right),
            damped: Matrix::from_fn(p, k, |i, j| damped[j][i]),
            sums: vec![0.0; k],
            rows: Matrix::zeros(BLOCK_ROWS, p),
            product: Matrix::zeros(BLOCK_ROWS, p + k),
            squares: Matrix::zeros(BLOCK_ROWS, p),
            leverage: Matrix::zeros(BLOCK_ROWS, k),
            scratch: Scratch::new(),
        }
    }

    /// Adds a block's errors; returns its rows with a weight above zero.
    fn add(&mut self, block: &Block) -> u64 {
        let (n, p, k) = (block.rows, self.right.rows(), self.sums.len());
        let exec = Exec::serial(self.spectrum.centred.isa);
        self.load(block);
        let product = MatMut::with_stride(self.product.as_mut_slice(), n, p + k, p + k);
        matmul(exec, self.rows.rows_view(0, n), self.right.view(), product, Start::Zero, &mut self.scratch);
        for i in 0..n {
            let from = &self.product.row(i)[..p];
            self.squares.row_mut(i).iter_mut().zip(from).for_each(|(to, t)| *to = t * t);
        }
        let leverage = MatMut::new(&mut self.leverage.as_mut_slice()[..n * k], n, k);
        let squares: MatRef<'_, f64> = self.squares.rows_view(0, n);
        matmul(exec, squares, self.damped.view(), leverage, Start::Zero, &mut self.scratch);
        self.errors(block)
    }

    /// The centred rows, in the columns' scale.
    fn load(&mut self, block: &Block) {
        let centred = &self.spectrum.centred;
        for (c, column) in block.x.iter().enumerate() {
            let ((shift, factor, mean), scale) = (centred.column_of_rows(c), centred.scale(c));
            for i in 0..block.rows {
                let x = (column.hi[i] - shift + column.lo[i]) * factor;
                self.rows.row_mut(i)[c] = (x - mean) * scale;
            }
        }
    }

    fn errors(&mut self, block: &Block) -> u64 {
        let (centred, p) = (&self.spectrum.centred, self.right.rows());
        let (shift, factor, mean) = centred.column_of_rows(p);
        let (unit, share) =
            (centred.weight_scale(), f64::from(u8::from(centred.intercept())) / centred.weight);
        let mut used = 0;
        for i in 0..block.rows {
            let w = block.weights.as_ref().map_or(1.0, |w| w[i]) * unit;
            used += u64::from(w > 0.0);
            let y = (block.y[0].hi[i] - shift + block.y[0].lo[i]) * factor - mean;
            let (fits, leverage) = (&self.product.row(i)[p..], self.leverage.row(i));
            for ((sum, fit), h) in self.sums.iter_mut().zip(fits).zip(leverage) {
                let error = (y - fit) / (1.0 - w * (share + h));
                *sum += w * error * error;
            }
        }
        used
    }
}
