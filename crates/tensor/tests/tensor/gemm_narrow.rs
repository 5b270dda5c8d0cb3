//! Products of one vector's width, inside other kernels.

use planish_tensor::gemm::{NARROW_SCRATCH, Scratch, Start, matmul, narrow_product, pad_rows, turn_square};
use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{Exec, Isa, MatMut, MatRef, Matrix, Scalar};

struct Both<'a, T: Scalar> {
    a: MatRef<'a, T>,
    b: &'a Matrix<T>,
    bias: &'a [T],
    wide: MatMut<'a, T>,
    exact: MatMut<'a, T>,
}

impl<T: Scalar> LaneKernel<T> for Both<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let (k, n) = (self.b.rows(), self.b.cols());
        let mut padded = vec![T::from_f64(f64::NAN); (k + 1) * T::LANES];
        pad_rows(s, self.b.as_slice(), n, &mut padded);
        let mut start = vec![T::ZERO; T::LANES];
        start[..n].copy_from_slice(self.bias);
        let mut scratch = vec![T::ZERO; NARROW_SCRATCH];
        narrow_product(s, self.a, &padded, Some(&start), self.wide, &mut scratch);
        narrow_product(s, self.a, &padded, None, self.exact, &mut scratch);
    }
}

fn check<T: Scalar>() {
    let number = |i: usize, j: usize| T::from_f64(((i * 37 + j * 11) % 23) as f64 * 0.37 - 3.0);
    for isa in Isa::all_exact() {
        for (m, k) in [(1, 1), (32, 10), (7, 3), (10, 200), (0, 4), (3, 0)] {
            for n in 1..=T::LANES {
                let (a, b) = (Matrix::from_fn(m, k, number), Matrix::from_fn(k, n, number));
                let turned = Matrix::from_fn(k, m, |i, j| number(j, i));
                let bias: Vec<T> = (0..n).map(|j| number(5, j)).collect();
                for a in [a.view(), turned.view().t()] {
                    let (mut wide, mut exact) = (Matrix::zeros(m, T::LANES), Matrix::zeros(m, n));
                    T::dispatch(
                        isa,
                        Both { a, b: &b, bias: &bias, wide: wide.view_mut(), exact: exact.view_mut() },
                    );
                    let mut want = [Matrix::zeros(m, n), Matrix::zeros(m, n)];
                    for (want, start) in want.iter_mut().zip([Start::Bias(&bias), Start::Zero]) {
                        let exec = Exec::serial(Isa::SCALAR);
                        matmul(exec, a, b.view(), want.view_mut(), start, &mut Scratch::new());
                    }
                    for i in 0..m {
                        assert_eq!(wide.row(i)[..n], *want[0].row(i), "{} {m}×{k}×{n}", isa.name());
                        assert_eq!(exact.row(i), want[1].row(i), "{} {m}×{k}×{n}", isa.name());
                    }
                }
            }
        }
    }
}

#[test]
fn narrow_products_have_the_bits_of_matmul() {
    check::<f32>();
    check::<f64>();
}

struct Turn<'a, T>(&'a [T], &'a mut [T]);

impl<T: Scalar> LaneKernel<T> for Turn<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        turn_square(s, self.0, self.1);
    }
}

#[test]
fn a_square_is_turned() {
    let from: Vec<f64> = (0..64).map(f64::from).collect();
    for isa in Isa::all_exact() {
        let mut to = vec![0.0; 64];
        f64::dispatch(isa, Turn(&from, &mut to));
        for (i, j) in (0..8).flat_map(|i| (0..8).map(move |j| (i, j))) {
            assert_eq!(to[8 * i + j], from[8 * j + i], "{}", isa.name());
        }
    }
}
