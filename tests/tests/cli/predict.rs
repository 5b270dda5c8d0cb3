//! `planish predict` with columns of the table beside the predictions, and in other formats than CSV.

use planish_tests::program::{run, run_with_input, succeed};
use std::path::Path;

/// A linear model of x and c on y = 2x + 1, and a table with more columns than it reads.
fn write_model(dir: &Path) {
    let rows: String = (0..40).map(|i| format!("{i},{},{}\n", ["u", "v"][i % 2], 2 * i + 1)).collect();
    std::fs::write(dir.join("t.csv"), "x,c,y\n".to_owned() + &rows).unwrap();
    succeed(dir, &["train", "t.csv", "--target", "y", "--model", "linear", "-o", "m"]);
    std::fs::write(
        dir.join("new.csv"),
        "id,y,x,\"my name\",c\n007,NA,1.50,\"Ada, \"\"Countess\"\"\",u\n1e3, 7.0 ,-2,,v\n",
    )
    .unwrap();
}

#[test]
fn kept_columns_stand_before_the_predictions_as_the_file_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_model(dir);
    let plain = succeed(dir, &["predict", "m", "new.csv"]);
    assert_eq!(plain.out, "prediction\n4\n-3\n");
    let ran = succeed(dir, &["predict", "m", "new.csv", "--keep", "my name,id"]);
    assert_eq!(ran.out, "my name,id,prediction\n\"Ada, \"\"Countess\"\"\",007,4\n,1e3,-3\n");
    assert!(!ran.err.contains("ignored"), "{}", ran.err);
    let all = "id,y,x,my name,c,prediction\n007,,1.5,\"Ada, \"\"Countess\"\"\",u,4\n1e3,7.0,-2,,v,-3\n";
    assert_eq!(succeed(dir, &["predict", "m", "new.csv", "--keep", "all"]).out, all);
    let table = std::fs::read(dir.join("new.csv")).unwrap();
    assert_eq!(run_with_input(dir, &["predict", "m", "-", "--keep", "all"], &table).out, all);
    let json = succeed(dir, &["predict", "m", "new.csv", "--keep", "id,x", "--json"]).json();
    assert_eq!(json["predictions"][0], serde_json::json!({"id": "007", "x": 1.5, "prediction": 4.0}));
    let limits = succeed(dir, &["predict", "m", "new.csv", "--keep", "id", "--interval", "0.9"]).out;
    assert!(limits.starts_with("id,prediction,mean_ci_lower,"), "{limits}");
}

#[test]
fn the_ending_of_the_output_is_its_format() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_model(dir);
    let write = |to| {
        succeed(dir, &["predict", "m", "new.csv", "--keep", "id", "-o", to]);
        std::fs::read(dir.join(to)).unwrap()
    };
    let csv = write("p.csv");
    assert_eq!(csv, b"id,prediction\n007,4\n1e3,-3\n");
    assert_eq!(write("p.jsonl"), b"{\"id\":\"007\",\"prediction\":4}\n{\"id\":\"1e3\",\"prediction\":-3}\n");
    for name in ["p.csv.gz", "p.jsonl.gz"] {
        let first = write(name);
        assert_eq!(first[..2], [0x1f, 0x8b], "{name}");
        // The second time, the first one's file is known and replaced.
        assert_eq!(write(name), first);
    }
    assert_eq!(write("p.unknown"), csv);
    let refused = run(dir, &["predict", "m", "new.csv", "-o", "p.xlsx"]);
    assert!(
        refused.code == 1 && refused.err.contains("use .csv, .csv.gz, .jsonl, .jsonl.gz or .parquet"),
        "{}",
        refused.err
    );
    assert!(!dir.join("p.xlsx").exists());
    // A program without Parquet names the feature that has it.
    let parquet = run(dir, &["predict", "m", "new.csv", "--keep", "id", "-o", "p.parquet"]);
    if parquet.code == 0 {
        let first = std::fs::read(dir.join("p.parquet")).unwrap();
        assert!(first.starts_with(b"PAR1") && first.ends_with(b"PAR1"));
        assert_eq!(write("p.parquet"), first);
    } else {
        assert!(parquet.code == 1 && parquet.err.contains("--features full"), "{}", parquet.err);
        assert!(!dir.join("p.parquet").exists());
    }
}

#[test]
fn what_cannot_be_kept_is_named_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_model(dir);
    std::fs::write(dir.join("old.csv"), "x,c,prediction\n1,u,2\n").unwrap();
    for (table, keep, code, why) in [
        ("new.csv", "ID", 1, "new.csv: there is no column ID to keep; did you mean \"id\"?"),
        ("new.csv", "id,x,id", 2, "--keep: column id is named twice"),
        ("old.csv", "prediction", 2, "--keep: column prediction cannot be kept"),
        ("old.csv", "all", 2, "--keep: column prediction cannot be kept"),
        ("new.csv", "id,", 2, "it must be names parted by commas"),
    ] {
        let ran = run(dir, &["predict", "m", table, "--keep", keep, "-o", "p.csv"]);
        assert!(ran.code == code && ran.err.contains(why), "{keep}: {} {}", ran.code, ran.err);
        assert!(!dir.join("p.csv").exists());
    }
    // A table of somebody's own is no output of an earlier run.
    std::fs::write(dir.join("own.csv"), "id,prediction\n1,2\n").unwrap();
    let ran = run(dir, &["predict", "m", "new.csv", "-o", "own.csv"]);
    assert!(ran.code == 1 && ran.err.contains("is not predictions of planish"), "{}", ran.err);
}
