//! Cells without a value are filled in: how many of which column is said by every command that does it, on standard error and in its JSON,
//! and `train` counts as `evaluate` does on the same table.

use planish_tests::program::{Ran, penguins, run, succeed};
use serde_json::{Value, json};

/// The lines about cells without a value.
fn said(ran: &Ran) -> Vec<&str> {
    ran.err.lines().filter(|line| line.contains("no value")).collect()
}

/// The cells that `train`, `evaluate` and `report` say of the penguins, which must agree.
fn counted(target: &str, options: &[&str]) -> (Value, usize) {
    let folder = tempfile::tempdir().unwrap();
    let (dir, table) = (folder.path(), penguins());
    let train = [&["train", &table, "--target", target, "-o", "m", "--json"][..], options].concat();
    let trained = succeed(dir, &train);
    let counts = trained.json()["missing_values_filled"].clone();
    for args in [["evaluate", "m", &table, "--json"], ["report", "m", &table, "--json"]] {
        let scored = succeed(dir, &args);
        let of_command = scored.json().get("missing_values_filled").cloned().unwrap_or(json!({}));
        assert_eq!((&of_command, said(&scored)), (&counts, said(&trained)), "{args:?} {options:?}");
    }
    let columns = counts.as_object().unwrap();
    assert_eq!(said(&trained).len(), usize::from(!columns.is_empty()), "one line for all columns");
    assert!(columns.keys().all(|column| said(&trained)[0].contains(column.as_str())));
    (counts, said(&trained).len())
}

#[test]
fn train_says_how_many_cells_it_filled_and_evaluate_counts_the_same() {
    // A missing sex is a level of its own, and nothing is filled in for it.
    let two = json!({ "bill_length_mm": 2, "bill_depth_mm": 2, "flipper_length_mm": 2, "body_mass_g": 2 });
    for options in [
        &["--hidden", "4", "--epochs", "2"][..],
        &["--hidden", "4", "--epochs", "2", "--embed-above", "1"],
        &["--model", "linear", "--alpha", "1"],
        &["--model", "logistic", "--alpha", "1"],
    ] {
        assert_eq!(counted("species", options), (two.clone(), 1), "{options:?}");
    }
}

#[test]
fn rows_without_a_target_are_left_out_so_nothing_is_filled_in_them() {
    // The two rows without measurements have no body mass either.
    for model in ["mlp", "linear", "ridge", "lasso", "elastic-net", "non-negative", "poisson"] {
        let options: &[&str] = if model == "mlp" { &["--epochs", "2"] } else { &[] };
        assert_eq!(
            counted("body_mass_g", &[&["--model", model], options].concat()),
            (json!({}), 0),
            "{model}"
        );
    }
}

#[test]
fn every_linear_model_says_what_it_filled() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let mut table = "x,z,c,y\n".to_owned();
    for i in 0..60 {
        let x = if i % 20 == 7 { String::new() } else { (i % 9).to_string() };
        let y = if i == 7 { String::new() } else { (3 + i % 9 + i % 2).to_string() };
        table += &format!("{x},{},{},{y}\n", i * i % 11, ["a", "b"][i % 2]);
    }
    std::fs::write(dir.join("t.csv"), table).unwrap();
    let line = "note: no value, for which the training rows' typical value was used: x in 2 rows";
    for model in ["linear", "ols", "ridge", "lasso", "elastic-net", "non-negative", "poisson", "mlp"] {
        let train = ["train", "t.csv", "--target", "y", "--model", model, "-o", "m", "--task", "regress"];
        assert_eq!(said(&succeed(dir, &train)), [line], "{model}");
        assert_eq!(said(&succeed(dir, &["evaluate", "m", "t.csv"])), [line], "{model}");
    }
    let columns = "x:number,z:number,c:category=a|b,y:number";
    let once = ["train", "t.csv", "--target", "y", "--model", "linear", "--one-pass", "--columns", columns];
    let ran = run(dir, &[&once[..], &["-o", "once"]].concat());
    assert!(ran.code == 1 && ran.err.contains("a missing value"), "{}", ran.err);
}

#[test]
fn what_was_filled_is_no_part_of_the_model_file() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, table) = (folder.path(), penguins());
    succeed(dir, &["train", &table, "--target", "species", "--model", "logistic", "--alpha", "1", "-o", "m"]);
    let text = String::from_utf8_lossy(&std::fs::read(dir.join("m")).unwrap()).into_owned();
    assert!(!text.contains("imputed") && !text.contains("missing_values_filled"));
}

#[test]
fn the_quickstart_says_what_it_filled() {
    let folder = tempfile::tempdir().unwrap();
    let out = succeed(folder.path(), &["quickstart", "--out", "q"]).out;
    assert!(out.contains("\n  filled in with typical values: "), "{out}");
}

#[test]
fn a_note_about_many_columns_is_one_line_with_ten_names() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let header: String = (0..60).map(|i| format!("col_{i},")).collect();
    let mut table = format!("{header}y\n");
    for row in 0..40 {
        // Column i has no value in rows below i mod 7.
        let cell = |i: usize| if row < i % 7 { ",".to_owned() } else { format!("{},", (row * row + i) % 13) };
        table += &format!("{}{}.5\n", (0..60).map(cell).collect::<String>(), row % 11);
    }
    std::fs::write(dir.join("t.csv"), table).unwrap();
    let ran = succeed(dir, &["train", "t.csv", "--target", "y", "--model", "ridge", "-o", "m"]);
    let line = "note: no value, for which the training rows' typical value was used: col_13 in 6 rows, ";
    let said = said(&ran);
    assert!(said.len() == 1 && said[0].starts_with(line) && said[0].len() <= 206, "{said:?}");
    let more: usize = said[0].rsplit(' ').nth(1).unwrap().parse().unwrap();
    assert_eq!(said[0].matches("col_").count() + more, 51, "{said:?}");
}
