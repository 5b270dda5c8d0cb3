//! Linear models without an intercept on a table with categories: the first has a coefficient for every level, as in R's
//! `lm(y ~ x + g + h - 1)`. The values are R 4.2's.

use planish_tests::program::{run_with_input, succeed};
use serde_json::Value;
use std::path::Path;

const TABLE: &str = "x,g,h,y,n,k
1,a,u,3,1,no
2,b,u,5,0,yes
4,c,u,9,2,no
3,a,u,4,3,yes
5,b,u,8,1,yes
7,c,u,12,4,no
6,a,v,7,2,no
8,b,v,9,5,yes
10,c,v,15,3,yes
9,a,v,10,6,no
12,b,v,16,4,no
11,c,v,14,8,yes
";

/// Trains on one of the responses without an intercept, and returns what `inspect --json` says.
fn inspected(folder: &Path, target: &str, options: &[&str]) -> Value {
    std::fs::write(folder.join("t.csv"), TABLE).unwrap();
    let mut args = vec!["train", "t.csv", "--no-intercept", "-o", "m", "--target", target];
    for other in ["y", "n", "k"].iter().filter(|o| **o != target) {
        args.extend(["--drop", other]);
    }
    args.extend(options);
    succeed(folder, &args);
    succeed(folder, &["inspect", "m", "--json"]).json()
}

#[track_caller]
fn assert_coefficients(model: &Value, want: &[(&str, f64)], tolerance: f64) {
    let found = model["coefficients"].as_array().unwrap();
    assert_eq!(found.len(), want.len(), "{found:?}");
    for (c, (term, value)) in found.iter().zip(want) {
        assert_eq!(c["term"], *term);
        let estimate = c["estimate"].as_f64().unwrap();
        assert!((estimate - value).abs() < tolerance, "{term}: {estimate} is not {value}");
    }
}

#[test]
fn two_groups_have_their_means() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    std::fs::write(dir.join("g.csv"), "g,y\na,10\na,12\nb,20\nb,22\n").unwrap();
    for model in ["non-negative", "ols"] {
        let train = ["train", "g.csv", "--target", "y", "--model", model, "--no-intercept", "-o", "m"];
        succeed(dir, &train);
        let inspected = succeed(dir, &["inspect", "m", "--json"]).json();
        assert_coefficients(&inspected, &[("g[a]", 11.0), ("g[b]", 21.0)], 1e-12);
    }
    // A level that is not known is the average row.
    let rows = run_with_input(dir, &["predict", "m", "-"], b"g\na\nb\nz\n");
    assert_eq!(rows.out, "prediction\n11\n21\n16\n");
    // Shrunk to 22/(2 + 2) and 42/(2 + 2).
    let ridge = ["--model", "ridge", "--alpha", "2", "--no-standardize", "--no-intercept", "-o", "r"];
    succeed(dir, &[&["train", "g.csv", "--target", "y"][..], &ridge].concat());
    let ridge = succeed(dir, &["inspect", "r", "--json"]).json();
    assert_coefficients(&ridge, &[("g[a]", 5.5), ("g[b]", 10.5)], 1e-12);
    // ½·mean (y − b)²: half of each mean's share, 11 and 21 less 2·0.5.
    for model in [&["lasso"][..], &["elastic-net", "--l1-ratio", "1"]] {
        let options = ["--alpha", "0.5", "--no-standardize", "--no-intercept", "-o", "l", "--model"];
        succeed(dir, &[&["train", "g.csv", "--target", "y"][..], &options, model].concat());
        let lasso = succeed(dir, &["inspect", "l", "--json"]).json();
        assert_coefficients(&lasso, &[("g[a]", 10.0), ("g[b]", 20.0)], 1e-10);
    }
}

#[test]
fn least_squares_agrees_with_r() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let ols = ["--model", "ols"];
    let plain = [
        ("x", 1.17218543046358),
        ("g[a]", 1.25331125827814),
        ("g[b]", 2.40894039735099),
        ("g[c]", 3.94370860927152),
        ("h[v]", -1.64238410596027),
    ];
    let model = inspected(dir, "y", &ols);
    assert_coefficients(&model, &plain, 1e-12);
    // About zero, as R says it.
    assert!((model["r2"].as_f64().unwrap() - 0.9948470868368183).abs() < 1e-13);
    let shown = succeed(dir, &["inspect", "m"]).out;
    assert!(shown.contains("R2 about zero") && shown.contains("g[a]"), "{shown}");
    succeed(dir, &["report", "m", "t.csv", "-o", "r.html"]);
    let page = std::fs::read_to_string(dir.join("r.html")).unwrap();
    assert!(page.contains("g[a]") && page.contains("R2 about zero"));
    let by_number = [
        ("x", 1.09823732312122),
        ("g[a]", 1.45248377196556),
        ("g[b]", 2.00765908905728),
        ("g[c]", 4.98481490534778),
        ("h[v]", -1.33822211358266),
        ("g[b]:x", 0.110866672098645),
        ("g[c]:x", -0.0752003041907715),
    ];
    assert_coefficients(&inspected(dir, "y", &["--model", "ols", "--interact", "g:x"]), &by_number, 1e-12);
    let by_category = [
        ("x", 1.16666666666667),
        ("g[a]", 1.16666666666667),
        ("g[b]", 2.41666666666667),
        ("g[c]", 4.08333333333333),
        ("h[v]", -1.41666666666667),
        ("g[b]:h[v]", -0.166666666666667),
        ("g[c]:h[v]", -0.416666666666667),
    ];
    let model = inspected(dir, "y", &["--model", "ols", "--interact", "g:h"]);
    assert_coefficients(&model, &by_category, 1e-12);
    let one_pass =
        ["--model", "ols", "--one-pass", "--columns", "x:number,g:category=a|b|c,h:category=u|v,y:number"];
    std::fs::write(dir.join("t.csv"), TABLE).unwrap();
    let train = ["train", "t.csv", "--target", "y", "--no-intercept", "-o", "once"];
    succeed(dir, &[&train[..], &one_pass].concat());
    assert_coefficients(&succeed(dir, &["inspect", "once", "--json"]).json(), &plain, 1e-12);
}

#[test]
fn poisson_and_logistic_regression_agree_with_r() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let poisson = [
        ("x", 0.20769856940414),
        ("g[a]", 0.0713321062154631),
        ("g[b]", -0.610703710346591),
        ("g[c]", -0.211942581793541),
        ("h[v]", -0.209471000220069),
    ];
    let model = inspected(dir, "n", &["--model", "poisson"]);
    assert_coefficients(&model, &poisson, 1e-12);
    for (key, want) in [("deviance", 7.041043724360399), ("null_deviance", 57.77579210837016)] {
        assert!((model[key].as_f64().unwrap() - want).abs() < 1e-11);
    }
    let logistic = [
        ("x", -0.412039041785063),
        ("g[a]", -0.364667808990636),
        ("g[b]", 2.86454516644435),
        ("g[c]", 2.13691890871111),
        ("h[v]", 2.30845277989556),
    ];
    assert_coefficients(&inspected(dir, "k", &["--model", "logistic"]), &logistic, 1e-11);
}
