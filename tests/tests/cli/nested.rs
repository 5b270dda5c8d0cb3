//! `planish inspect LARGE --against SMALL` compares only models of the same rows. The sums of squares of the two fits are
//! exact, in fractions.

use planish_tests::program::{Ran, penguins, root, run, succeed};
use std::path::Path;

/// Numbers y and x with a second column z and weights w.
const ROWS: [[&str; 4]; 8] = [
    ["3", "1", "2", "1"],
    ["1", "2", "7", "1"],
    ["4", "3", "1", "2"],
    ["1", "4", "8", "1"],
    ["5", "5", "2", "3"],
    ["9", "6", "8", "1"],
    ["2", "7", "1", "1"],
    ["6", "8", "8", "2"],
];

fn table(change: impl Fn(usize, [&str; 4]) -> [String; 4]) -> String {
    let rows = ROWS.iter().enumerate().map(|(i, row)| change(i, *row).join(",") + "\n");
    "y,x,z,w\n".to_owned() + &rows.collect::<String>()
}

fn as_it_is() -> String {
    table(|_, row| row.map(str::to_owned))
}

fn train(dir: &Path, text: &str, model: &str, options: &[&str]) {
    std::fs::write(dir.join("t.csv"), text).unwrap();
    train_file(dir, "t.csv", model, options);
}

fn train_file(dir: &Path, file: &str, model: &str, options: &[&str]) {
    let args = ["train", file, "--target", "y", "--model", "ols", "--overwrite", "-o", model];
    succeed(dir, &[&args[..], options].concat());
}

fn against(dir: &Path, options: &[&str]) -> Ran {
    run(dir, &[&["inspect", "large", "--against", "small"][..], options].concat())
}

const SMALL: [&str; 4] = ["--drop", "z", "--drop", "w"];

#[test]
fn the_same_rows_are_known_whatever_the_file_the_threads_and_the_passes() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    train(dir, &as_it_is(), "large", &["--drop", "w"]);
    // Other ends of lines, quotes and digits; and the formats that predictions are written in, with what was kept of the table.
    let text = table(|_, [y, x, z, w]| [format!("\"{y}.0\""), format!("{x}.00"), z.to_owned(), w.to_owned()]);
    std::fs::write(dir.join("other.csv"), text.replace('\n', "\r\n")).unwrap();
    for other in ["p.csv.gz", "p.jsonl"] {
        succeed(dir, &["predict", "large", "t.csv", "--keep", "y,x,z,w", "-o", other]);
    }
    let columns = ["--one-pass", "--columns", "y:number,x:number,z:number,w:number"];
    for (file, more) in [
        ("t.csv", &[][..]),
        ("other.csv", &[]),
        ("p.csv.gz", &["--drop", "prediction"]),
        ("p.jsonl", &["--drop", "prediction"]),
        ("t.csv", &["--threads", "1"]),
        ("t.csv", &columns),
    ] {
        train_file(dir, file, "small", &[&SMALL[..], more].concat());
        let anova = against(dir, &["--json"]).json()["anova"].clone();
        assert_eq!(
            (&anova["same_rows"], &anova["covariance"]),
            (&"proved".into(), &"classical".into()),
            "{file} {more:?}"
        );
        for (found, want) in anova["rss"].as_array().unwrap().iter().zip(RSS) {
            assert!((found.as_f64().unwrap() / want - 1.0).abs() < 1e-14, "{anova}");
        }
    }
    let text = against(dir, &[]).out;
    assert!(text.contains("covariance: classical, since F compares sums of squares\n"), "{text}");
}

/// Of y on 1 and x, and on 1, x and z: by the normal equations in fractions.
const RSS: [f64; 2] = [1143.0 / 28.0, 85193.0 / 2115.0];

#[test]
fn models_of_other_rows_are_refused_and_it_is_said_why() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let refused = |large: &[&str], text: &str, small: &[&str], why: &str| {
        train(dir, &as_it_is(), "large", large);
        train(dir, text, "small", small);
        let ran = against(dir, &[]);
        assert!(ran.code == 1 && ran.err.contains(why), "{why}: {} {}", ran.out, ran.err);
        assert!(
            ran.err.contains("small: ") && ran.err.contains("only models of the same rows are compared"),
            "{}",
            ran.err
        );
    };
    let large = ["--drop", "w"];
    let text = |change: fn(usize, [&str; 4]) -> [&str; 4]| table(|i, row| change(i, row).map(str::to_owned));
    // The same number, sum and sum of squares of y.
    let swapped = text(|i, [y, x, z, w]| {
        [["3", "1", "4", "1", "5", "9", "6", "2"][i], x, z, w].map(|c| if c == y { y } else { c })
    });
    refused(&large, &swapped, &SMALL, "other values of the target");
    let other_x = text(|i, [y, x, z, w]| [y, if i == 3 { "4.5" } else { x }, z, w]);
    refused(&large, &other_x, &SMALL, "column \"x\" had other values");
    let fewer = as_it_is().rsplit_once("6,8").unwrap().0.to_owned();
    refused(&large, &fewer, &SMALL, "it was fitted to 7 rows, the larger model to 8");
    let missing = text(|i, [y, x, z, w]| [y, if i == 3 { "" } else { x }, z, w]);
    refused(&large, &missing, &[&SMALL[..], &["--missing", "drop-rows"]].concat(), "it was fitted to 7 rows");
    refused(&["--weights", "w"], &as_it_is(), &SMALL, "with other weights");
    let weighted = ["--weights", "w", "--drop", "z"];
    let other_weights = text(|i, [y, x, z, w]| [y, x, z, if i == 3 { "2" } else { w }]);
    refused(&["--weights", "w"], &other_weights, &weighted, "with other weights");
    // Weights that are all one are none.
    train(dir, &as_it_is(), "large", &large);
    train(dir, &text(|_, [y, x, z, _]| [y, x, z, "1"]), "small", &weighted);
    assert_eq!(against(dir, &["--json"]).json()["anova"]["same_rows"], "proved");
}

#[test]
fn a_power_is_not_taken_for_a_column_of_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    train(dir, &as_it_is().replacen("y,x,z,w", "y,x,x^2,w", 1), "large", &["--drop", "w"]);
    train(dir, &as_it_is(), "small", &[&SMALL[..], &["--poly", "x:2"]].concat());
    let ran = against(dir, &[]);
    assert!(ran.code == 1 && ran.err.contains("term \"x^2\" is not in the larger model"), "{}", ran.err);
}

#[test]
fn a_model_of_an_earlier_version_is_compared_with_a_warning_and_the_covariance_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let large = root().join("tests/golden/artifacts/ols.safetensors").display().to_string();
    let data = penguins();
    let small = [
        "train",
        &data,
        "--target",
        "body_mass_g",
        "--model",
        "ols",
        "--poly",
        "flipper_length_mm:2",
        "-o",
        "small",
    ];
    succeed(dir, &small);
    let found = succeed(dir, &["inspect", &large, "--against", "small", "--json"]).json();
    assert_eq!(
        (&found["anova"]["same_rows"], &found["anova"]["covariance"]),
        (&"unproved".into(), &"classical".into())
    );
    let text = succeed(dir, &["inspect", &large, "--against", "small"]).out;
    for part in ["cannot be proved", "covariance: classical", "hc3 of the models' own tables is not used"] {
        assert!(text.contains(part), "{text}");
    }
}
