//! Conformance: one suite for every instruction set, element type, operand layout and edge size.

use planish_tensor::gemm::{Scratch, Start, matmul};
use planish_tensor::{Exec, Isa, MatRef, Matrix};

/// The definition: one chain an element.
#[expect(clippy::disallowed_methods, reason = "the oracle states the chain of fused operations itself")]
fn oracle(a: MatRef<'_, f64>, b: MatRef<'_, f64>, c: &Matrix<f64>, start: Start<'_, f64>) -> Matrix<f64> {
    Matrix::from_fn(a.rows(), b.cols(), |i, j| {
        let from = match start {
            Start::Zero => 0.0,
            Start::Add => c[(i, j)],
            Start::Bias(bias) => bias[j],
        };
        (0..a.cols()).fold(from, |acc, p| a.at(i, p).mul_add(b.at(p, j), acc))
    })
}

/// Numbers that are not representable sums, of both signs.
fn fill(i: usize, j: usize) -> f64 {
    ((i * 7919 + j * 104_729 + 13) % 1009) as f64 / 37.0 - 13.0
}

/// Runs all layouts and starts of one shape and compares bits with the oracle.
fn check_f64(exec: Exec, m: usize, k: usize, n: usize) {
    let (a, at) = (Matrix::from_fn(m, k, fill), Matrix::from_fn(k, m, |i, j| fill(j, i)));
    let (b, bt) =
        (Matrix::from_fn(k, n, |i, j| fill(j, i + 5)), Matrix::from_fn(n, k, |i, j| fill(i, j + 5)));
    let bias: Vec<f64> = (0..n).map(|j| fill(j, 3)).collect();
    let mut scratch = Scratch::new();
    for (a, b) in [
        (a.view(), b.view()),
        (at.view().t(), b.view()),
        (a.view(), bt.view().t()),
        (at.view().t(), bt.view().t()),
    ] {
        for start in [Start::Zero, Start::Add, Start::Bias(&bias)] {
            let before =
                Matrix::from_fn(m, n, |i, j| if matches!(start, Start::Add) { fill(i, j) } else { f64::NAN });
            let mut c = before.clone();
            matmul(exec, a, b, c.view_mut(), start, &mut scratch);
            let want = oracle(a, b, &before, start);
            assert!(
                c.as_slice().iter().zip(want.as_slice()).all(|(x, y)| x.to_bits() == y.to_bits()),
                "{exec:?} {m}×{k}×{n} {start:?}"
            );
        }
    }
}

#[test]
fn every_edge_size_and_layout_equals_the_chain_of_multiply_adds() {
    for isa in Isa::all_exact() {
        for m in 0..=13 {
            for n in [0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 64, 65] {
                for k in [0, 1, 2, 5] {
                    check_f64(Exec::serial(isa), m, k, n);
                }
            }
        }
    }
}

#[test]
fn packed_and_blocked_products_equal_the_chain_of_multiply_adds() {
    for isa in Isa::all_exact() {
        for (m, k, n) in [
            (1, 17, 300),
            (2, 9, 257),
            (3, 8, 600),
            (4, 514, 260),
            (65, 70, 130),
            (200, 65, 514),
            (70, 513, 65),
            (6, 1030, 70),
            (193, 64, 1030),
        ] {
            check_f64(Exec::serial(isa), m, k, n);
        }
    }
}

#[test]
fn f32_products_have_the_same_bits_on_every_instruction_set_and_thread_count() {
    for (m, k, n) in [(5, 10, 10), (32, 10, 1), (33, 100, 17), (100, 515, 130), (200, 80, 600), (600, 40, 70)]
    {
        let a = Matrix::from_fn(m, k, |i, j| fill(i, j) as f32);
        let b = Matrix::from_fn(k, n, |i, j| fill(j, i) as f32);
        let run = |exec: Exec| {
            let mut c = Matrix::zeros(m, n);
            exec.install(|| matmul(exec, a.view(), b.view(), c.view_mut(), Start::Zero, &mut Scratch::new()));
            c.as_slice().iter().map(|x| x.to_bits()).collect::<Vec<_>>()
        };
        let want = run(Exec::serial(Isa::SCALAR));
        for isa in Isa::all_exact() {
            for threads in [1, 2, 3, 7] {
                assert_eq!(run(Exec { isa, threads }), want, "{} {threads} {m}×{k}×{n}", isa.name());
            }
        }
    }
}

#[test]
fn a_row_alone_has_the_bits_it_has_in_a_batch() {
    let (a, b) = (
        Matrix::from_fn(70, 90, |i, j| fill(i, j) as f32),
        Matrix::from_fn(90, 200, |i, j| fill(j, i) as f32),
    );
    let mut all = Matrix::zeros(70, 200);
    matmul(Exec::best(), a.view(), b.view(), all.view_mut(), Start::Zero, &mut Scratch::new());
    let mut one = Matrix::zeros(1, 200);
    matmul(Exec::best(), a.rows_view(41, 42), b.view(), one.view_mut(), Start::Zero, &mut Scratch::new());
    assert_eq!(one.row(0), all.row(41));
}

#[test]
fn the_portable_product_is_right_to_rounding() {
    let (a, b) = (Matrix::from_fn(20, 30, fill), Matrix::from_fn(30, 10, fill));
    let bias = [2.0; 10];
    let mut c = Matrix::from_fn(20, 10, |_, _| f64::NAN);
    matmul(
        Exec::serial(Isa::PORTABLE),
        a.view(),
        b.view(),
        c.view_mut(),
        Start::Bias(&bias),
        &mut Scratch::new(),
    );
    let want = oracle(a.view(), b.view(), &Matrix::zeros(20, 10), Start::Bias(&bias));
    assert!(c.as_slice().iter().zip(want.as_slice()).all(|(x, y)| (x - y).abs() < 1e-9));
}

#[test]
#[should_panic(expected = "A has 3 columns, B 2 rows")]
fn shapes_that_do_not_match_are_refused() {
    let (a, b) = (Matrix::<f32>::zeros(2, 3), Matrix::<f32>::zeros(2, 2));
    matmul(
        Exec::best(),
        a.view(),
        b.view(),
        Matrix::zeros(2, 2).view_mut(),
        Start::Zero,
        &mut Scratch::new(),
    );
}
