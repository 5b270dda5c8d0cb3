//! Matrices, cache-blocked SIMD matrix products, vector math, counter-based randomness and
//! double-double arithmetic: the ground that Planish's networks and linear models stand on.
//!
//! The crate's promise is *the same bits everywhere*: every routine gives bit-for-bit the same result
//! with the scalar, AVX2 and AVX-512 code and at any thread count. How that is kept is told in
//! [`gemm`] (each output element is one chain of fused multiply-adds) and [`reduce`] (fixed virtual
//! lanes, fixed chunks).
//!
//! ```
//! use planish_tensor::{Exec, Matrix, gemm::{Scratch, Start, matmul}};
//!
//! let a = Matrix::from_rows(&[[1.0_f32, 2.0], [3.0, 4.0]]);
//! let b = Matrix::from_rows(&[[1.0_f32, 0.0, 2.0], [0.0, 1.0, 1.0]]);
//! let mut c = Matrix::zeros(2, 3);
//! matmul(Exec::best(), a.view(), b.view(), c.view_mut(), Start::Zero, &mut Scratch::new());
//! assert_eq!(c.row(1), &[3.0, 4.0, 10.0]);
//! ```

pub mod buffer;
pub mod dd;
mod dd_columns;
pub mod decimal;
pub mod exec;
mod gather;
pub mod gemm;
pub mod isa;
pub mod math;
mod matrix;
mod number;
pub mod reduce;
pub mod rng;
mod scalar;
pub mod simd;
mod thinned;
mod transpose;
mod view;

pub use buffer::AlignedVec;
pub use dd::Dd;
pub use dd_columns::add_columns;
pub use exec::Exec;
pub use gather::gather_rows;
pub use isa::{Isa, IsaError};
pub use matrix::Matrix;
pub use number::Number;
pub use scalar::Scalar;
pub use thinned::Thinned;
pub use transpose::transpose;
pub use view::{MatMut, MatRef};
