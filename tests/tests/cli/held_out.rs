//! Which rows end training: groups and times hold for them, a person may say which they are, and small classes are held out in their share.

use planish_tests::program::{run, succeed};
use serde_json::Value;
use std::path::Path;

/// 240 rows of 40 groups: the target is a number of the group, of which the features tell the group and nothing else; `t` is time, with which `late`
/// rises; `part` says that the last 60 rows are held out.
fn write_groups(dir: &Path) {
    let row = |i: u32| {
        let g = i % 40;
        let (x, z) = (f64::from(g * 7 % 40), f64::from(g * 11 % 40));
        let part = if i < 180 { "train" } else { "validation" };
        format!("{x},{z},g{g},{i},{part},{},{}\n", (g * g * 31 + 17 * g) % 97, 3 * i + g)
    };
    let table =
        |rows: std::ops::Range<u32>| "x,z,g,t,part,y,late\n".to_owned() + &rows.map(row).collect::<String>();
    std::fs::write(dir.join("all.csv"), table(0..240)).unwrap();
    std::fs::write(dir.join("first.csv"), table(0..180)).unwrap();
    std::fs::write(dir.join("last.csv"), table(180..240)).unwrap();
}

const MODELS: [&[&str]; 2] = [&["--hidden", "32", "--epochs", "60", "--lr", "0.01"], &["--model", "trees"]];

#[test]
fn groups_and_times_hold_for_the_rows_that_end_training() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_groups(dir);
    for model in MODELS {
        let held = |more: &str| {
            let more: Vec<&str> = more.split(' ').collect();
            let words =
                [&["train", "all.csv", "--validation-split", "0.1", "-o", "m", "--json"], model, &more[..]];
            let said = succeed(dir, &words.concat()).json()["validation"].clone();
            (said["rows"].as_u64().unwrap(), said["metrics"]["r2"].as_f64().unwrap())
        };
        let (rows, chance) = held("--target y --drop part,t,g,late");
        assert_eq!(rows, 24);
        let (rows, grouped) = held("--target y --drop part,t,late --group g");
        assert_eq!(rows, 24, "four groups of six rows");
        assert!(chance > 0.3 && grouped < 0.2 && grouped < chance - 0.3, "{model:?}: {chance} {grouped}");
        let columns = succeed(dir, &["inspect", "m", "--json"]).json()["columns"].to_string();
        assert!(!columns.contains("\"g\""), "{columns}");
        let (_, chance) = held("--target late --drop part,y,g");
        let (rows, late) = held("--target late --drop part,y,g --time t");
        assert_eq!(rows, 24);
        assert!(late < chance, "{model:?}: {chance} {late}");
    }
}

#[test]
fn rows_that_are_said_to_be_held_out_are_never_trained_on() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_groups(dir);
    for model in MODELS {
        let train = |table: &str, more: &[&str]| {
            let words =
                [&["train", table, "--target", "y", "--drop", "g,late", "-o", "m", "--json"], model, more];
            succeed(dir, &words.concat()).json()["validation"].clone()
        };
        let by_file = train("first.csv", &["--validation", "last.csv", "--drop", "part"]);
        let evaluated = succeed(dir, &["evaluate", "m", "last.csv", "--json"]).json();
        let by_column = train("all.csv", &["--validation-column", "part"]);
        assert_eq!((&by_file, &by_file["rows"]), (&by_column, &Value::from(60)));
        // The model that is kept is the one that was scored.
        let rmse = |v: &Value| v["metrics"]["rmse"].as_f64().unwrap();
        assert!((rmse(&evaluated) / rmse(&by_file) - 1.0).abs() < 1e-9, "{model:?} {evaluated} {by_file}");
        let columns = succeed(dir, &["inspect", "m", "--json"]).json()["columns"].to_string();
        assert!(!columns.contains("\"part\""), "{columns}");
    }
    for (words, code, part) in [
        (
            "--validation last.csv --validation-split 0.3",
            2,
            "--validation-split has no effect with --validation",
        ),
        (
            "--validation-column part --validation-split 0.3",
            2,
            "--validation-split has no effect with --validation-column",
        ),
        ("--validation-column part --validation last.csv", 2, "cannot be used with"),
        ("--validation-column part --group g", 2, "--group has no effect with --validation-column"),
        ("--validation last.csv --time t", 2, "--time has no effect with --validation"),
        ("--validation last.csv --folds 3", 2, "--validation has no effect with --folds"),
        ("--validation-column part --folds 3", 2, "--validation-column has no effect with --folds"),
        (
            "--group g --validation-split 0",
            2,
            "--group needs --folds K, or it has no effect with --validation-split 0",
        ),
        (
            "--model ridge --validation last.csv",
            2,
            "--validation has no effect with --model ridge: it is for auto, mlp, trees",
        ),
        (
            "--model linear --group g",
            2,
            "--group has no effect with --model linear: it is for auto, mlp, trees",
        ),
        ("--validation none.csv", 1, "none.csv: cannot read"),
        (
            "--validation-column x",
            1,
            "all.csv: line 3: column \"x\" must say whether a row is held out: 1 or 0",
        ),
        ("--validation-column nowhere", 1, "there is no column"),
        ("--group y", 1, "it must be another column than the target"),
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        let ran = run(dir, &[&["train", "all.csv", "--target", "y", "-o", "no"], &words[..]].concat());
        assert!(ran.code == code && ran.err.contains(part), "{words:?}: {} {}", ran.code, ran.err);
    }
}

#[test]
fn small_classes_are_held_out_in_shares_and_folds_bear_a_class_of_one_row() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let row = |i: u32| format!("{},c{:02}\n", f64::from(i % 50) + f64::from(i / 50) / 10.0, i % 50);
    let many = "a,c\n".to_owned() + &(0..250).map(row).collect::<String>();
    std::fs::write(dir.join("many.csv"), &many).unwrap();
    let two = (0..60)
        .map(|i| format!("{},{}\n", i * 17 % 60, if i == 5 { "rare" } else { ["b", "c"][i * 17 % 60 / 30] }));
    std::fs::write(dir.join("rare.csv"), "a,c\n".to_owned() + &two.collect::<String>()).unwrap();
    for (model, share) in
        [(&["--hidden", "8", "--epochs", "3"][..], 25), (&["--model", "trees", "--rounds", "3"], 50)]
    {
        let train = |table: &str, more: &[&str]| {
            let words = [&["train", table, "--target", "c", "-o", "m", "--json"], model, more];
            succeed(dir, &words.concat()).json()
        };
        assert_eq!(train("many.csv", &[])["validation"]["rows"], share);
        let found = train("rare.csv", &["--folds", "5"])["cross_validation"].clone();
        let held: u64 =
            found["folds"].as_array().unwrap().iter().map(|f| f["held_rows"].as_u64().unwrap()).sum();
        assert_eq!(held, 59, "the rare row is always trained on");
        assert!(found["summary"]["log_loss"]["mean"].as_f64().unwrap().is_finite());
    }
}
