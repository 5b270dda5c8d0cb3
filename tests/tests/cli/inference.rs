//! The tables of linear models against statsmodels, whose results were written by `cargo xtask golden`, and what else holds of them.

use planish_tests::program::{root, run, succeed};
use serde_json::Value;
use std::path::Path;

fn close(found: &Value, want: &Value, tolerance: f64, what: &str) {
    match (found.as_f64(), want.as_f64()) {
        (Some(f), Some(w)) => {
            assert!((f - w).abs() <= tolerance * w.abs().max(1e-300), "{what}: {f:e} is not {w:e}")
        }
        _ => assert!(found.is_null() && want.is_null(), "{what}: {found} is not {want}"),
    }
}

/// Numbers, pairs of numbers, and tests of a statistic and a p-value.
fn agree(found: &Value, want: &Value, what: &str) {
    match want {
        Value::Array(all) => {
            let found = found.as_array().unwrap_or_else(|| panic!("{what}: {found}"));
            assert_eq!(found.len(), all.len(), "{what}");
            found.iter().zip(all).for_each(|(f, w)| agree(f, w, what));
        }
        Value::Object(all) => all.iter().for_each(|(key, w)| {
            // A tail loses as many digits as its exponent has.
            if key == "p" {
                close(&found[key], w, 1e-5, &format!("p of {what}"))
            } else {
                agree(&found[key], w, what)
            }
        }),
        Value::String(w) => assert_eq!(found.as_str(), Some(w.as_str()), "{what}"),
        Value::Null | Value::Bool(_) | Value::Number(_) => close(found, want, 1e-8, what),
    }
}

fn train(dir: &Path, data: &str, options: &[String], model: &str) {
    let mut args = vec!["train", data, "-o", model];
    args.extend(options.iter().map(String::as_str));
    succeed(dir, &args);
}

#[test]
fn tables_of_twelve_models_agree_with_statsmodels() {
    let path = root().join("tests/golden/statsmodels_inference.json");
    let golden: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 12);
    for case in cases {
        let data = root().join(case["data"].as_str().unwrap()).display().to_string();
        let options: Vec<String> = serde_json::from_value(case["options"].clone()).unwrap();
        let what = options.join(" ");
        train(dir, &data, &options, "m");
        let table = succeed(dir, &["inspect", "m", "--json"]).json();
        assert_eq!(table["aliased"], case["aliased"], "{what}");
        let lines = table["coefficients"].as_array().unwrap();
        let kept: Vec<&Value> = lines.iter().filter(|c| c["dropped"] == false).collect();
        for (i, want) in case["coefficients"].as_array().unwrap().iter().enumerate() {
            agree(kept[i], want, &format!("{what}: {}", want["term"]));
            if let Some(vif) = case["vif"].get(i) {
                agree(&kept[i]["vif"], vif, &format!("{what}: VIF of {}", want["term"]));
            }
        }
        for (key, want) in case["statistics"].as_object().unwrap() {
            agree(&table[key], want, &format!("{what}: {key}"));
        }
        for key in ["leverage", "cook"] {
            if let Some(want) = case[key].as_array() {
                let found = table[key].as_array().unwrap();
                found.iter().zip(want).for_each(|(f, w)| agree(f, w, &format!("{what}: {key}")));
            }
        }
        if let Some(want) = case["predictions_90"].as_array() {
            let predicted = succeed(dir, &["predict", "m", &data, "--interval", "0.9"]).out;
            for (line, want) in predicted.lines().skip(1).zip(want) {
                let found: Vec<f64> = line.split(',').map(|x| x.parse().unwrap()).collect();
                agree(&serde_json::json!(found), want, &format!("{what}: intervals"));
            }
        }
    }
}

/// NIST's file as CSV: a header, then the data with their decimals.
fn nist_csv(dir: &Path, name: &str) -> String {
    let text =
        std::fs::read_to_string(root().join("crates/linreg/tests/nist").join(name).with_extension("dat"))
            .unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .skip(60)
        .map(|l| l.split_whitespace().collect())
        .filter(|w: &Vec<&str>| !w.is_empty())
        .collect();
    let header: Vec<String> =
        (0..rows[0].len()).map(|j| if j == 0 { "y".into() } else { format!("x{j}") }).collect();
    let csv = header.join(",") + "\n" + &rows.iter().map(|r| r.join(",") + "\n").collect::<String>();
    std::fs::write(dir.join(format!("{name}.csv")), csv).unwrap();
    text
}

#[test]
fn nist_sets_keep_their_digits_through_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let sets = [
        ("Filip", 10, true),
        ("Longley", 1, true),
        ("NoInt1", 1, false),
        ("NoInt2", 1, false),
        ("Norris", 1, true),
        ("Pontius", 2, true),
        ("Wampler1", 5, true),
        ("Wampler2", 5, true),
        ("Wampler3", 5, true),
        ("Wampler4", 5, true),
        ("Wampler5", 5, true),
    ];
    for (name, degree, intercept) in sets {
        let text = nist_csv(dir, name);
        let mut options =
            ["--target", "y", "--model", "linear", "--task", "regress"].map(str::to_owned).to_vec();
        if degree > 1 {
            options.extend(["--poly".to_owned(), format!("x1:{degree}")]);
        }
        if !intercept {
            options.push("--no-intercept".to_owned());
        }
        train(dir, &format!("{name}.csv"), &options, "m");
        let table = succeed(dir, &["inspect", "m", "--json"]).json();
        let certified: Vec<[f64; 2]> = text.lines().take(60).filter_map(certified).collect();
        let found = table["coefficients"].as_array().unwrap();
        assert_eq!(found.len(), certified.len(), "{name}");
        for (f, [estimate, error]) in found.iter().zip(certified) {
            let worst = |key: &str, want: f64| {
                let x = f[key].as_f64().unwrap();
                // 14.0 digits of coefficients, 13.5 of standard errors; of a certified zero the absolute error.
                let tolerance = if key == "estimate" { 1e-14 } else { 3e-14 };
                let scale = if want == 0.0 { 1.0 } else { want.abs() };
                assert!(
                    (x - want).abs() <= tolerance * scale,
                    "{name}, {key} of {}: {x:e} is not {want:e}",
                    f["term"]
                );
            };
            worst("estimate", estimate);
            worst("std_error", error);
        }
    }
}

/// The certified value and standard deviation of a line `B1  value  deviation`.
fn certified(line: &str) -> Option<[f64; 2]> {
    let w: Vec<&str> = line.split_whitespace().collect();
    let is_coef = w.len() == 3 && w[0].starts_with('B') && w[0][1..].parse::<u32>().is_ok();
    is_coef.then(|| [w[1], w[2]].map(|x| x.parse().unwrap()))
}

fn write(dir: &Path, columns: &[&str], rows: usize, cell: impl Fn(usize, usize) -> String) {
    let mut text = columns.join(",") + "\n";
    for i in 0..rows {
        let cells: Vec<String> = (0..columns.len()).map(|j| cell(i, j)).collect();
        text += &(cells.join(",") + "\n");
    }
    std::fs::write(dir.join("t.csv"), text).unwrap();
}

/// Digits that look random, from the place of a cell.
fn noise(i: usize, j: usize) -> f64 {
    let x = ((i * 7919 + j * 104729 + 12345) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (x >> 40) as f64 / (1u64 << 24) as f64
}

#[test]
fn a_model_of_fifty_columns_stays_below_64_kib_with_its_robust_covariance() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let names: Vec<String> =
        (0..50).map(|j| format!("column_with_a_name_{j}")).chain(["y".to_owned()]).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    write(dir, &names, 300, |i, j| noise(i, j).to_string());
    let options = ["--target", "y", "--model", "linear", "--cov", "hc3"].map(str::to_owned);
    train(dir, "t.csv", &options, "m");
    let size = std::fs::metadata(dir.join("m")).unwrap().len();
    assert!(size < 64 * 1024, "{size} bytes");
    // Nothing but the artifact is needed.
    std::fs::remove_file(dir.join("t.csv")).unwrap();
    let table = succeed(dir, &["inspect", "m", "--json"]).json();
    assert_eq!(
        (table["covariance"].as_str(), table["coefficients"].as_array().unwrap().len()),
        (Some("hc3"), 51)
    );
    assert!(succeed(dir, &["inspect", "m"]).out.contains("Durbin-Watson"));
}

#[test]
fn aliased_terms_are_named_with_their_combination_under_every_policy() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(dir, &["rooms", "bedrooms", "total", "half", "y"], 40, |i, j| {
        let (a, b) = (i % 7, (i * i) % 11);
        match j {
            0 => a.to_string(),
            1 => b.to_string(),
            2 => (a + b).to_string(),
            3 => format!("{}", 3.0 - 0.5 * b as f64),
            _ => format!("{}", 2.0 * a as f64 - b as f64 + noise(i, 9)),
        }
    });
    let options =
        |policy: &str| ["--target", "y", "--model", "linear", "--aliased", policy].map(str::to_owned);
    train(dir, "t.csv", &options("drop"), "m");
    let said = succeed(dir, &["inspect", "m"]).out;
    assert!(said.contains("dropped total = 1·rooms + 1·bedrooms\n"), "{said}");
    assert!(said.contains("dropped half = -0.5·bedrooms + 3\n"), "{said}");
    train(dir, "t.csv", &options("min-norm"), "n");
    let [m, n] = ["m", "n"].map(|model| {
        let out = succeed(dir, &["predict", model, "t.csv", "--interval", "0.95"]).out;
        let rows = out.lines().skip(1).map(|l| l.split(',').map(|x| x.parse().unwrap()).collect());
        rows.collect::<Vec<Vec<f64>>>()
    });
    for (a, b) in m.iter().flatten().zip(n.iter().flatten()) {
        assert!((a - b).abs() < 1e-12, "{a} {b}");
    }
    let estimates = |model: &str| -> Vec<f64> {
        let table = succeed(dir, &["inspect", model, "--json"]).json();
        table["coefficients"].as_array().unwrap()[1..]
            .iter()
            .map(|c| c["estimate"].as_f64().unwrap())
            .collect()
    };
    let norm = |x: Vec<f64>| x.iter().map(|x| x * x).sum::<f64>();
    let [least, dropped] = ["n", "m"].map(|model| norm(estimates(model)));
    assert!(least < dropped && estimates("n").iter().all(|x| *x != 0.0));
    let mut args = vec!["train", "t.csv", "-o", "e"];
    let error = options("error");
    args.extend(error.iter().map(String::as_str));
    let refused = run(dir, &args);
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.contains("total = 1·rooms + 1·bedrooms, half = -0.5·bedrooms + 3"),
        "{}",
        refused.err
    );
    assert!(!dir.join("e").exists());
}

#[test]
fn what_is_undefined_is_said_and_not_printed_as_a_number() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let options = ["--target", "y", "--model", "linear", "--task", "regress"].map(str::to_owned);
    // As many rows as parameters; then one row of leverage one.
    std::fs::write(dir.join("t.csv"), "x,y\n1,2\n3,5\n").unwrap();
    train(dir, "t.csv", &options, "m");
    let said = succeed(dir, &["inspect", "m"]).out;
    assert!(said.contains("undefined") && !said.contains("NaN") && !said.contains("inf"), "{said}");
    let table = succeed(dir, &["inspect", "m", "--json"]).json();
    assert!(
        table["coefficients"][1]["std_error"].is_null()
            && table["adjusted_r2"].is_null()
            && table["f"].is_null()
    );
    let refused = run(dir, &["predict", "m", "t.csv", "--interval", "0.95"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("there are no more rows (or clusters) than parameters"), "{}", refused.err);
    std::fs::write(dir.join("t.csv"), "x,only,y\n1,0,2\n3,0,5\n4,0,5\n7,0,11\n2,1,9\n6,0,8\n").unwrap();
    let robust = [&options[..], &["--cov".to_owned(), "hc3".to_owned()]].concat();
    train(dir, "t.csv", &robust, "m");
    let table = succeed(dir, &["inspect", "m", "--json"]).json();
    assert!(table["coefficients"][1]["std_error"].is_null() && table["residual_sd"].is_f64(), "{table}");
    let refused = run(dir, &["predict", "m", "t.csv", "--interval", "0.95"]);
    assert!(refused.code == 1 && refused.err.contains("a row has leverage one"), "{}", refused.err);
}

#[test]
fn wrong_options_of_linear_models_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    std::fs::write(dir.join("t.csv"), "a,c,w,g,y\n1,u,1,p,2\n2,v,-1,,4\n3,u,1,q,5\n4,v,2,q,9\n5,u,1,p,9\n")
        .unwrap();
    for (args, code, part) in [
        (&["--poly", "c:2"][..], 1, "column \"c\" must hold numbers"),
        (&["--poly", "b:2"], 1, "column \"b\" is not one of the features"),
        (&["--poly", "a"], 2, "such as age:2"),
        (&["--poly", "a:65"], 2, "from 1 to 64"),
        (&["--interact", "a"], 2, "such as age:sex"),
        (&["--interact", "a:a"], 1, "--poly a:2"),
        (&["--interact", "a:y"], 1, "column \"y\" is not one of the features"),
        (&["--cov", "hc9"], 2, "hc9"),
        (&["--cov", "cluster"], 2, "--cov cluster needs --cluster COL"),
        (&["--cluster", "g"], 2, "--cluster needs --cov cluster"),
        (&["--cov", "cluster", "--cluster", "g"], 1, "line 3: there is no value in column \"g\""),
        (&["--cov", "cluster", "--cluster", "z"], 1, "there is no column \"z\""),
        (
            &["--weights", "w"],
            1,
            "line 3: the weight of a row must be a number that is not negative, found -1",
        ),
        (&["--weights", "y"], 1, "the target \"y\""),
        (&["--aliased", "keep"], 2, "keep"),
    ] {
        let mut all = vec!["train", "t.csv", "--target", "y", "--model", "linear", "-o", "m"];
        all.extend(args);
        let ran = run(dir, &all);
        assert!(ran.code == code && ran.err.contains(part), "{args:?}: {} {}", ran.code, ran.err);
        assert!(!dir.join("m").exists(), "{args:?}");
    }
    let level = run(dir, &["predict", "m", "t.csv", "--interval", "95"]);
    assert!(level.code == 2 && level.err.contains("between 0 and 1"), "{}", level.err);
}

#[test]
fn nested_models_are_compared_as_by_statsmodels() {
    let path = root().join("tests/golden/statsmodels_anova.json");
    let golden: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    for case in golden["cases"].as_array().unwrap() {
        let data = root().join(case["data"].as_str().unwrap()).display().to_string();
        for model in ["small", "large"] {
            let options: Vec<String> = serde_json::from_value(case[model].clone()).unwrap();
            train(dir, &data, &options, model);
        }
        let table = succeed(dir, &["inspect", "large", "--against", "small", "--json"]).json();
        agree(&table["anova"], &case["anova"], &case["large"].to_string());
        let text = succeed(dir, &["inspect", "large", "--against", "small"]).out;
        assert!(text.contains("against the smaller model"), "{text}");
    }
    let turned = run(dir, &["inspect", "small", "--against", "large"]);
    assert_eq!(turned.code, 1);
    assert!(turned.err.contains("is not in the larger model"), "{}", turned.err);
    let same = run(dir, &["inspect", "large", "--against", "large"]);
    assert!(same.code == 1 && same.err.contains("large"), "{}", same.err);
}
