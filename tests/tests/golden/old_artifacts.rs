//! Models that an earlier version wrote, in `tests/golden/artifacts`: they open, predict the same bits, and are written again as the same bytes.

use planish_io::{load_model, load_model_mapped, save_model};
use planish_tests::program::{root, succeed};
use std::path::PathBuf;

/// Each model and the table of its predictions.
const MODELS: [(&str, &str); 13] = [
    ("blend", "penguins"),
    ("elastic_net", "penguins"),
    ("lasso", "penguins"),
    ("logistic", "adult"),
    ("multinomial", "penguins"),
    ("network_classes", "adult"),
    ("network_numbers", "california"),
    ("non_negative", "penguins"),
    ("ols", "penguins"),
    ("poisson", "adult"),
    ("ridge", "california"),
    ("trees_classes", "penguins"),
    ("trees_numbers", "california"),
];

fn folder() -> PathBuf {
    root().join("tests/golden/artifacts")
}

fn text(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

#[test]
fn old_models_predict_the_same_bits() {
    for (model, table) in MODELS {
        let args = ["predict", &format!("{model}.safetensors"), &format!("{table}.csv")];
        assert_eq!(succeed(&folder(), &args).out, text(&format!("{model}.predictions.csv")), "{model}");
    }
    let args = ["predict", "ols.safetensors", "penguins.csv", "--interval", "0.9"];
    assert_eq!(succeed(&folder(), &args).out, text("ols.intervals.csv"));
}

#[test]
fn old_models_are_inspected_and_evaluated() {
    for (model, table) in MODELS {
        let file = format!("{model}.safetensors");
        let told = succeed(&folder(), &["inspect", &file, "--json"]).json();
        assert!(told["columns"].as_array().is_some_and(|columns| !columns.is_empty()), "{model}: {told}");
        let scores = succeed(&folder(), &["evaluate", &file, &format!("{table}.csv"), "--json"]).json();
        assert!(
            scores["metrics"].as_object().is_some_and(|metrics| !metrics.is_empty()),
            "{model}: {scores}"
        );
    }
}

#[test]
fn old_models_are_written_again_as_the_same_bytes() {
    let out = tempfile::tempdir().unwrap();
    for (model, _) in MODELS {
        let path = folder().join(format!("{model}.safetensors"));
        let again = out.path().join(model);
        for model in [load_model(&path).unwrap(), load_model_mapped(&path).unwrap().0] {
            save_model(&model, &again).unwrap();
            assert!(std::fs::read(&again).unwrap() == std::fs::read(&path).unwrap(), "{}", path.display());
        }
    }
}

#[test]
fn every_kept_model_is_tried() {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    assert_eq!(
        files.filter(|path| path.extension().is_some_and(|e| e == "safetensors")).count(),
        MODELS.len()
    );
}
