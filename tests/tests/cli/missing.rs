//! `--missing drop-rows`: a model of the complete rows alone, the same as of a table without the others; what was left out is said.

use planish_tests::program::{run, succeed};
use std::path::Path;

/// A table in which some rows lack a feature, and the same without them. Those that lack what is no feature, or the target, are in both.
fn write_tables(dir: &Path) {
    let (mut all, mut complete) = ("x,c,w,unused,y\n".to_owned(), "x,c,w,unused,y\n".to_owned());
    for i in 0..9000 {
        let x = if i % 10 == 3 { "NA".to_owned() } else { (i * 37 % 101).to_string() };
        let c = if i % 25 == 4 { "" } else { ["a", "b", "c"][i % 3] };
        let unused = if i % 2 == 0 { "" } else { "1" };
        let y = if i % 50 == 7 { String::new() } else { (i % 17 + 2 * (i % 3)).to_string() };
        let row = format!("{x},{c},{},{unused},{y}\n", 1 + i % 4);
        all += &row;
        complete += if x == "NA" || c.is_empty() { "" } else { &row };
    }
    std::fs::write(dir.join("all.csv"), all).unwrap();
    std::fs::write(dir.join("complete.csv"), complete).unwrap();
}

#[test]
fn incomplete_rows_are_left_out_of_every_model_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_tables(dir);
    let note = "note: 1,260 rows with a missing value left out (--missing drop-rows)\n";
    for options in [
        &["--model", "mlp", "--hidden", "4", "--epochs", "1"][..],
        &["--model", "linear"],
        &["--model", "ridge"],
        &["--model", "poisson"],
        &["--model", "ols", "--one-pass", "--columns", "x:number,c:category=a|b|c,w:number,y:number"],
    ] {
        let train = |table, to| {
            let args =
                ["train", table, "--target", "y", "--sample-weight", "w", "-o", to, "--missing", "drop-rows"];
            let drop: &[&str] = if options.contains(&"--one-pass") { &[] } else { &["--drop", "unused"] };
            let weighs = options[1] == "mlp" || options[1] == "linear" || options[1] == "ols";
            let args: Vec<&str> =
                args.into_iter().filter(|a| weighs || !["--sample-weight", "w"].contains(a)).collect();
            let drop: Vec<&str> = if weighs { drop.to_vec() } else { [drop, &["--drop", "w"]].concat() };
            succeed(dir, &[&args[..], options, &drop, &["--json"]].concat())
        };
        let (all, complete) = (train("all.csv", "m"), train("complete.csv", "n"));
        assert!(all.err.contains(note) && !complete.err.contains("left out"), "{options:?} {}", all.err);
        assert!(!all.err.contains("no value"), "{}", all.err);
        assert_eq!(
            (&all.json()["rows_incomplete"], &complete.json()["rows_incomplete"]),
            (&1260.into(), &0.into())
        );
        assert_eq!(all.json()["rows"], complete.json()["rows"]);
        let record = succeed(dir, &["inspect", "m", "--json"]).json();
        assert!(record.to_string().contains("\"rows_incomplete\":1260"), "{record}");
        // Each row is predicted, those with missing values too, and by the same model.
        let predicted = succeed(dir, &["predict", "m", "all.csv"]);
        assert_eq!(predicted.out.lines().count(), 9001);
        assert_eq!(predicted.out, succeed(dir, &["predict", "n", "all.csv"]).out, "{options:?}");
    }
}

#[test]
fn a_table_without_a_complete_row_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let rows = "1,,1\n2,,2\n,3,4\n5,6,\n".repeat(3);
    std::fs::write(dir.join("t.csv"), format!("a,b,y\n{rows}")).unwrap();
    for model in ["mlp", "linear"] {
        let ran = run(
            dir,
            &["train", "t.csv", "--target", "y", "--model", model, "--missing", "drop-rows", "-o", "m"],
        );
        let why = "each of the 9 rows with a target has a missing value in a feature, most often in column \"b\": leave it out (--drop b)";
        assert!(ran.code == 1 && ran.err.contains(why), "{model}: {}", ran.err);
        assert!(!dir.join("m").exists());
    }
}
