//! Tables on which a claim of a least-squares model once did not hold. The values come from exact rational arithmetic.

use planish_tests::program::succeed;
use serde_json::Value;
use std::path::Path;

/// The model of a table, as `inspect --json` and as `inspect` say it.
fn fitted(table: &str, options: &[&str]) -> (Value, String) {
    fitted_by("ols", table, options)
}

/// The same of any family.
fn fitted_by(family: &str, table: &str, options: &[&str]) -> (Value, String) {
    let folder = tempfile::tempdir().unwrap();
    let dir: &Path = folder.path();
    std::fs::write(dir.join("d.csv"), table).unwrap();
    let train = ["train", "d.csv", "--target", "y", "--model", family, "--header", "yes", "-o", "m"];
    succeed(dir, &[&train[..], options].concat());
    (succeed(dir, &["inspect", "m", "--json"]).json(), succeed(dir, &["inspect", "m"]).out)
}

#[track_caller]
fn assert_near(found: &Value, want: f64) {
    let x = found.as_f64().unwrap_or(f64::NAN);
    assert!((x - want).abs() <= 1e-9 * want.abs(), "{x:e} is not {want:e}");
}

/// A table of columns, cells of the last one being `y`.
fn table(names: &str, rows: impl IntoIterator<Item = String>) -> String {
    rows.into_iter().fold(format!("{names}\n"), |text, row| text + &row + "\n")
}

const Y: [u32; 10] = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3];

#[test]
fn a_row_far_from_all_others_is_first_by_cooks_distance() {
    let x = |i: usize| if i == 9 { 1_000_000 } else { i + 1 };
    let text = table("x,y", (0..10).map(|i| format!("{},{}", x(i), Y[i])));
    let (model, _) = fitted(&text, &["--cov", "hc3"]);
    assert_eq!(model["cook"][0]["row"], 10);
    assert_near(&model["cook"][0]["value"], 14999901666.1);
    assert_near(&model["coefficients"][0]["std_error"], 2.43028145058616);
    assert_near(&model["coefficients"][1]["std_error"], 0.450000999975937);
}

#[test]
fn a_constant_target_is_fitted_without_an_intercept() {
    let text = "a,b,y\n0,5,17\n1,7,17\n2,11,17\n3,13,17\n";
    let (model, _) = fitted(text, &["--no-intercept"]);
    assert_near(&model["coefficients"][0]["estimate"], -9.508474576271187);
    assert_near(&model["coefficients"][1]["estimate"], 3.457627118644068);
    assert_near(&model["r2"], 0.9915254237288136);
}

#[test]
fn units_and_offsets_cost_no_digits() {
    let y = [2, 1, 4, 3, 6, 5];
    for exponent in ["e-200", "e200", ""] {
        let (model, _) = fitted(&table("x,y", (0..6).map(|i| format!("{}{exponent},{}", i + 1, y[i]))), &[]);
        assert_near(&model["coefficients"][1]["t"], 2.95980010586301);
        assert_near(&model["coefficients"][1]["p"], model["f"]["p"].as_f64().unwrap());
        assert_near(&model["f"]["statistic"], 8.76041666666667);
    }
    let y = [1, 5, 2, 9, 4, 8];
    let (model, _) =
        fitted(&table("x,y", (0..6).map(|i| format!("{},1000000000000000.{}", i + 1, y[i]))), &[]);
    assert_near(&model["r2"], 0.4274473067915691);
    let (model, _) =
        fitted(&table("x,y", (0..9).map(|i| format!("100000000000000.00{},{}", i + 1, Y[i]))), &[]);
    assert_eq!(model["rank"], 2);
    assert_near(&model["coefficients"][1]["estimate"], 450.0);
    assert_near(&model["r2"], 0.225);
}

#[test]
fn nearly_dependent_terms_stay_and_the_condition_number_is_said() {
    let z = ["1.00000000001", "2", "3.00000000002", "4", "5.00000000001", "6"];
    let near = table("x,z,y", (0..6).map(|i| format!("{},{},{}", i + 1, z[i], Y[i])));
    let (model, text) = fitted(&near, &[]);
    assert_near(&model["r2"], 0.5448719410678039);
    assert_near(&model["coefficients"][2]["estimate"], 93251533742.33128);
    assert_near(&model["coefficients"][2]["std_error"], 148_010_505_673.092_1);
    assert!(text.contains("terms are nearly combinations of others"), "{text}");
    let thirds = ["0.333333333333", "0.666666666667", "1", "1.333333333333", "1.666666666667", "2"];
    for (third, relation) in [(true, "dropped z ≈ 0.333333333333·x"), (false, "dropped z = 2·x + 1")] {
        let z = |i: usize| if third { thirds[i].to_owned() } else { (2 * i + 3).to_string() };
        let (_, text) = fitted(&table("x,z,y", (0..6).map(|i| format!("{},{},{}", i + 1, z(i), Y[i]))), &[]);
        assert!(text.contains(relation), "{text}");
    }
    let lauchli = "a,b,c,y\n1,1,1,3\n1e-10,0,0,1\n0,1e-10,0,2\n0,0,1e-10,3\n0,0,0,7\n";
    let (model, _) = fitted(lauchli, &["--no-intercept"]);
    assert_near(&model["coefficients"][1]["estimate"], 1.0000000000666667);
}

#[test]
fn a_perfect_fit_and_tests_that_do_not_exist_are_said() {
    let (model, text) = fitted(&table("x,y", (0..12).map(|i| format!("{i},{}", 2 * i + 1))), &[]);
    assert!(text.contains("perfect fit") && !text.contains("undefined") && !text.contains("e-3"), "{text}");
    assert!(model["perfect"] == true && model["coefficients"][1]["p"].is_null() && model["f"].is_null());
    let row = |i: usize| format!("{},{},{},{},{}", i, i * i % 7, i * 5 % 11, i % 3, Y[i % 10]);
    let few = table("a,b,c,g,y", (0..20).map(row));
    let (model, text) = fitted(&few, &["--cov", "cluster", "--cluster", "g"]);
    assert!(text.contains("there is no F: 3 clusters cannot test 3 terms together"), "{text}");
    assert!(model["f"].is_null() && model["no_f"].is_string(), "{model}");
}

// Newton's iteration with 80 digits.
#[test]
fn standard_errors_of_a_logit_keep_their_digits_where_terms_are_nearly_dependent() {
    let check = |model: &Value, coef: &[f64], errors: &[f64]| {
        for (i, (coef, error)) in coef.iter().zip(errors).enumerate() {
            assert_near(&model["coefficients"][i]["estimate"], *coef);
            assert_near(&model["coefficients"][i]["std_error"], *error);
        }
    };
    // Ties that are 1e-5 apart.
    let y = [0, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1, 0];
    let row = |i: usize| format!("{}.0000{},{},{}", i / 2, i % 2, i / 2, y[i]);
    let (model, _) = fitted_by("logistic", &table("x,z,y", (0..12).map(row)), &[]);
    check(
        &model,
        &[-0.151499811866669, 69493.1471237442, -69493.0865238195],
        &[1.19513570666447, 119191.287913653, 119191.281910169],
    );
    // Years to the fifth power.
    let row = |i: usize| format!("{},{}", 1980 + i % 40, u8::from((i * i * 7 + i * 3) % 13 > 6));
    let (model, _) = fitted_by("logistic", &table("x,y", (0..120).map(row)), &["--poly", "x:5"]);
    check(
        &model,
        &[
            -6590331957.76014,
            16596121.768218,
            -16715.6559136399,
            8.41721388012606,
            -0.00211905409838067,
            2.13370831549338e-07,
        ],
        &[
            54973426470.84832,
            137444642.919739,
            137454.397228292,
            68.7314143774011,
            0.0171837421500106,
            1.71844652892231e-06,
        ],
    );
}

#[test]
fn a_lasso_counts_no_rounding_among_its_coefficients() {
    let row = |i: usize| format!("{},{},{},{}", i % 7, 2 * (i % 7), i % 3, (i % 7) * 3 + i * 5 % 4);
    for alpha in ["0.1", "0.01"] {
        let (model, text) =
            fitted_by("lasso", &table("x,z,w,y", (0..60).map(row)), &["--alpha", alpha, "--drop", "w"]);
        let coefficients: Vec<_> =
            (1..3).map(|i| model["coefficients"][i]["estimate"].as_f64().unwrap()).collect();
        let zeros = coefficients.iter().filter(|c| **c == 0.0).count();
        assert!(zeros == 1 && coefficients.iter().all(|c| *c == 0.0 || *c > 1.0), "{coefficients:?}");
        assert!(text.contains("1 of 2"), "{text}");
    }
}
