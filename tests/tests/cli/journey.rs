//! The program as a person uses it: quickstart, train, evaluate, predict, inspect.

use planish_tests::program::{data, planish, run, run_with_input, succeed};
use std::path::Path;

/// A small table: y = 3x + 2 plus the city, and a class that follows x.
fn write_table(folder: &Path) {
    let mut text = "x,city,y,k\n".to_owned();
    for i in 0..120 {
        let x = f64::from(i) * 0.25;
        let city = ["Bonn", "Kiel", "Ulm"][i as usize % 3];
        text += &format!(
            "{x},{city},{},{}\n",
            3.0 * x + 2.0 + f64::from(i % 3),
            if i < 60 { "low" } else { "high" }
        );
    }
    std::fs::write(folder.join("t.csv"), text).unwrap();
}

#[test]
fn quickstart_trains_both_models_and_its_advice_works() {
    let folder = tempfile::tempdir().unwrap();
    let ran = succeed(folder.path(), &["quickstart"]);
    assert!(ran.out.contains("accuracy") && ran.out.contains("rmse"), "{}", ran.out);
    let advice: Vec<&str> =
        ran.out.lines().filter(|l| l.contains(" inspect ") || l.contains(" predict ")).collect();
    assert_eq!(advice.len(), 2);
    for line in advice {
        let args: Vec<&str> = line.split_whitespace().skip(1).collect();
        succeed(folder.path(), &args);
    }
    let predicted = succeed(
        folder.path(),
        &["predict", "planish-quickstart/species.safetensors", "planish-quickstart/test.csv"],
    );
    let saved =
        std::fs::read_to_string(folder.path().join("planish-quickstart/species.predictions.csv")).unwrap();
    assert_eq!(predicted.out, saved);
    let scores = succeed(
        folder.path(),
        &["evaluate", "planish-quickstart/species.safetensors", "planish-quickstart/test.csv", "--json"],
    )
    .json();
    assert!(scores["metrics"]["accuracy"].as_f64().unwrap() > 0.9);
    let scores = succeed(
        folder.path(),
        &["evaluate", "planish-quickstart/body_mass.safetensors", "planish-quickstart/test.csv", "--json"],
    )
    .json();
    assert!(scores["metrics"]["r2"].as_f64().unwrap() > 0.7);
}

#[test]
fn a_classifier_goes_from_table_to_predictions_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir);
    let summary = succeed(
        dir,
        &[
            "train",
            "t.csv",
            "--target",
            "k",
            "--hidden",
            "8",
            "--epochs",
            "150",
            "--batch-size",
            "16",
            "--drop",
            "y",
            "-o",
            "m",
            "--json",
        ],
    )
    .json();
    assert_eq!(
        (summary["task"].as_str(), summary["task_inferred"].as_bool(), summary["rows"].as_u64()),
        (Some("classify"), Some(true), Some(120))
    );
    let scores = succeed(dir, &["evaluate", "m", "t.csv", "--json"]).json();
    assert_eq!((scores["task"].as_str(), scores["rows"].as_u64()), (Some("classify"), Some(120)));
    assert!(["accuracy", "auc"].iter().all(|k| scores["metrics"][k].as_f64().unwrap() > 0.95), "{scores}");
    assert!(["mcc", "f1", "pr_auc", "ece"].iter().all(|k| scores["metrics"][k].is_f64()), "{scores}");
    let matrix = &scores["confusion_matrix"];
    assert_eq!(matrix["classes"], serde_json::json!(["high", "low"]));
    let cells = matrix["rows"].as_array().unwrap().iter().flat_map(|r| r.as_array().unwrap());
    assert_eq!(cells.map(|n| n.as_u64().unwrap()).sum::<u64>(), 120);
    let text = succeed(dir, &["evaluate", "m", "t.csv"]).out;
    assert!(
        text.starts_with("120 rows\n  accuracy ") && text.contains("true \\ predicted  high  low\n"),
        "{text}"
    );
    succeed(dir, &["predict", "m", "t.csv", "-o", "p.csv"]);
    let predictions = std::fs::read_to_string(dir.join("p.csv")).unwrap();
    let lines: Vec<&str> = predictions.lines().collect();
    assert_eq!((lines[0], lines.len()), ("prediction,probability_high,probability_low", 121));
    assert!(lines[1].starts_with("low,") && lines[120].starts_with("high,"));
    let table = std::fs::read(dir.join("t.csv")).unwrap();
    let piped = run_with_input(dir, &["predict", "m", "-"], &table);
    assert_eq!((piped.code, piped.out), (0, predictions));
    let inspect = succeed(dir, &["inspect", "m", "--json"]).json();
    assert_eq!(inspect["parameters"], 4 * 8 + 8 + 8 + 1);
    // The held-out rows, an eighth, are in the model by their classes.
    let held: Vec<Vec<u64>> = serde_json::from_value(inspect["record"]["confusion"].clone()).unwrap();
    let (all, right) = (held.iter().flatten().sum::<u64>(), held[0][0] + held[1][1]);
    assert_eq!(inspect["record"]["history"]["validation_rows"], all);
    assert_eq!(inspect["record"]["validation"]["accuracy"], right as f64 / all as f64);
    let text = succeed(dir, &["inspect", "m"]).out;
    assert!(text.contains("network 4 → 8 → 1") && text.contains("true \\ predicted  high  low\n"), "{text}");
}

#[test]
fn a_linear_model_finds_the_exact_coefficients() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir);
    succeed(dir, &["train", "t.csv", "--target", "y", "--model", "linear", "--drop", "k", "-o", "m"]);
    let inspect = succeed(dir, &["inspect", "m", "--json"]).json();
    let terms: Vec<(&str, f64)> = inspect["coefficients"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["term"].as_str().unwrap(), c["estimate"].as_f64().unwrap()))
        .collect();
    assert_eq!(terms, [("(intercept)", 2.0), ("x", 3.0), ("city[Kiel]", 1.0), ("city[Ulm]", 2.0)]);
    let through_zero = [
        "train",
        "t.csv",
        "--target",
        "y",
        "--model",
        "linear",
        "--drop",
        "k",
        "--drop",
        "city",
        "--no-intercept",
        "-o",
        "m0",
    ];
    succeed(dir, &through_zero);
    let inspect = succeed(dir, &["inspect", "m0", "--json"]).json();
    assert_eq!(inspect["coefficients"].as_array().unwrap().len(), 1);
}

#[test]
fn aliased_columns_are_dropped_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = "a,b,total,y\n".to_owned();
    for i in 0..50 {
        let (a, b) = (f64::from(i) * 0.1, f64::from(i * i % 17) * 0.3);
        text += &format!("{a:.1},{b:.1},{:.1},{}\n", a + b, 2.0 * a - b);
    }
    std::fs::write(folder.path().join("t.csv"), text).unwrap();
    let ran = succeed(folder.path(), &["train", "t.csv", "--target", "y", "--model", "linear", "-o", "m"]);
    assert!(ran.out.contains("dropped total"), "{}", ran.out);
    assert_eq!(succeed(folder.path(), &["inspect", "m", "--json"]).json()["aliased"][0], "total");
}

#[test]
fn a_regression_network_predicts_in_the_targets_units() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir);
    succeed(
        dir,
        &[
            "train",
            "t.csv",
            "--target",
            "y",
            "--drop",
            "k",
            "--hidden",
            "16",
            "--lr",
            "0.01",
            "--batch-size",
            "16",
            "-o",
            "m",
        ],
    );
    let scores = succeed(dir, &["evaluate", "m", "t.csv", "--json"]).json();
    assert!(scores["metrics"]["r2"].as_f64().unwrap() > 0.99, "{scores}");
    let metrics = ["rmse", "mae", "mape", "median_ae", "max_error", "explained_variance"];
    assert!(metrics.iter().all(|k| scores["metrics"][k].is_f64()), "{scores}");
    assert!(scores.get("confusion_matrix").is_none());
}

#[test]
fn unknown_categories_missing_values_and_extra_columns_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir);
    succeed(dir, &["train", "t.csv", "--target", "y", "--drop", "k", "--model", "linear", "-o", "m"]);
    std::fs::write(dir.join("new.csv"), "city,x,more\nOslo,1,z\nKiel,NA,z\nUlm,2,z\n").unwrap();
    let ran = succeed(dir, &["predict", "m", "new.csv"]);
    assert_eq!(ran.out.lines().count(), 4);
    assert!(ran.err.contains("ignored column: more"), "{}", ran.err);
    assert!(
        ran.err.contains("a category that the model does not know, for which the average of the training rows was used: city in 1 row\n"),
        "{}",
        ran.err
    );
    assert!(
        ran.err.contains("no value, for which the training rows' typical value was used: x in 1 row\n"),
        "{}",
        ran.err
    );
    // The unknown city is the average one: 3·1 + 2 + (0 + 1 + 2)/3.
    assert_eq!(ran.out.lines().nth(1), Some("6"));
}

#[test]
fn help_shows_examples_and_output_ends_quietly_in_a_closed_pipe() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["quickstart", "train", "evaluate", "predict", "inspect", "serve"] {
        let help = succeed(folder.path(), &[command, "--help"]).out;
        assert!(help.contains("Example") && help.contains(&format!("planish {command}")), "{command}");
    }
    assert_eq!(run(folder.path(), &[]).code, 2);
    assert_eq!(run(folder.path(), &["trian"]).code, 2);
    #[cfg(unix)]
    {
        let model = folder.path().join("m");
        succeed(
            folder.path(),
            &[
                "train",
                &data("adult_sample.csv"),
                "--target",
                "income",
                "--hidden",
                "4",
                "--epochs",
                "1",
                "-o",
                "m",
            ],
        );
        let mut child = planish()
            .args(["predict", &model.display().to_string(), &data("adult_sample.csv")])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success() && !String::from_utf8_lossy(&ended.stderr).contains("panicked"));
    }
}
