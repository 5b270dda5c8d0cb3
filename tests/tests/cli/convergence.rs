//! Fits that are hard to end: they converge to the right values, or the command fails and writes no file. The values are Newton's with 120 digits in
//! mpmath.

use planish_tests::program::{run, succeed};
use std::path::Path;

/// Trains on these columns x and y; the coefficients, or what went wrong.
fn fit(dir: &Path, x: &[&str], y: &[&str], options: &[&str]) -> Result<Vec<f64>, String> {
    let rows: String = x.iter().zip(y).map(|(x, y)| format!("{x},{y}\n")).collect();
    std::fs::write(dir.join("t.csv"), "x,y\n".to_owned() + &rows).unwrap();
    let ran = run(dir, &[&["train", "t.csv", "--target", "y", "-o", "m"], options].concat());
    if ran.code == 0 {
        let model = succeed(dir, &["inspect", "m", "--json"]).json();
        std::fs::remove_file(dir.join("m")).unwrap();
        let all = model["coefficients"].as_array().unwrap();
        return Ok(all.iter().map(|c| c["estimate"].as_f64().unwrap()).collect());
    }
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(!dir.join("m").exists());
    Err(ran.err)
}

#[track_caller]
fn assert_fit(found: Result<Vec<f64>, String>, want: [f64; 2], tolerance: f64) {
    let found = found.unwrap();
    for (f, w) in found.iter().zip(want) {
        assert!((f - w).abs() <= tolerance * w.abs(), "{found:?} is not {want:?}");
    }
}

#[test]
fn classes_that_a_far_row_seems_to_separate_have_their_maximum() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let logistic = ["--model", "logistic"];
    let y = ["n", "p", "n", "p", "n"];
    let far = |x| fit(dir, &["0", "1", "2", "3", x], &y, &logistic);
    assert_fit(far("1000000"), [1.972324699845175e-5, -1.3815510511951853e-5], 1e-10);
    assert_fit(far("10000000"), [2.3177141391105307e-6, -1.6118095703912292e-6], 1e-10);
    let x = ["1", "2", "3", "3.00002", "3.00001", "4", "5", "6"];
    let close = fit(dir, &x, &["n", "n", "n", "n", "p", "p", "p", "p"], &logistic);
    assert_fit(close, [-65.72420384890389, 21.67694663150797], 1e-9);
}

#[test]
fn a_penalised_fit_with_a_far_row_converges() {
    let folder = tempfile::tempdir().unwrap();
    let y = ["n", "p", "n", "p", "p"];
    for far in ["1e9", "1e12", "1e15", "1e20"] {
        let x = ["1", "2", "3", "4", far];
        let found = fit(folder.path(), &x, &y, &["--model", "logistic", "--alpha", "1"]);
        assert_fit(found, [-1.1321881597173187, 0.45287526388692746], 1e-11);
    }
}

#[test]
fn what_does_not_converge_is_an_error_in_every_output_and_writes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let y = ["n", "p", "n", "p", "p"];
    for more in [&[][..], &["--alpha", "1"], &["--alpha", "1", "--json"]] {
        // Double-double numbers cannot tell the first four rows from each other beside the last.
        let options = [&["--model", "logistic"][..], more].concat();
        let failed = fit(folder.path(), &["1", "2", "3", "4", "1e300"], &y, &options).unwrap_err();
        assert!(failed.contains("Newton's iteration did not converge in 100 iterations"), "{failed}");
        assert!(failed.contains("t.csv") && !failed.contains("separate"), "{failed}");
    }
}

#[test]
fn separated_classes_are_still_named_beside_a_far_row() {
    let folder = tempfile::tempdir().unwrap();
    let far = ["1", "2", "3", "4", "5", "1e9"];
    for (x, y) in [
        (&far[..], &["n", "n", "n", "p", "p", "p"][..]),
        (&["1", "2", "3", "3", "4", "1e9"], &["n", "n", "n", "p", "p", "p"]),
    ] {
        let failed = fit(folder.path(), x, y, &["--model", "logistic"]).unwrap_err();
        assert!(failed.contains("the column x tells the target y perfectly"), "{failed}");
    }
}
