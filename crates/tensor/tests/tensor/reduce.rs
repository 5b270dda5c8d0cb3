//! Sums, and the search for numbers that are not finite.

use planish_tensor::reduce::{all_finite, axpy, col_sums, dot, sum};
use planish_tensor::{Isa, Matrix};

/// Numbers from which the search is split over threads.
const PARALLEL: usize = 1 << 22;

#[test]
fn sums_have_the_same_bits_on_every_instruction_set() {
    let a = Matrix::<f32>::from_fn(400, 21, |i, j| ((i * 31 + j * 17) % 97) as f32 * 0.37 - 3.0);
    let run = |isa| {
        let mut cols = vec![0.0; 21];
        col_sums(isa, a.view(), &mut cols);
        cols.push(sum(isa, a.as_slice()));
        cols.push(dot(isa, a.row(3), a.row(4)));
        cols.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
    };
    for isa in Isa::all_exact() {
        assert_eq!(run(isa), run(Isa::SCALAR));
    }
}

#[test]
fn sums_of_small_integers_are_exact() {
    let a = Matrix::<f64>::from_fn(200, 3, |i, j| (i + j) as f64);
    let mut cols = [0.0; 3];
    col_sums(Isa::best(), a.view(), &mut cols);
    assert_eq!(cols, [19900.0, 20100.0, 20300.0]);
    assert_eq!(sum(Isa::best(), &[1.0_f32; 100]), 100.0);
    let mut y = [1.0; 9];
    axpy(Isa::best(), 2.0, &[0.5; 9], &mut y);
    assert_eq!(y, [2.0; 9]);
}

#[test]
fn one_number_that_is_not_finite_is_found_wherever_it_is() {
    for len in [1, 7, 64, 65, 200, 5000, PARALLEL + 3] {
        let mut x: Vec<f32> = [f32::MAX, f32::MIN, -0.0, 1e-45].into_iter().cycle().take(len).collect();
        assert!(all_finite(&x));
        for (at, bad) in [(0, f32::NAN), (len / 2, f32::INFINITY), (len - 1, f32::NEG_INFINITY)] {
            let good = std::mem::replace(&mut x[at], bad);
            assert!(!all_finite(&x), "{bad} at {at} of {len}");
            x[at] = good;
        }
    }
    assert!(all_finite::<f64>(&[]) && all_finite(&[f64::MAX; 9]) && !all_finite(&[0.0, f64::NAN]));
}
