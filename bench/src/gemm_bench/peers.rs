//! The products of the contenders in this process: ours, and the crates `gemm`, `matrixmultiply` and `faer`.

use faer::traits::ComplexField;
use faer::{Accum, Par};
use planish_tensor::gemm::{Scratch, Start, matmul};
use planish_tensor::{Exec, MatMut, MatRef, Matrix, Scalar};

/// The crates, in the order of the table's columns.
pub const CRATES: [&str; 3] = ["gemm", "matrixmultiply", "faer"];

/// An element type that every contender multiplies.
pub trait Product: Scalar + ComplexField {
    /// `matrixmultiply`'s routine for this type: C ← α·A·B + β·C.
    ///
    /// # Safety
    /// The pointers and strides describe matrices that can be read, and for C written.
    #[allow(clippy::too_many_arguments, reason = "a BLAS routine")]
    unsafe fn matrixmultiply(
        m: usize,
        k: usize,
        n: usize,
        alpha: Self,
        a: *const Self,
        rsa: isize,
        csa: isize,
        b: *const Self,
        rsb: isize,
        csb: isize,
        beta: Self,
        c: *mut Self,
        rsc: isize,
        csc: isize,
    );
}

macro_rules! impl_product {
    ($t:ident, $routine:ident) => {
        impl Product for $t {
            unsafe fn matrixmultiply(
                m: usize,
                k: usize,
                n: usize,
                alpha: Self,
                a: *const Self,
                rsa: isize,
                csa: isize,
                b: *const Self,
                rsb: isize,
                csb: isize,
                beta: Self,
                c: *mut Self,
                rsc: isize,
                csc: isize,
            ) {
                // SAFETY: as the caller promises.
                unsafe {
                    matrixmultiply::$routine(m, k, n, alpha, a, rsa, csa, b, rsb, csb, beta, c, rsc, csc)
                }
            }
        }
    };
}

impl_product!(f32, sgemm);
impl_product!(f64, dgemm);

/// A matrix or its transpose, as pointer and strides.
#[derive(Clone, Copy)]
pub struct Operand<'a, T: Scalar> {
    matrix: &'a Matrix<T>,
    transposed: bool,
}

impl<'a, T: Scalar> Operand<'a, T> {
    /// The matrix, or its transpose.
    pub fn new(matrix: &'a Matrix<T>, transposed: bool) -> Self {
        Operand { matrix, transposed }
    }

    fn rows(self) -> usize {
        if self.transposed { self.matrix.cols() } else { self.matrix.rows() }
    }

    fn cols(self) -> usize {
        if self.transposed { self.matrix.rows() } else { self.matrix.cols() }
    }

    /// Row stride and column stride.
    fn strides(self) -> (isize, isize) {
        let row = self.matrix.cols() as isize;
        if self.transposed { (1, row) } else { (row, 1) }
    }

    fn ptr(self) -> *const T {
        self.matrix.as_slice().as_ptr()
    }

    fn view(self) -> MatRef<'a, T> {
        if self.transposed { self.matrix.view().t() } else { self.matrix.view() }
    }
}

/// m, k, n.
///
/// # Panics
/// If the shapes do not match: the routines below rely on it.
fn shape<T: Scalar>(a: Operand<'_, T>, b: Operand<'_, T>, c: &Matrix<T>) -> (usize, usize, usize) {
    let (m, k, n) = (a.rows(), a.cols(), b.cols());
    assert!(b.rows() == k && c.rows() == m && c.cols() == n, "the shapes do not match");
    (m, k, n)
}

/// Ours.
pub fn planish<T: Scalar>(
    exec: Exec,
    a: Operand<'_, T>,
    b: Operand<'_, T>,
    c: &mut Matrix<T>,
    scratch: &mut Scratch<T>,
) {
    matmul(exec, a.view(), b.view(), c.view_mut(), Start::Zero, scratch);
}

/// Ours: C ← AᵀA.
pub fn planish_gram<T: Scalar>(exec: Exec, a: MatRef<'_, T>, c: MatMut<'_, T>, scratch: &mut Scratch<T>) {
    planish_tensor::gemm::gram(exec, a, c, scratch);
}

/// The crate `gemm`.
pub fn gemm<T: Scalar>(threads: usize, a: Operand<'_, T>, b: Operand<'_, T>, c: &mut Matrix<T>) {
    let (m, k, n) = shape(a, b, c);
    let ((rsa, csa), (rsb, csb)) = (a.strides(), b.strides());
    let parallelism = if threads > 1 { gemm::Parallelism::Rayon(threads) } else { gemm::Parallelism::None };
    // SAFETY: the strides describe a, b and c, which live as long as the call, and whose shapes match.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            c.as_mut_slice().as_mut_ptr(),
            1,
            n as isize,
            false,
            a.ptr(),
            csa,
            rsa,
            b.ptr(),
            csb,
            rsb,
            T::ZERO,
            T::ONE,
            false,
            false,
            false,
            parallelism,
        );
    }
}

/// The crate `matrixmultiply`; its threads are set by [`set_matrixmultiply_threads`].
pub fn matrixmultiply<T: Product>(a: Operand<'_, T>, b: Operand<'_, T>, c: &mut Matrix<T>) {
    let (m, k, n) = shape(a, b, c);
    let ((rsa, csa), (rsb, csb)) = (a.strides(), b.strides());
    let to = c.as_mut_slice().as_mut_ptr();
    // SAFETY: the strides describe a, b and c, which live as long as the call, and whose shapes match.
    unsafe {
        T::matrixmultiply(m, k, n, T::ONE, a.ptr(), rsa, csa, b.ptr(), rsb, csb, T::ZERO, to, n as isize, 1);
    }
}

/// Tells `matrixmultiply` its number of threads; it looks once, before its first product.
///
/// # Safety
/// No other thread may be running.
pub unsafe fn set_matrixmultiply_threads(threads: usize) {
    // SAFETY: no other thread runs, as the caller promises.
    unsafe { std::env::set_var("MATMUL_NUM_THREADS", threads.to_string()) };
}

/// The crate `faer`.
pub fn faer<T: Product>(threads: usize, a: Operand<'_, T>, b: Operand<'_, T>, c: &mut Matrix<T>) {
    let (m, k, n) = shape(a, b, c);
    let ((rsa, csa), (rsb, csb)) = (a.strides(), b.strides());
    let par = if threads > 1 { Par::rayon(threads) } else { Par::Seq };
    // SAFETY: the strides describe a, b and c, which outlive the views, and whose shapes match.
    let (a, b, c) = unsafe {
        (
            faer::MatRef::from_raw_parts(a.ptr(), m, k, rsa, csa),
            faer::MatRef::from_raw_parts(b.ptr(), k, n, rsb, csb),
            faer::MatMut::from_raw_parts_mut(c.as_mut_slice().as_mut_ptr(), m, n, n as isize, 1),
        )
    };
    faer::linalg::matmul::matmul(c, Accum::Replace, a, b, T::ONE, par);
}

/// The version of a crate, from the lock file that this program was built with.
pub fn version(name: &str) -> &'static str {
    let lock = include_str!("../../Cargo.lock");
    let package = lock.split("[[package]]").find(|p| p.contains(&format!("name = \"{name}\"\n")));
    package.and_then(|p| p.split("version = \"").nth(1)?.split('"').next()).unwrap_or("unknown")
}
