//! The pipeline of networks on tables of a few rows.

use planish_tabular::{CellProfile, Embed, Encoder, Kind, Notes, Schema, Table};

fn table(rows: &[(Option<f64>, Option<&str>)]) -> Table {
    let mut t = Table::new(Schema::new([("x", Kind::Number), ("c", Kind::Category)]));
    for (x, c) in rows {
        t.push_number(0, *x);
        t.push_text(1, *c);
        t.end_row(0);
    }
    t
}

#[test]
fn the_pipeline_is_fitted_on_the_given_rows_only() {
    let t = table(&[(Some(1.0), Some("a")), (Some(3.0), Some("b")), (Some(1000.0), Some("z"))]);
    let encoder = Encoder::fit(&t, &[0, 1], &[]).unwrap();
    let mut notes = Notes::default();
    let x = encoder.encode(&t, &mut notes).unwrap().numbers;
    assert_eq!(x.row(0), &[-1.0, 1.0, 0.0]);
    assert_eq!(x.row(1), &[1.0, 0.0, 1.0]);
    assert_eq!(x.row(2), &[998.0, 0.5, 0.5]); // the unknown category is the average row
    assert_eq!(notes.unknown["c"], 1);
}

#[test]
fn missing_numbers_take_the_median_and_raise_the_flag() {
    let t = table(&[(Some(1.0), Some("a")), (Some(2.0), Some("a")), (Some(9.0), Some("a")), (None, None)]);
    let encoder = Encoder::fit(&t, &[0, 1, 2, 3], &[]).unwrap();
    assert_eq!(encoder.names(), ["x", "x[missing]", "c[a]", "c[(missing)]"]);
    let CellProfile::Number { typical, range, bins, .. } = encoder.profiles()[0].cells else {
        panic!("a number")
    };
    assert_eq!((typical, range), (2.0, Some([1.0, 9.0])));
    assert_eq!(bins.unwrap().shares(), [0.25; 4]);
    let x = encoder.encode(&t, &mut Notes::default()).unwrap().numbers;
    assert_eq!(x.row(3)[0], x.row(1)[0]);
    assert_eq!(&x.row(3)[1..], &[1.0, 0.0, 1.0]);
}

#[test]
fn constant_and_huge_columns_stay_finite() {
    let t = table(&[(Some(1e308), Some("a")), (Some(-1e308), Some("a"))]);
    let x = Encoder::fit(&t, &[0, 1], &[]).unwrap().encode(&t, &mut Notes::default()).unwrap().numbers;
    assert_eq!((x[(0, 0)], x[(1, 0)]), (1.0, -1.0));
    let t = table(&[(Some(5.0), Some("a")), (Some(5.0), Some("a"))]);
    let x = Encoder::fit(&t, &[0, 1], &[]).unwrap().encode(&t, &mut Notes::default()).unwrap().numbers;
    assert_eq!(x[(0, 0)], 0.0);
}

#[test]
fn a_number_beyond_all_reason_is_cut_off_and_counted() {
    let t = table(&[(Some(1.0), Some("a")), (Some(3.0), Some("a"))]);
    let far = table(&[(Some(1e300), Some("a"))]);
    let mut notes = Notes::default();
    let x = Encoder::fit(&t, &[0, 1], &[]).unwrap().encode(&far, &mut notes).unwrap().numbers;
    assert_eq!((x[(0, 0)], notes.clamped["x"]), (1e6, 1));
}

#[test]
fn a_category_of_many_levels_becomes_codes_if_wished() {
    let t = table(&[(Some(1.0), Some("a")), (Some(3.0), Some("b")), (Some(3.0), Some("b")), (None, None)]);
    let fit = |above| Encoder::fit_with(&t, &[0, 1, 2], &[], Some(Embed { above, dim: 4 })).unwrap();
    assert_eq!(fit(2), Encoder::fit(&t, &[0, 1, 2], &[]).unwrap());
    let encoder = fit(1);
    let column = encoder.embedded().next().unwrap();
    assert_eq!((column.column, column.categories(), column.dim), ("c", 3, 4));
    assert_eq!(encoder.names(), ["x", "c[embedding]"]);
    let mut notes = Notes::default();
    let rows = encoder.encode(&t, &mut notes).unwrap();
    assert_eq!((rows.numbers.cols(), &rows.codes[..]), (1, &[0, 1, 1, 2][..]));
    assert_eq!(notes.imputed["c"], 1);
}

#[test]
fn a_column_without_values_is_named() {
    let t = table(&[(None, Some("a"))]);
    assert_eq!(
        Encoder::fit(&t, &[0], &[]).unwrap_err().to_string(),
        "column x has no values in the training rows: leave it out (--drop x)"
    );
}
