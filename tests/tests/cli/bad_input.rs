//! Wrong files and settings: a clear message that names the place, the right exit code, and nothing half-written.

use planish_tests::program::{run, succeed};
use std::path::Path;

const GOOD: &str =
    "a,c,y\n1,u,1.5\n2,v,2.5\n3,u,3.25\n4,v,4\n5,u,5.5\n6,v,6\n7,u,7.5\n8,v,8\n9,u,9\n10,v,10.5\n";

/// Writes the table, trains on it, and returns the message; no file may be left but the table.
fn train_fails(table: &[u8], args: &[&str], code: i32) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.csv"), table).unwrap();
    let mut all = vec!["train", "t.csv", "-o", "m"];
    all.extend(args);
    let ran = run(folder.path(), &all);
    assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{args:?}: {}", ran.err);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(left, ["t.csv"], "{args:?}");
    ran.err
}

fn contains(message: &str, part: &str) {
    assert!(message.contains(part), "{message:?} lacks {part:?}");
}

#[test]
fn wrong_tables_are_named_with_file_line_and_column() {
    let to = ["--target", "y"];
    for (table, part) in [
        ("", "t.csv: the file is empty"),
        ("a,y\n", "t.csv: there are no rows below the header"),
        ("a,y\n1,2\n3\n", "t.csv:3: the row has 1 fields, the header 2"),
        ("a,y\n1,2\n\"3,4\n", "t.csv:3: a quote is opened here and never closed"),
        ("a,a,y\n1,2,3\n", "t.csv:1: columns 1 and 2 have the same name \"a\""),
        ("a,y\n1,7\n2,7\n3,7\n", "the target \"y\" is constant (7) in the training rows"),
        ("a,y\n1,2\ninf,3\n", "t.csv:3:1: expected a finite number in column \"a\", found \"inf\""),
        ("a,y\n,2\nNaN,3\nNA,5\n", "there are no feature columns beside the target \"y\""),
        ("y\n1\n2\n3\n", "there are no feature columns beside the target \"y\""),
    ] {
        for model in ["mlp", "linear"] {
            let message = train_fails(table.as_bytes(), &[&to[..], &["--model", model]].concat(), 1);
            contains(&message, part);
            contains(&message, "t.csv");
        }
    }
    contains(
        &train_fails(b"a,y\ncaf\xe9,1\nx,2\n", &to, 1),
        "t.csv:2: field 1 in column \"a\" is not UTF-8 text",
    );
}

#[test]
fn a_target_that_cannot_be_used_is_explained() {
    contains(
        &train_fails(GOOD.as_bytes(), &["--target", "Y"], 1),
        "there is no column \"Y\"; did you mean \"y\"?",
    );
    contains(&train_fails(GOOD.as_bytes(), &["--target", "y", "--drop", "C"], 1), "did you mean \"c\"?");
    for args in [&["--target", "c", "--task", "regress"][..], &["--target", "c", "--model", "ols"]] {
        contains(
            &train_fails(GOOD.as_bytes(), args, 1),
            "column \"c\" must hold numbers, found \"u\" in line 2",
        );
    }
    contains(
        &train_fails(b"a,y\n1,\n2,NA\n", &["--target", "y"], 1),
        "there are no rows with a value in the target \"y\"",
    );
}

#[test]
fn wrong_settings_are_wrong_usage() {
    for (args, part) in [
        (["--batch-size", "0"], "it must be a positive whole number"),
        (["--epochs", "0"], "it must be a positive whole number"),
        (["--lr", "-0.1"], "it must be a positive number"),
        (["--lr", "nan"], "it must be a positive number"),
        (["--validation-split", "1"], "it must lie in [0, 1)"),
        (["--hidden", "8,0"], "not a positive whole number"),
        (["--threads", "20000"], "a whole number up to 1024"),
        (["--activation", "swishy"], "use one of"),
        (["--optimizer", "adamant"], "possible values: sgd, momentum, adam"),
        (["--task", "guess"], "possible values: classify, regress"),
        (["--dropout", "1"], "it must lie in [0, 1)"),
        (["--label-smoothing", "-0.1"], "it must lie in [0, 1)"),
        (["--l1", "-1"], "it must be a number that is not negative"),
        (["--l2", "inf"], "it must be a number that is not negative"),
        (["--max-norm", "0"], "it must be a positive number"),
        (["--loss", "quantile:2"], "it must lie between 0 and 1"),
        (["--batch-norm", "--layer-norm"], "cannot be used with"),
    ] {
        contains(&train_fails(GOOD.as_bytes(), &[&["--target", "y"][..], &args].concat(), 2), part);
    }
    contains(&train_fails(GOOD.as_bytes(), &[], 2), "--target");
    for (target, args, part) in [
        ("y", ["--loss", "hinge"], "loss is hinge: for numbers use mse, mae"),
        ("c", ["--loss", "mae"], "loss is mae: for two classes use binary_crossentropy"),
        ("y", ["--label-smoothing", "0.1"], "label_smoothing is 0.1: it is for cross-entropies"),
        ("y", ["--history", "h.txt"], "h.txt: a history's name must end in .jsonl or .csv"),
        ("y", ["--history", "no/h.csv"], "no/h.csv: cannot write"),
    ] {
        contains(&train_fails(GOOD.as_bytes(), &[&["--target", target][..], &args].concat(), 1), part);
    }
    let uneven = ["--target", "y", "--residual", "--hidden", "8,4"];
    contains(&train_fails(GOOD.as_bytes(), &uneven, 1), "hidden layers of equal width");
    let negative = ["--target", "y", "--loss", "poisson"];
    contains(
        &train_fails(b"a,y\n1,2\n2,-3\n3,4\n", &negative, 1),
        "line 3: a Poisson target must not be negative",
    );
}

#[test]
fn missing_files_and_unwritable_outputs_are_found_before_work_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    std::fs::write(dir.join("t.csv"), GOOD).unwrap();
    let fails = |args: &[&str], part: &str| {
        let ran = run(dir, args);
        assert_eq!(ran.code, 1, "{args:?}");
        contains(&ran.err, part);
    };
    fails(&["train", "none.csv", "--target", "y", "-o", "m"], "none.csv: cannot read: No such file");
    fails(&["train", ".", "--target", "y", "-o", "m"], "it is a folder, not a table");
    fails(&["train", "t.csv", "--target", "y", "-o", "no/such/m"], "no/such/m: cannot write: No such file");
    fails(&["train", "t.csv", "--target", "y", "-o", "."], "cannot write: it is a folder");
    fails(&["evaluate", "none", "t.csv"], "none: cannot read: No such file");
    succeed(dir, &["train", "t.csv", "--target", "y", "--model", "linear", "-o", "m"]);
    fails(&["predict", "m", "t.csv", "-o", "no/such/p.csv"], "no/such/p.csv: cannot write");
    let mut names: Vec<_> = std::fs::read_dir(dir).unwrap().map(|f| f.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["m", "t.csv"]);
}

/// Trains a small model named `m` in the folder.
fn model(dir: &Path) {
    std::fs::write(dir.join("t.csv"), GOOD).unwrap();
    succeed(dir, &["train", "t.csv", "--target", "y", "--hidden", "4", "--epochs", "2", "-o", "m"]);
}

#[test]
fn tables_that_do_not_fit_the_model_are_refused_and_leave_no_output() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    model(dir);
    for (table, part) in [
        ("a,c\n1,u\nold,v\n", "n.csv:3:1: expected a number in column \"a\", found \"old\""),
        ("a,d\n1,u\n", "n.csv: the model needs column \"c\", which the file has not"),
        ("a,c\n1,u\n2\n", "n.csv:3: the row has 1 fields, the header 2"),
        ("a,c\n1e999,u\n", "expected a finite number"),
    ] {
        std::fs::write(dir.join("n.csv"), table).unwrap();
        let ran = run(dir, &["predict", "m", "n.csv", "-o", "p.csv"]);
        assert_eq!(ran.code, 1);
        contains(&ran.err, part);
        assert!(!dir.join("p.csv").exists());
    }
    let ran = run(dir, &["evaluate", "m", "n.csv"]);
    contains(&ran.err, "the model needs column \"y\"");
}

#[test]
fn labels_that_the_model_does_not_know_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    std::fs::write(dir.join("t.csv"), GOOD).unwrap();
    succeed(dir, &["train", "t.csv", "--target", "c", "--hidden", "4", "--epochs", "2", "-o", "m"]);
    std::fs::write(dir.join("n.csv"), "a,y,c\n1,1,u\n2,2,w\n").unwrap();
    let ran = run(dir, &["evaluate", "m", "n.csv"]);
    assert_eq!(ran.code, 1);
    contains(&ran.err, "n.csv: line 3: unknown label \"w\" in target column \"c\": the model knows u, v");
}

#[test]
fn damaged_and_foreign_models_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    model(dir);
    let bytes = std::fs::read(dir.join("m")).unwrap();
    let mut flipped = bytes.clone();
    flipped[bytes.len() - 3] ^= 4;
    for (name, content, part) in [
        ("cut", &bytes[..bytes.len() / 2], "cut: "),
        ("flipped", &flipped, "the file is damaged: its hash does not match its content"),
        ("foreign", GOOD.as_bytes(), "this is not a Planish model"),
    ] {
        std::fs::write(dir.join(name), content).unwrap();
        for args in [
            ["inspect", name].as_slice(),
            &["predict", name, "t.csv"],
            &["evaluate", name, "t.csv"],
            &["serve", name],
        ] {
            let ran = run(dir, args);
            assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{args:?}");
            contains(&ran.err, part);
        }
    }
}

#[test]
fn divergence_stops_says_so_and_keeps_the_last_good_weights() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let mut table = "a,y\n".to_owned();
    (0..200).for_each(|i| table += &format!("{i},{}\n", f64::from(i) * 2.5));
    std::fs::write(dir.join("t.csv"), table).unwrap();
    let train = |lr: &str| {
        run(
            dir,
            &[
                "train",
                "t.csv",
                "--target",
                "y",
                "--hidden",
                "none",
                "--optimizer",
                "sgd",
                "--lr",
                lr,
                "--patience",
                "1000",
                "--batch-size",
                "8",
                "-o",
                "m",
            ],
        )
    };
    let ran = train("1.3");
    assert_eq!(ran.code, 1);
    contains(&ran.err, "training diverged in epoch");
    contains(&ran.err, "are kept in m; try a smaller --lr");
    succeed(dir, &["evaluate", "m", "t.csv"]);
    std::fs::remove_file(dir.join("m")).unwrap();
    // One step in all, whose loss is finite and whose weights are not.
    let once = [
        "train",
        "t.csv",
        "--target",
        "y",
        "--hidden",
        "8,8",
        "--epochs",
        "1",
        "--lr",
        "1e300",
        "--optimizer",
        "sgd",
        "--batch-size",
        "1000",
        "--validation-split",
        "0",
        "-o",
        "once",
    ];
    let ran = run(dir, &once);
    assert_eq!(ran.code, 1);
    contains(&ran.err, "training diverged in epoch 1");
    assert!(!dir.join("once").exists());
    let ran = train("1e30");
    assert_eq!(ran.code, 1);
    contains(&ran.err, "try a smaller learning rate");
    assert!(!dir.join("m").exists());
}
