//! Rows gathered from anywhere.

use planish_tensor::{Matrix, gather_rows};

#[test]
fn rows_come_in_the_order_of_their_numbers() {
    for cols in [0, 1, 3, 16, 17, 600] {
        let from = Matrix::<f32>::from_fn(40, cols, |i, j| (i * 1000 + j) as f32);
        let rows = [39, 0, 7, 7, 21, 1, 2, 3, 4, 5, 6, 38];
        let mut to = Matrix::<f32>::zeros(13, cols);
        gather_rows(from.view(), &rows, to.view_mut());
        for (i, &r) in rows.iter().enumerate() {
            assert_eq!(to.row(i), from.row(r as usize));
        }
        assert!(to.row(12).iter().all(|&x| x == 0.0));
    }
}

#[test]
#[should_panic(expected = "row 3 of 3")]
fn a_number_past_the_end_is_refused() {
    let from = Matrix::<f64>::zeros(3, 2);
    gather_rows(from.view(), &[3], Matrix::zeros(1, 2).view_mut());
}
