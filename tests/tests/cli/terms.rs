//! What the terms of a linear model are called, against what they are set, and what is said of a prediction that the terms do not support.

use planish_tests::program::{run, succeed};
use planish_tests::server::Server;
use serde_json::{Value, json};
use std::path::Path;

/// y and a class k of two numbers, one of them twice the other, and a category.
fn table() -> String {
    let row = |i: usize| {
        let (x, g) = (i % 13, ["a", "b", "c d"][i % 3]);
        let y = (i * 7 % 11) as f64 + 0.5 * x as f64;
        let k = if i * 5 % 7 < 3 { "no" } else { "yes" };
        format!("{x},{},{g},{},{y},{k}\n", 2 * x, i * i % 17)
    };
    "x,z,g,x^2,y,k\n".to_owned() + &(0..60).map(row).collect::<String>()
}

fn train(dir: &Path, target: &str, options: &[&str]) -> planish_tests::program::Ran {
    std::fs::write(dir.join("t.csv"), table()).unwrap();
    let other = if target == "y" { "k" } else { "y" };
    let args = [
        "train",
        "t.csv",
        "--model",
        "linear",
        "--overwrite",
        "-o",
        "m",
        "--target",
        target,
        "--drop",
        other,
    ];
    succeed(dir, &[&args[..], options].concat())
}

fn names(model: &Value) -> Vec<&str> {
    model["coefficients"].as_array().unwrap().iter().map(|c| c["term"].as_str().unwrap()).collect()
}

#[test]
fn a_power_never_has_the_name_of_a_column() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    for target in ["y", "k"] {
        train(dir, target, &["--poly", "x:2", "--drop", "z"]);
        let model = succeed(dir, &["inspect", "m", "--json"]).json();
        assert_eq!(names(&model), ["(intercept)", "x", "(x)^2", "g[b]", "g[c d]", "x^2"]);
        // Nor of one that is left out of the model.
        train(dir, target, &["--poly", "x:2", "--drop", "z,x^2"]);
        let model = succeed(dir, &["inspect", "m", "--json"]).json();
        assert_eq!(names(&model), ["(intercept)", "x", "(x)^2", "g[b]", "g[c d]"]);
    }
    let plain = table().replace("x^2", "v").replace("x,z", "(intercept),z");
    std::fs::write(dir.join("i.csv"), plain).unwrap();
    succeed(
        dir,
        &[
            "train",
            "i.csv",
            "--target",
            "y",
            "--drop",
            "k,z",
            "--model",
            "ols",
            "--interact",
            "v:g",
            "-o",
            "i",
        ],
    );
    let model = succeed(dir, &["inspect", "i", "--json"]).json();
    assert_eq!(names(&model), ["((intercept))", "(intercept)", "g[b]", "g[c d]", "v", "v:g[b]", "v:g[c d]"]);
}

#[test]
fn the_reference_levels_the_modelled_class_and_dropped_terms_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let levels = json!([{ "column": "g", "level": "a" }]);
    for target in ["y", "k"] {
        let trained = train(dir, target, &[]);
        assert!(trained.out.contains("dropped z = 2·x\n"), "{}", trained.out);
        let (text, model) =
            (succeed(dir, &["inspect", "m"]).out, succeed(dir, &["inspect", "m", "--json"]).json());
        assert!(text.contains("\nreference levels: g[a]\n") && text.contains("dropped z = 2·x\n"), "{text}");
        assert_eq!((&model["reference_levels"], &model["single_levels"]), (&levels, &json!([])));
        assert_eq!(model["aliased_equations"], json!(["z = 2·x"]));
        let lines = model["coefficients"].as_array().unwrap();
        let dropped: Vec<_> = lines.iter().map(|c| c["dropped"].as_bool().unwrap()).collect();
        assert_eq!(dropped, [false, false, true, false, false, false]);
        if target == "k" {
            assert!(text.contains("\nclass yes against class no:\n"), "{text}");
            assert_eq!((&model["modelled_class"], &model["reference_class"]), (&json!("yes"), &json!("no")));
            assert!(lines.iter().all(|c| c["class"] == "yes"), "{lines:?}");
        }
        succeed(dir, &["report", "m", "--overwrite", "-o", "m.html"]);
        let page = std::fs::read_to_string(dir.join("m.html")).unwrap();
        assert!(page.contains("reference levels: g[a]") && page.contains("dropped z = 2·x"));
        if target == "k" {
            assert!(page.contains("Coefficients of class yes against class no."));
        }
    }
    // Without an intercept every level has a term.
    train(dir, "y", &["--no-intercept"]);
    let model = succeed(dir, &["inspect", "m", "--json"]).json();
    assert_eq!(model["reference_levels"], json!([]));
}

#[test]
fn a_category_of_one_level_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    std::fs::write(dir.join("t.csv"), "x,g,y\n1,a,2\n2,a,3\n3,a,9\n4,,1\n5,b,\n").unwrap();
    let args = ["train", "t.csv", "--target", "y", "--model", "ols", "--missing", "drop-rows", "-o", "m"];
    let trained = succeed(dir, &args);
    assert!(
        trained.err.contains("a category of one level in the rows that are fitted, which has no term: g (a)"),
        "{}",
        trained.err
    );
    let text = succeed(dir, &["inspect", "m"]).out;
    assert!(text.contains("categories of one level, which have no term: g[a]"), "{text}");
    let model = succeed(dir, &["inspect", "m", "--json"]).json();
    assert_eq!(model["single_levels"], json!([{ "column": "g", "level": "a" }]));
}

#[test]
fn a_prediction_off_the_relation_of_aliased_terms_carries_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    std::fs::write(dir.join("new.csv"), "x,z,g,x^2\n1,2,a,1\n1,100,a,1\n3,,b,2\n0.1,0.2,b,2\n").unwrap();
    for (target, more) in
        [("y", &[][..]), ("y", &["--aliased", "min-norm"]), ("y", &["--cov", "hc3"]), ("k", &[])]
    {
        train(dir, target, more);
        let ran = succeed(dir, &["predict", "m", "new.csv"]);
        let said = "off a relation that held in every row of the fit, so that nothing there supports the prediction: z = 2·x in 1 row";
        assert!(ran.err.contains(said), "{target} {more:?}: {}", ran.err);
        let notes = succeed(dir, &["predict", "m", "new.csv", "--json"]).json()["notes"].clone();
        assert_eq!(notes["off_relation"], json!({ "z = 2·x": 1 }));
        // The rows of the fit keep it.
        let ran = succeed(dir, &["predict", "m", "t.csv"]);
        assert!(!ran.err.contains("off a relation"), "{}", ran.err);
    }
    train(dir, "y", &[]);
    std::fs::rename(dir.join("m"), dir.join("m.safetensors")).unwrap();
    let server = Server::start(dir, &["m.safetensors"]);
    let body = json!({ "rows": [
        { "x": 1, "z": 2, "g": "a", "x^2": 1 },
        { "x": 1, "z": 23, "g": "q", "x^2": 1 },
    ], "interval": 0.95 });
    let (_, answer) = server.ask("POST", "/predict", &body.to_string());
    assert_eq!(answer["predictions"][0].get("warnings"), None);
    let warnings = json!([
        { "column": "g", "kind": "unknown_category" },
        { "column": "g", "kind": "interval_of_unknown" },
        { "column": "z", "kind": "off_relation", "relation": "z = 2·x" },
    ]);
    assert_eq!(answer["predictions"][1]["warnings"], warnings);
}

#[test]
fn an_interval_for_an_unknown_level_carries_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    train(dir, "y", &["--drop", "z"]);
    std::fs::write(dir.join("new.csv"), "x,g,x^2\n1,a,1\n1,q,1\n").unwrap();
    let ran = run(dir, &["predict", "m", "new.csv", "--interval", "0.9"]);
    let said = "an interval does not hold for a category that the model does not know: it is that of the average of the training rows: g in 1 row";
    assert!(ran.code == 0 && ran.err.contains(said), "{}", ran.err);
    let answer = succeed(dir, &["predict", "m", "new.csv", "--interval", "0.9", "--json"]).json();
    assert_eq!(answer["notes"]["intervals_of_unknown_categories"], json!({ "g": 1 }));
    let plain = succeed(dir, &["predict", "m", "new.csv"]);
    assert!(!plain.err.contains("interval"), "{}", plain.err);
}
