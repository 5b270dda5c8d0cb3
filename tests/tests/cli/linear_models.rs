//! Ridge, lasso, elastic net, non-negative, logistic, multinomial and Poisson regression as a user runs them; the values of scikit-learn and
//! statsmodels are those of `crates/linreg/tests/models.json`.

use planish_tensor::Isa;
use planish_tests::program::{Ran, data, planish, root, run, run_with_input, succeed};
use planish_tests::server::Server;
use serde_json::{Value, json};
use std::path::Path;

fn golden() -> Value {
    let path = root().join("crates/linreg/tests/models.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn numbers(v: &Value) -> Vec<f64> {
    v.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// Writes the golden rows with all responses; classes are `c0`, `c1`, `c2`, and `no` and `yes`.
fn write_table(folder: &Path, g: &Value) {
    let mut text = "x0,x1,x2,x3,x4,y,binary,class,count\n".to_owned();
    for (i, x) in g["x"].as_array().unwrap().iter().enumerate() {
        let cells: Vec<String> = numbers(x).iter().map(f64::to_string).collect();
        let binary = if g["binary"][i] == 1.0 { "yes" } else { "no" };
        let row = format!("{},{binary},c{},{}", g["y"][i], g["classes"][i].as_f64().unwrap(), g["counts"][i]);
        text += &format!("{},{row}\n", cells.join(","));
    }
    std::fs::write(folder.join("t.csv"), text).unwrap();
}

/// Trains on one of the responses, the others left out.
fn train(folder: &Path, target: &str, options: &[&str]) -> Ran {
    let mut args = vec!["train", "t.csv", "--target", target, "-o", "m"];
    for other in ["y", "binary", "class", "count"].iter().filter(|o| **o != target) {
        args.extend(["--drop", other]);
    }
    args.extend(options);
    run(folder, &args)
}

/// Trains, and returns what `inspect --json` says.
fn inspected(folder: &Path, target: &str, options: &[&str]) -> Value {
    let ran = train(folder, target, options);
    assert_eq!(ran.code, 0, "{options:?}: {}", ran.err);
    succeed(folder, &["inspect", "m", "--json"]).json()
}

fn column(model: &Value, key: &str) -> Vec<f64> {
    model["coefficients"].as_array().unwrap().iter().map(|c| c[key].as_f64().unwrap()).collect()
}

#[track_caller]
fn close(got: &[f64], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len());
    for (g, w) in got.iter().zip(want) {
        assert!((g - w).abs() <= tolerance * w.abs().max(1e-3), "{g} is not {w}");
    }
}

#[test]
fn penalised_models_from_a_file_agree_with_scikit_learn() {
    let (folder, g) = (tempfile::tempdir().unwrap(), golden());
    write_table(folder.path(), &g);
    for (name, kind, options) in [
        ("ridge", "ridge", &["--model", "ridge", "--alpha", "7", "--no-standardize"][..]),
        ("lasso", "lasso", &["--model", "lasso", "--alpha", "0.1", "--no-standardize"]),
        (
            "elastic_net",
            "elastic-net",
            &["--model", "elastic-net", "--alpha", "0.2", "--l1-ratio", "0.3", "--no-standardize"],
        ),
        ("non_negative", "non-negative", &["--model", "non-negative"]),
    ] {
        let model = inspected(folder.path(), "y", options);
        assert_eq!((&model["kind"], &model["task"]), (&json!(kind), &json!("regress")));
        let want = &g[name]["plain"];
        let all = [vec![want["intercept"].as_f64().unwrap()], numbers(&want["coef"])].concat();
        close(&column(&model, "estimate"), &all, 1e-8);
        let through_zero = inspected(folder.path(), "y", &[options, &["--no-intercept"]].concat());
        close(&column(&through_zero, "estimate"), &numbers(&g[name]["no_intercept"]["coef"]), 1e-8);
    }
}

#[test]
fn generalised_models_from_a_file_agree_with_statsmodels() {
    let (folder, g) = (tempfile::tempdir().unwrap(), golden());
    write_table(folder.path(), &g);
    for (name, target, model) in [
        ("logistic", "binary", "linear"),
        ("multinomial", "class", "logistic"),
        ("poisson", "count", "poisson"),
    ] {
        let model = inspected(folder.path(), target, &["--model", model]);
        let want = &g[name]["plain"];
        assert_eq!(model["kind"], name);
        let flat = |key: &str| want[key].as_array().unwrap().iter().flat_map(numbers).collect::<Vec<_>>();
        close(&column(&model, "estimate"), &flat("params"), 1e-9);
        close(&column(&model, "std_error"), &flat("std_errors"), 1e-8);
        close(&column(&model, "p"), &flat("p"), 1e-7);
        let whole = |v: &Value| ["log_likelihood", "aic"].map(|k| v[k].as_f64().unwrap());
        close(&whole(&model), &whole(want), 1e-11);
    }
    let text = succeed(folder.path(), &["inspect", "m"]).out;
    assert!(text.contains("Poisson regression: 5 terms") && text.contains("std error"), "{text}");
    let penalised = inspected(folder.path(), "class", &["--model", "logistic", "--alpha", "2"]);
    assert!(penalised["coefficients"][0].get("std_error").is_none());
    assert_eq!(penalised["coefficients"][6]["class"], "c2");
}

#[test]
fn classes_are_predicted_with_probabilities_scored_and_served() {
    let (folder, g) = (tempfile::tempdir().unwrap(), golden());
    let dir = folder.path();
    write_table(dir, &g);
    for (target, classes) in [("binary", &["no", "yes"][..]), ("class", &["c0", "c1", "c2"])] {
        assert_eq!(train(dir, target, &["--model", "linear"]).code, 0);
        let scores = succeed(dir, &["evaluate", "m", "t.csv", "--json"]).json();
        assert_eq!(scores["task"], "classify");
        let loss = scores["metrics"]["log_loss"].as_f64().unwrap();
        let fitted = succeed(dir, &["inspect", "m", "--json"]).json();
        let mean = -fitted["log_likelihood"].as_f64().unwrap() / 90.0;
        assert!((loss - mean).abs() < 1e-12, "{loss} {mean}");
        let predicted = succeed(dir, &["predict", "m", "t.csv"]).out;
        let mut lines = predicted.lines();
        let header: Vec<String> = classes.iter().map(|c| format!("probability_{c}")).collect();
        assert_eq!(lines.next().unwrap(), format!("prediction,{}", header.join(",")));
        let first: Vec<&str> = lines.next().unwrap().split(',').collect();
        let probabilities: Vec<f64> = first[1..].iter().map(|p| p.parse().unwrap()).collect();
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-14);
        let x = numbers(&g["x"][0]);
        let row: Value =
            (0..5).map(|j| (format!("x{j}"), json!(x[j]))).collect::<serde_json::Map<_, _>>().into();
        let server = Server::start(dir, &["m"]);
        let (status, answer) = server.ask("POST", "/predict", &json!({ "rows": [row] }).to_string());
        let answer = &answer["predictions"][0];
        assert_eq!((status, &answer["prediction"]), (200, &json!(first[0])), "{answer}");
        for (class, p) in classes.iter().zip(&probabilities) {
            assert_eq!(answer["probabilities"][class].as_f64().unwrap(), *p);
        }
    }
}

#[test]
fn penalties_are_chosen_from_the_data() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let table = data("california_housing_train.csv");
    let fit = |options: &[&str]| {
        let args =
            [&["train", &table, "--target", "median_house_value", "-o", "m", "--json", "--model"], options]
                .concat();
        succeed(dir, &args).json()["fit"].clone()
    };
    let r2 = |fit: &Value| fit["r2"].as_f64().unwrap();
    let ridge = fit(&["ridge"]);
    assert!(r2(&ridge) > 0.647 && ridge["alphas"].as_array().unwrap().len() == 100);
    let lasso = fit(&["lasso"]);
    let sparse = fit(&["lasso", "--alpha-rule", "1se", "--folds", "10"]);
    assert!(r2(&lasso) > 0.64 && sparse["non_zero"].as_u64() < lasso["non_zero"].as_u64(), "{sparse}");
    assert!(r2(&fit(&["elastic-net", "--l1-ratio", "0.9"])) > 0.63);
    assert_eq!(fit(&["lasso", "--seed", "3"])["alphas"][0]["alpha"], lasso["alphas"][0]["alpha"]);
    assert!(r2(&fit(&["lasso", "--alpha", "1e9"])) == 0.0);
    succeed(dir, &["evaluate", "m", &table]);
}

#[test]
fn one_artifact_for_every_instruction_set() {
    let table = data("adult_sample.csv");
    for options in
        [&["income", "--model", "logistic", "--alpha", "1"][..], &["hours_per_week", "--model", "lasso"]]
    {
        let artifact = |isa: &str| {
            let folder = tempfile::tempdir().unwrap();
            let out = folder.path().join("m");
            let mut train = planish();
            train
                .args(["train", &table, "--target"])
                .args(options)
                .arg("-o")
                .arg(&out)
                .env("PLANISH_ISA", isa);
            let ran = train.output().unwrap();
            assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
            std::fs::read(out).unwrap()
        };
        let want = artifact("scalar");
        assert!(Isa::all_exact().into_iter().all(|isa| artifact(isa.name()) == want), "{options:?}");
    }
}

#[test]
fn a_table_may_come_from_standard_input() {
    let (folder, g) = (tempfile::tempdir().unwrap(), golden());
    write_table(folder.path(), &g);
    let table = std::fs::read(folder.path().join("t.csv")).unwrap();
    let drop = ["--drop", "y", "--drop", "class", "--drop", "count"];
    let args =
        [&["train", "-", "--target", "binary", "--model", "linear", "-o", "piped"][..], &drop].concat();
    assert_eq!(run_with_input(folder.path(), &args, &table).code, 0);
    assert_eq!(train(folder.path(), "binary", &["--model", "linear"]).code, 0);
    let read = |name| std::fs::read(folder.path().join(name)).unwrap();
    assert!(read("piped") == read("m"));
}

#[test]
fn separated_classes_and_counts_are_named_errors() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let mut text = "a,flag,y,n\n".to_owned();
    for i in 0..60_u32 {
        let flag = if i % 6 == 0 { "on" } else { "off" };
        let other = i * 7 % 5 < 2;
        let y = if flag == "on" || other { "yes" } else { "no" };
        let n = if flag == "on" { 0 } else { 1 + u32::from(other) };
        text += &format!("{},{flag},{y},{n}\n", i * 13 % 17);
    }
    std::fs::write(dir.join("t.csv"), text).unwrap();
    for (target, drop, model) in [("y", "n", "logistic"), ("n", "y", "poisson")] {
        let args = ["train", "t.csv", "--target", target, "--drop", drop, "--model", model, "-o", "m"];
        let ran = run(dir, &args);
        assert_eq!(ran.code, 1);
        assert!(
            ran.err.contains(&format!("the column flag tells the target {target} perfectly")),
            "{}",
            ran.err
        );
        assert!(!dir.join("m").exists());
        succeed(dir, &[&args[..], &["--alpha", "1"]].concat());
        std::fs::remove_file(dir.join("m")).unwrap();
    }
}

#[test]
fn wrong_uses_of_linear_models_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let rows: String =
        (0..20).map(|i| format!("{i},{},{}\n", if i % 3 == 0 { "u" } else { "v" }, i % 4 - 1)).collect();
    std::fs::write(dir.join("t.csv"), "x,c,n\n".to_owned() + &rows).unwrap();
    std::fs::write(dir.join("typo.csv"), "x,y\n1,2\n2,3\n3,4o\n4,5\n").unwrap();
    for (table, options, code, part) in [
        ("t.csv", &["c", "--model", "ridge", "--task", "classify"][..], 2, "--model ridge predicts numbers"),
        ("t.csv", &["c", "--model", "logistic", "--task", "regress"], 2, "--model logistic predicts classes"),
        ("t.csv", &["c", "--model", "ols"], 1, "column \"c\" must hold numbers, found \"u\" in line 2"),
        ("t.csv", &["c", "--model", "lasso"], 1, "column \"c\" must hold numbers, found \"u\" in line 2"),
        ("t.csv", &["n", "--model", "poisson"], 1, "line 2: a Poisson target must not be negative, found -1"),
        ("t.csv", &["n", "--model", "linear", "--alpha", "1"], 2, "least squares has no --alpha"),
        ("t.csv", &["n", "--model", "lasso", "--alpha", "0"], 1, "alpha is 0: it must be above 0"),
        ("t.csv", &["n", "--model", "lasso", "--folds", "30"], 1, "of 30 has no rows: use fewer folds"),
        ("t.csv", &["n", "--model", "elastic-net", "--l1-ratio", "0"], 2, "for 0 use --model ridge"),
        ("t.csv", &["n", "--model", "ridge", "--alpha", "-1"], 2, "it must be a number that is not negative"),
        (
            "typo.csv",
            &["y", "--model", "linear"],
            1,
            "line 4: the target \"y\" holds numbers, and here \"4o\"",
        ),
    ] {
        let args = [&["train", table, "-o", "m", "--target"], options].concat();
        let ran = run(dir, &args);
        assert_eq!(ran.code, code, "{options:?}: {}", ran.err);
        assert!(ran.err.contains(part), "{options:?}: {}", ran.err);
        assert!(!dir.join("m").exists());
    }
    for [option, value] in [["--folds", "3"], ["--l1-ratio", "0.2"]] {
        let args = ["train", "t.csv", "--target", "n", "--model", "ridge", option, value, "-o", "m"];
        let ran = run(dir, &args);
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains(&format!("{option} has no effect with --model ridge")), "{}", ran.err);
    }
}

#[test]
fn one_pass_over_standard_input_writes_the_file_of_one_pass_over_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let mut csv = "y,x,unused,city\n".to_owned();
    for i in 0..10_000 {
        let (x, city) = ((i * 37 % 101) as f64 / 8.0, ["a", "b", "c"][i % 3]);
        csv += &format!("{},{x},q,{city}\n", 2.0 + 0.5 * x + (i % 3) as f64 + (i % 7) as f64 * 0.01);
    }
    std::fs::write(dir.join("t.csv"), &csv).unwrap();
    let columns = "y:number,x:number,city:category=b|a|c";
    let train = |data, model| {
        vec![
            "train",
            data,
            "--target",
            "y",
            "--model",
            "linear",
            "--one-pass",
            "--columns",
            columns,
            "-o",
            model,
        ]
    };
    succeed(dir, &train("t.csv", "file"));
    let ran = run_with_input(dir, &train("-", "input"), csv.as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(std::fs::read(dir.join("file")).unwrap(), std::fs::read(dir.join("input")).unwrap());
    succeed(
        dir,
        &["train", "t.csv", "--target", "y", "--model", "linear", "--drop", "unused", "-o", "again"],
    );
    let [once, again] = ["file", "again"].map(|m| succeed(dir, &["inspect", m, "--json"]).json());
    for (a, b) in
        once["coefficients"].as_array().unwrap().iter().zip(again["coefficients"].as_array().unwrap())
    {
        assert_eq!((&a["term"], &a["estimate"]), (&b["term"], &b["estimate"]));
        let p = [a, b].map(|c| c["p"].as_f64().unwrap());
        assert!((p[0] - p[1]).abs() <= 1e-8 * p[1], "{a} {b}");
    }
    let shown = succeed(dir, &["inspect", "file"]).out;
    assert!(shown.contains("P>|t|") && shown.contains("F on 3 and 9996"), "{shown}");

    let strange = run_with_input(dir, &train("-", "none"), b"y,x,unused,city\n1,2,q,a\n2,3,q,z\n");
    assert_eq!(strange.code, 1);
    assert!(
        strange.err.contains("standard input: line 3: column \"city\" has \"z\", which was not declared"),
        "{}",
        strange.err
    );
    let missing = run_with_input(dir, &train("-", "none"), b"y,x,unused,city\n1,,q,a\n");
    assert!(
        missing.err.contains("standard input: line 2: column \"x\" has a missing value"),
        "{}",
        missing.err
    );
    let other = run_with_input(dir, &train("-", "none"), b"y,unused,city\n1,q,a\n");
    assert!(other.err.contains("column \"x\""), "{}", other.err);
    assert!(!dir.join("none").exists());
}
