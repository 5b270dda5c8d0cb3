//! Views of matrices.

use planish_tensor::{MatMut, MatRef};

#[test]
fn transposing_twice_is_the_identity() {
    let data: Vec<f64> = (0..12).map(f64::from).collect();
    let a = MatRef::new(&data, 3, 4);
    assert_eq!(a.at(2, 1), 9.0);
    assert_eq!(a.t().at(1, 2), 9.0);
    assert_eq!(a.t().t().row(2), &data[8..]);
}

#[test]
fn a_block_of_a_transposed_view_keeps_its_elements() {
    let data: Vec<f64> = (0..12).map(f64::from).collect();
    let b = MatRef::new(&data, 3, 4).t().rows_between(1, 3).cols_between(1, 3);
    assert_eq!((b.at(0, 0), b.at(1, 1)), (5.0, 10.0));
    assert_eq!(MatRef::new(&data, 3, 4).rows_between(3, 3).cols_between(0, 4).rows(), 0);
}

#[test]
fn only_elements_side_by_side_are_one_row() {
    let mut data: Vec<f64> = (0..12).map(f64::from).collect();
    let a = MatRef::new(&data, 3, 4);
    assert_eq!(a.joined().row(0), &data[..]);
    assert_eq!(a.rows_between(1, 3).joined().row(0), &data[4..]);
    assert_eq!(a.rows_between(2, 3).cols_between(1, 3).joined().row(0), &data[9..11]);
    assert!(!a.cols_between(1, 3).is_slice() && !a.cols_between(1, 2).is_slice() && !a.t().is_slice());
    let b = MatMut::new(&mut data, 3, 4);
    assert!(b.is_slice() && !b.split_cols(2).0.is_slice());
}

#[test]
#[should_panic(expected = "needs more than 5 elements")]
fn a_view_larger_than_its_slice_is_refused() {
    MatRef::new(&[0.0_f32; 5], 2, 3);
}
