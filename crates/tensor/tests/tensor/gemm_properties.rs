//! Properties over random shapes, with 0 and primes among them: the bits do not depend on the instruction set, the threads,
//! the path, the packing or the epilogue.

use planish_tensor::gemm::{
    ColSums, Epilogue, GRAM_CHUNK, Operand, PackedB, Scratch, Start, gram, gram_add, matmul, matmul_with,
};
use planish_tensor::reduce::col_sums;
use planish_tensor::simd::LaneMath;
use planish_tensor::{Exec, Isa, MatMut, MatRef, Matrix, Scalar};
use proptest::prelude::*;

/// Sizes around the edges of vectors, tiles, chunks and blocks.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![
        0_usize..20,
        prop::sample::select(vec![
            23, 31, 32, 37, 48, 61, 64, 65, 97, 127, 191, 192, 193, 211, 257, 389, 521
        ])
    ]
}

fn fill(i: usize, j: usize) -> f32 {
    ((i * 7919 + j * 104_729 + 13) % 1009) as f32 / 37.0 - 13.0
}

/// c ← 2·c + saved, and counts how often each element comes.
struct TwicePlus<'a, T> {
    saved: MatRef<'a, T>,
    visits: MatMut<'a, T>,
}

impl<T: Scalar> Epilogue<T> for TwicePlus<'_, T> {
    fn split_rows(self, at: usize) -> (Self, Self) {
        let rows = self.saved.rows();
        let (top, low) = self.visits.split_rows(at);
        let part = |from, to, visits| TwicePlus { saved: self.saved.rows_between(from, to), visits };
        (part(0, at, top), part(at, rows, low))
    }
    fn split_cols(self, at: usize) -> (Self, Self) {
        let (rows, cols) = (self.saved.rows(), self.saved.cols());
        let (left, right) = self.visits.split_cols(at);
        let part = |from, to, visits| TwicePlus {
            saved: self.saved.rows_between(0, rows).cols_between(from, to),
            visits,
        };
        (part(0, at, left), part(at, cols, right))
    }
    #[inline(always)]
    fn tile<S: LaneMath<T>>(&mut self, s: S, i: usize, j: usize, mut tile: MatMut<'_, T>) {
        let width = tile.cols();
        for r in 0..tile.rows() {
            let saved = &self.saved.row(i + r)[j..j + width];
            let row = tile.row_mut(r);
            for v in (0..width).step_by(T::LANES) {
                let x = s.fma(s.constant(2.0), s.load_at(row, v), s.load_at(saved, v));
                s.store_at(row, v, x);
            }
            self.visits.row_mut(i + r)[j..j + width].iter_mut().for_each(|n| *n += T::ONE);
        }
    }
}

/// Takes the elements of C to another matrix.
struct Take<'a>(MatMut<'a, f32>);

impl Epilogue<f32> for Take<'_> {
    const CONSUMES: bool = true;

    fn split_rows(self, at: usize) -> (Self, Self) {
        let (top, low) = self.0.split_rows(at);
        (Take(top), Take(low))
    }
    fn split_cols(self, at: usize) -> (Self, Self) {
        let (left, right) = self.0.split_cols(at);
        (Take(left), Take(right))
    }
    #[inline(always)]
    fn tile<S: LaneMath<f32>>(&mut self, _: S, i: usize, j: usize, mut tile: MatMut<'_, f32>) {
        for r in 0..tile.rows() {
            let row = tile.row_mut(r);
            self.0.row_mut(i + r)[j..j + row.len()].copy_from_slice(row);
            row.fill(f32::NAN);
        }
    }
}

/// Everything that can be computed from A and B, as bits.
fn run(exec: Exec, a: MatRef<'_, f32>, b: MatRef<'_, f32>, packed: bool) -> Vec<u32> {
    let (m, n) = (a.rows(), b.cols());
    let bias: Vec<f32> = (0..n).map(|j| fill(j, 3)).collect();
    let saved = Matrix::from_fn(m, n, fill);
    let panels = PackedB::new(exec.isa, b);
    let operand = || if packed { Operand::from(&panels) } else { Operand::from(b) };
    let mut scratch = Scratch::new();
    let mut out = Vec::new();
    for start in [Start::Zero, Start::Add, Start::Bias(&bias)] {
        let mut c = Matrix::from_fn(m, n, fill);
        let mut visits = Matrix::zeros(m, n);
        let mut sums = vec![f32::NAN; ColSums::<f32>::len(m, n)];
        let twice = TwicePlus { saved: saved.view(), visits: visits.view_mut() };
        let epilogue = (twice, ColSums::new(&mut sums, m, n));
        exec.install(|| matmul_with(exec, a, operand(), c.view_mut(), start, epilogue, &mut scratch));
        assert!(visits.as_slice().iter().all(|&x| x == 1.0), "every element comes once");
        let mut columns = vec![0.0; n];
        ColSums::add_up(&sums, m, &mut columns);
        out.extend(c.as_slice().iter().chain(&columns).map(|x| x.to_bits()));
    }
    out
}

/// The same from the definition: one chain an element, then the epilogue, then [`col_sums`].
fn expected(a: MatRef<'_, f32>, b: MatRef<'_, f32>) -> Vec<u32> {
    let (m, n) = (a.rows(), b.cols());
    let mut out = Vec::new();
    for start in 0..3 {
        #[expect(clippy::disallowed_methods, reason = "the oracle states the fused operations itself")]
        let c = Matrix::from_fn(m, n, |i, j| {
            let from = [0.0, fill(i, j), fill(j, 3)][start];
            let x = (0..a.cols()).fold(from, |acc: f32, p| a.at(i, p).mul_add(b.at(p, j), acc));
            x.mul_add(2.0, fill(i, j))
        });
        let mut columns = vec![0.0; n];
        col_sums(Isa::SCALAR, c.view(), &mut columns);
        out.extend(c.as_slice().iter().chain(&columns).map(|x| x.to_bits()));
    }
    out
}

proptest! {
    // Fewer where PROPTEST_CASES says so: under valgrind a case takes a minute.
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases.min(60),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_path_epilogue_and_thread_count_has_the_bits_of_the_definition(m in size(), k in size(), n in size()) {
        let (a, at) = (Matrix::from_fn(m, k, fill), Matrix::from_fn(k, m, |i, j| fill(j, i)));
        let (b, bt) = (Matrix::from_fn(k, n, |i, j| fill(j, i + 5)), Matrix::from_fn(n, k, |i, j| fill(i, j + 5)));
        let want = expected(a.view(), b.view());
        for isa in Isa::all_exact() {
            for (threads, packed) in [(1, false), (1, true), (3, false), (2, true)] {
                let exec = Exec { isa, threads };
                prop_assert_eq!(&run(exec, a.view(), b.view(), packed), &want, "{:?} NN", exec);
                prop_assert_eq!(&run(exec, at.view().t(), b.view(), packed), &want, "{:?} TN", exec);
                prop_assert_eq!(&run(exec, a.view(), bt.view().t(), packed), &want, "{:?} NT", exec);
            }
        }
    }

    #[test]
    fn an_epilogue_that_consumes_c_is_given_every_element(m in size(), k in size(), n in size()) {
        let (a, b) = (Matrix::from_fn(m, k, fill), Matrix::from_fn(k, n, |i, j| fill(j, i + 5)));
        let bias: Vec<f32> = (0..n).map(|j| fill(j, 3)).collect();
        for isa in Isa::all_exact() {
            for (threads, start) in [(1, Start::Zero), (3, Start::Bias(&bias)), (2, Start::Add)] {
                let exec = Exec { isa, threads };
                let (mut want, mut c) = (Matrix::from_fn(m, n, fill), Matrix::from_fn(m, n, fill));
                let (mut taken, mut scratch) = (Matrix::zeros(m, n), Scratch::new());
                matmul(Exec::serial(isa), a.view(), b.view(), want.view_mut(), start, &mut scratch);
                exec.install(|| {
                    matmul_with(exec, a.view(), b.view(), c.view_mut(), start, Take(taken.view_mut()), &mut scratch);
                });
                prop_assert_eq!(taken.as_slice(), want.as_slice(), "{:?} {:?}", exec, start);
            }
        }
    }

    #[test]
    fn gram_is_the_symmetric_product_to_the_bit(rows in size(), p in 0_usize..70) {
        let a = Matrix::from_fn(rows, p, |i, j| f64::from(fill(i, j)));
        let mut want = Matrix::zeros(p, p);
        matmul(Exec::serial(Isa::SCALAR), a.view().t(), a.view(), want.view_mut(), Start::Zero, &mut Scratch::new());
        for isa in Isa::all_exact() {
            let mut c = Matrix::from_fn(p, p, |_, _| f64::NAN);
            gram(Exec::serial(isa), a.view(), c.view_mut(), &mut Scratch::new());
            prop_assert_eq!(c.as_slice(), want.as_slice(), "{}", isa.name());
        }
    }
}

#[test]
fn a_gram_of_rows_in_several_calls_has_the_bits_of_one() {
    for (rows, p) in [(1, 1), (300, 7), (700, 33), (513, 70)] {
        let a = Matrix::from_fn(rows, p, |i, j| f64::from(fill(i, j)));
        for isa in Isa::all_exact() {
            let (mut want, mut c) = (Matrix::zeros(p, p), Matrix::from_fn(p, p, |_, _| f64::NAN));
            gram(Exec::serial(isa), a.view(), want.view_mut(), &mut Scratch::new());
            let mut scratch = Scratch::new();
            for (from, to) in [(0, rows / 3), (rows / 3, rows / 2), (rows / 2, rows)] {
                gram_add(isa, a.rows_view(from, to), c.view_mut(), from == 0, &mut scratch);
            }
            for i in 0..p {
                assert_eq!(c.row(i)[i..], want.row(i)[i..], "{} {rows}×{p}", isa.name());
            }
        }
    }
}

#[test]
fn a_tall_gram_has_the_same_bits_at_every_thread_count_and_is_right() {
    let (rows, p) = (5 * GRAM_CHUNK + 77, 11);
    let a = Matrix::from_fn(rows, p, |i, j| f64::from(fill(i, j)));
    let run = |exec: Exec| {
        let mut c = Matrix::zeros(p, p);
        exec.install(|| gram(exec, a.view(), c.view_mut(), &mut Scratch::new()));
        c
    };
    let want = run(Exec::serial(Isa::SCALAR));
    for isa in Isa::all_exact() {
        for threads in [1, 2, 5] {
            assert_eq!(run(Exec { isa, threads }).as_slice(), want.as_slice(), "{} {threads}", isa.name());
        }
    }
    for i in 0..p {
        for j in 0..p {
            let exact: f64 = (0..rows).map(|r| a[(r, i)] * a[(r, j)]).sum();
            assert!((want[(i, j)] - exact).abs() <= 1e-11 * exact.abs().max(1e6), "{i} {j}");
        }
    }
}

#[test]
fn a_b_packed_for_other_tiles_is_refused() {
    // All other instruction sets have tiles of one width.
    let Some(avx512) = Isa::avx512() else { return };
    let (a, b) = (Matrix::<f32>::zeros(2, 3), Matrix::<f32>::zeros(3, 2));
    for (packs, multiplies) in [(Isa::SCALAR, avx512), (avx512, Isa::SCALAR)] {
        let product = || {
            let (packed, mut c) = (PackedB::new(packs, b.view()), Matrix::zeros(2, 2));
            let exec = Exec::serial(multiplies);
            matmul(exec, a.view(), &packed, c.view_mut(), Start::Zero, &mut Scratch::new());
        };
        let panic = std::panic::catch_unwind(product).expect_err("it should be refused");
        let message = panic.downcast_ref::<&str>().expect("a message");
        assert!(message.contains("packed for tiles of another width"), "{message}");
    }
}
