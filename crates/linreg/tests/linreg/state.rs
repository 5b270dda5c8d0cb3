//! Rows in any pieces, and states merged, give what one fit of all rows gives.

use super::*;
use planish_linreg::LeastSquaresState;
use planish_linreg::rows::{BLOCK_ROWS, Block};
use proptest::prelude::*;

const ROWS: usize = 4 * BLOCK_ROWS + 1234;

fn weights() -> Vec<f64> {
    (0..ROWS).map(|i| (i % 5) as f64 * 0.3).collect()
}

fn empty(weighted: bool) -> LeastSquaresState {
    LeastSquaresState::new(LinearRegression::default(), Isa::best(), 3, 2, weighted).unwrap()
}

/// Gives rows `from..to` to a state, `step` at a time.
fn feed(state: &mut LeastSquaresState, (from, to): (usize, usize), step: usize, weighted: bool) {
    let (x, y) = data(ROWS, 3, 2);
    let w = weights();
    for start in (from..to).step_by(step) {
        let mut block = Block::new(3, 2, weighted);
        block.rows = step.min(to - start);
        for i in 0..block.rows {
            (0..3).for_each(|j| block.x[j].hi[i] = x[(start + i, j)]);
            (0..2).for_each(|q| block.y[q].hi[i] = y[(start + i, q)]);
            block.weights.iter_mut().for_each(|to| to[i] = w[start + i]);
        }
        state.update(&block).unwrap();
    }
}

fn whole(weighted: bool) -> FittedLinearRegression {
    let mut state = empty(weighted);
    feed(&mut state, (0, ROWS), BLOCK_ROWS, weighted);
    assert_eq!(state.rows(), ROWS as u64);
    state.solve().unwrap()
}

#[test]
fn one_pass_has_the_digits_of_a_fit_that_reads_rows_again() {
    let (x, y) = data(ROWS, 3, 2);
    for weighted in [false, true] {
        let (once, w) = (whole(weighted), weights());
        let again = fit(&x, &y, weighted.then_some(&w[..]));
        assert_eq!(once.rows, again.rows);
        for q in 0..2 {
            assert_close(&parameters(&once, q), &parameters(&again, q), 2.3e-16);
            let (a, b) = (&once.responses[q], &again.responses[q]);
            assert_close(&a.std_errors, &b.std_errors, 1e-13);
            assert_close(&[a.rss, a.tss, a.r2], &[b.rss, b.tss, b.r2], 1e-14);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_cut_into_updates_gives_the_same_bits(step in 1000..BLOCK_ROWS, weighted: bool) {
        let mut state = empty(weighted);
        feed(&mut state, (0, ROWS), step, weighted);
        prop_assert_eq!(state.solve().unwrap(), whole(weighted));
    }

    #[test]
    fn states_merged_at_block_boundaries_have_the_bits_of_the_whole(first in 1..4_usize, more in 0..3_usize) {
        let second = (first + more).min(4);
        let mut state = empty(false);
        feed(&mut state, (0, first * BLOCK_ROWS), BLOCK_ROWS, false);
        let mut middle = state.after(first as u64).unwrap();
        feed(&mut middle, (first * BLOCK_ROWS, second * BLOCK_ROWS), 1111, false);
        let mut last = state.after(second as u64).unwrap();
        feed(&mut last, (second * BLOCK_ROWS, ROWS), 3000, false);
        middle.merge(last).unwrap();
        state.merge(middle).unwrap();
        prop_assert_eq!(state.solve().unwrap(), whole(false));
    }

    #[test]
    fn states_merged_anywhere_keep_all_but_the_last_digit(cut in 5..ROWS - 5, weighted: bool) {
        let (mut a, mut b) = (empty(weighted), empty(weighted));
        feed(&mut a, (0, cut), 4000, weighted);
        feed(&mut b, (cut, ROWS), 4000, weighted);
        a.merge(b).unwrap();
        let (merged, whole) = (a.solve().unwrap(), whole(weighted));
        prop_assert_eq!(merged.rows, whole.rows);
        for q in 0..2 {
            assert_close(&parameters(&merged, q), &parameters(&whole, q), 3e-16);
        }
    }
}

#[test]
fn a_state_of_other_columns_is_refused() {
    let other = LeastSquaresState::new(LinearRegression::default(), Isa::best(), 2, 2, false).unwrap();
    let message = empty(false).merge(other).unwrap_err().to_string();
    assert_eq!(message, "terms: expected 3, found 2");
    assert!(empty(false).update(&Block::new(3, 2, true)).is_err());
    assert_eq!(empty(false).solve().unwrap_err().to_string(), "0 rows: nothing to fit");
    assert!(empty(false).after(1).is_none());
}

#[test]
fn rows_seen_once_keep_their_digits_where_terms_are_nearly_dependent() {
    // κ is about 3e8, and that squared times 2⁻¹⁰⁰ 1e-13; a fit that reads the rows again has all digits.
    let x = Matrix::from_fn(200, 2, |i, j| {
        i as f64 + if j == 1 { ((i * 37) % 11) as f64 / f64::from(1 << 24) } else { 0.0 }
    });
    let y = Matrix::from_fn(200, 1, |i, _| ((i * i) % 13) as f64);
    let again = fit(&x, &y, None);
    assert!(again.condition > 1e8, "{}", again.condition);
    let mut state = LeastSquaresState::new(LinearRegression::default(), Isa::best(), 2, 1, false).unwrap();
    let mut block = Block::new(2, 1, false);
    block.rows = 200;
    for i in 0..200 {
        (block.x[0].hi[i], block.x[1].hi[i], block.y[0].hi[i]) = (x[(i, 0)], x[(i, 1)], y[(i, 0)]);
    }
    state.update(&block).unwrap();
    let once = state.solve().unwrap();
    assert_close(&parameters(&once, 0), &parameters(&again, 0), 1e-11);
}
