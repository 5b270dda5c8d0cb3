//! A bounded part of rows that stream by.

use planish_tensor::Thinned;

#[test]
fn beyond_the_limit_rows_are_kept_at_even_steps() {
    let mut kept = Thinned::new(2, 4);
    (0..4).for_each(|i| kept.push([f64::from(i), 0.5].into_iter()));
    assert_eq!((kept.len(), kept.every()), (4, 1));
    (4..19).for_each(|i| kept.push([f64::from(i), 0.5].into_iter()));
    let rows: Vec<&[f64]> = kept.rows().collect();
    assert_eq!(rows, [[0.0, 0.5], [8.0, 0.5], [16.0, 0.5]]);
    assert_eq!(kept.every(), 8);
}
