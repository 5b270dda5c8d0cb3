//! Boosted trees as a person uses them: train, look, predict, score; the same file however it is made; and what is said of tables and settings that do
//! not fit.

use planish_tests::program::{data, penguins, planish, run, succeed};
use std::fmt::Write;
use std::path::Path;
use std::process::Stdio;

fn bytes(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).unwrap()
}

/// Numbers from 0 to 999 that look drawn.
fn drawn(i: usize, column: usize) -> usize {
    let of_column = (column as u64).wrapping_mul(0xd134_2543_de82_ef95);
    let x = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(of_column);
    ((x ^ x >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as usize % 1000
}

/// A table with numbers, a category with missing cells, a date, a target `y` that depends on all of them, its class `k` and a count `n`.
fn write_table(dir: &Path, rows: usize) {
    let mut text = "x,z,c,d,w,y,k,n\n".to_owned();
    for i in 0..rows {
        let (x, z, c) = (drawn(i, 0), drawn(i, 1), drawn(i, 2) % 5);
        let day = 1 + drawn(i, 3) % 28;
        let name = ["u", "v", "", "s", "t"][c];
        let zs = if z.is_multiple_of(11) { String::new() } else { z.to_string() };
        let y = (x / 100 * 10 + c * 7 + day + drawn(i, 4) % 5) as f64 + if z > 500 { 20.0 } else { 0.0 };
        let k = ["no", "yes"][usize::from(y > 75.0)];
        writeln!(text, "{x},{zs},{name},2024-03-{day:02},{},{y}.5,{k},{}", 1 + i % 3, y as usize / 9)
            .unwrap();
    }
    std::fs::write(dir.join("t.csv"), text).unwrap();
}

fn train(words: &str) -> Vec<&str> {
    let mut all = vec!["train", "t.csv", "--model", "trees"];
    all.extend(words.split(' '));
    all
}

#[test]
fn trees_are_trained_shown_scored_and_asked() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir, 2000);
    let ran =
        succeed(dir, &train("--target y --drop k,n,w -o m --monotone x:+ --history h.csv --log-dir logs"));
    for part in [
        "boosted trees: ",
        "trained on 2,000 rows",
        "best round ",
        "then all rows were fitted with",
        "400 held-out rows: rmse",
    ] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
    let history = std::fs::read_to_string(dir.join("h.csv")).unwrap();
    assert!(history.starts_with("epoch,loss,val_loss\n1,"), "{history}");
    let shown = succeed(dir, &["inspect", "m"]);
    for part in [
        "share of what the splits of a column gained",
        "  x  ",
        "d  ",
        "█",
        "best round ",
        "held-out rows: rmse",
    ] {
        assert!(shown.out.contains(part), "{part}: {}", shown.out);
    }
    let tree = succeed(dir, &["inspect", "m", "--tree", "1"]);
    for part in ["tree 1 of ", " <= ", "(missing: ", "yes: ", "no: ", " rows)"] {
        assert!(tree.out.contains(part), "{part}: {}", tree.out);
    }
    let json = succeed(dir, &["inspect", "m", "--json", "--tree", "2"]).json();
    assert_eq!(json["kind"], "trees");
    assert_eq!(json["record"]["settings"]["trees"]["leaves"], 24);
    assert_eq!(json["importance"].as_array().unwrap().len(), json["features"].as_array().unwrap().len());
    let (nodes, leaves) = (&json["tree"]["nodes"], &json["tree"]["leaves"]);
    assert_eq!(nodes.as_array().unwrap().len() + 1, leaves.as_array().unwrap().len());
    let scores = succeed(dir, &["evaluate", "m", "t.csv", "--json"]).json();
    assert!(scores["metrics"]["r2"].as_f64().unwrap() > 0.95, "{scores}");
    assert!(scores.get("missing_values_filled").is_none(), "{scores}");
    let predicted = succeed(dir, &["predict", "m", "t.csv"]);
    assert_eq!(predicted.out.lines().count(), 2001);
    assert!(!predicted.err.contains("typical value"), "{}", predicted.err);
}

#[test]
fn classes_have_probabilities_and_cells_without_a_value_need_none() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir, 600);
    let json =
        succeed(dir, &train("--target k --drop y,n -o k --class-weight balanced --weights w --json")).json();
    assert_eq!((json["task"].as_str(), json["validation"]["rows"].as_u64()), (Some("classify"), Some(120)));
    assert!(json["validation"]["metrics"]["auc"].as_f64().unwrap() > 0.9, "{json}");
    std::fs::write(dir.join("new.csv"), "x,z,c,d\n500,,,\n,,never seen,2024-03-05\n").unwrap();
    let said = succeed(dir, &["predict", "k", "new.csv", "--json"]);
    assert!(said.err.contains("a category that the model does not know"), "{}", said.err);
    let table = penguins();
    succeed(dir, &["train", &table, "--target", "species", "--model", "trees", "-o", "s"]);
    let scores = succeed(dir, &["evaluate", "s", &table, "--json"]).json();
    assert!(scores["metrics"]["accuracy"].as_f64().unwrap() > 0.97, "{scores}");
    let tree = succeed(dir, &["inspect", "s", "--tree", "3"]);
    assert!(tree.out.contains("(round 1, for class "), "{}", tree.out);
}

#[test]
fn folds_losses_and_settings_files_work_as_for_networks() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir, 400);
    let short = "--rounds 30 --drop k,w";
    let ran = succeed(dir, &train(&format!("--target y {short},n -o m --folds 3")));
    assert!(ran.out.contains("mean ± sd") && ran.out.contains("rmse"), "{}", ran.out);
    for loss in ["squared", "absolute", "quantile:0.9", "huber:2", "poisson", "gamma"] {
        succeed(dir, &train(&format!("--target y {short},n --loss {loss} -o loss")));
    }
    succeed(dir, &train(&format!("--target n {short},y --loss poisson -o a --lr 0.1 --l2 0 --leaves 7")));
    let text = "model = \"trees\"\ntarget = \"n\"\noutput = \"b\"\ndrop = [\"k\", \"w\", \"y\"]\nloss = \"poisson\"\n\
                learning-rate = 0.1\nl2 = 0\nleaves = 7\nrounds = 30\ndata = \"t.csv\"\n";
    std::fs::write(dir.join("run.toml"), text).unwrap();
    succeed(dir, &["train", "--config", "run.toml"]);
    assert!(bytes(dir, "a") == bytes(dir, "b"));
    let printed = succeed(dir, &["train", "--config", "run.toml", "--print-config"]).out;
    for line in ["l2 = 0\n", "patience = 50\n", "validation-split = 0.2\n", "lr = 0.1\n"] {
        assert!(printed.contains(line), "{line}: {printed}");
    }
    std::fs::write(dir.join("again.toml"), printed.replace("output = \"b\"", "output = \"again\"")).unwrap();
    succeed(dir, &["train", "--config", "again.toml"]);
    assert!(bytes(dir, "a") == bytes(dir, "again"));
}

#[test]
fn the_file_is_the_same_at_any_thread_count_and_instruction_set() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let table = data("california_housing_train.csv");
    let make = |name: &str, threads: &str, isa: Option<&str>| {
        let words = [
            "train",
            &table,
            "--target",
            "median_house_value",
            "--model",
            "trees",
            "--rounds",
            "25",
            "-o",
            name,
        ];
        let mut command = planish();
        command.args(words).args(["--threads", threads]).current_dir(dir).stdin(Stdio::null());
        isa.map(|isa| command.env("PLANISH_ISA", isa));
        let out = command.output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        bytes(dir, name)
    };
    let want = make("a", "1", None);
    for (threads, isa) in [("2", None), ("3", None), ("2", Some("scalar"))] {
        assert!(make("b", threads, isa) == want, "{threads} {isa:?}");
    }
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") {
        assert!(make("b", "1", Some("avx2")) == want);
    }
}

#[test]
fn a_run_that_was_killed_or_interrupted_ends_in_the_same_model() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir, 3000);
    let words = "--target y --drop k,n --rounds 150 --patience 150";
    succeed(dir, &train(&format!("{words} -o want --history want.jsonl")));
    let line = format!("{words} -o got --history got.jsonl --checkpoint c --checkpoint-every 1 --resume");
    let words = train(&line);
    let checkpoint = dir.join("c/checkpoint.planish");
    let start = || {
        let _ = std::fs::remove_file(&checkpoint);
        let child = planish()
            .args(&words)
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        while !checkpoint.exists() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        child
    };
    let mut child = start();
    child.kill().unwrap();
    child.wait().unwrap();
    let resumed = succeed(dir, &words);
    assert!(resumed.err.contains("note: continuing after round"), "{}", resumed.err);
    assert!(bytes(dir, "got") == bytes(dir, "want"));
    assert!(bytes(dir, "got.jsonl") == bytes(dir, "want.jsonl"));
    // The last checkpoint is of the fit to all rows.
    std::fs::remove_file(dir.join("got")).unwrap();
    let resumed = succeed(dir, &words);
    assert!(resumed.err.contains("on all rows"), "{}", resumed.err);
    assert!(bytes(dir, "got") == bytes(dir, "want"));
    let other = run(dir, &train(&line.replace("--rounds 150", "--rounds 149")));
    assert_eq!(other.code, 1);
    assert!(other.err.contains("the checkpoint is of another run: trees.rounds was 150"), "{}", other.err);
    #[cfg(unix)]
    {
        std::fs::remove_file(dir.join("got")).unwrap();
        let child = start();
        let id = child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        let message = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
        assert!(
            message.contains("training was suspended after round") && !dir.join("got").exists(),
            "{message}"
        );
        succeed(dir, &words);
        assert!(bytes(dir, "got") == bytes(dir, "want"));
    }
}

#[test]
fn options_that_do_not_fit_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir, 100);
    for (words, part) in [
        ("--target y --leaves 1", "it must lie in 2 to 4096"),
        ("--target y --rounds 0", "it must lie in 1 to 1,000,000"),
        ("--target y --bins 256", "it must lie in 2 to 255"),
        ("--target y --subsample 0", "it must be above 0 and at most 1"),
        ("--target y --lr 2", "it must be above 0 and at most 1"),
        ("--target y --loss mse", "for trees it must be squared, absolute"),
        ("--target k --loss absolute", "it is for numbers; classes have the logarithmic loss"),
        ("--target y --monotone c:+", "it must be one of the features, of numbers or dates"),
        ("--target y --monotone x", "such as size:+,age:-"),
        ("--target c --drop k --monotone x:+", "it is for a number or two classes"),
        ("--target y --class-weight balanced", "it is for classes; the target is a number"),
        ("--target y --missing drop-rows", "--missing has no effect with --model trees"),
        ("--target y --dropout 0.5", "--dropout has no effect with --model trees: it is for mlp"),
        ("--target y --alpha 1", "--alpha has no effect with --model trees"),
        ("--target y --lr-range-test", "--output has no effect with --lr-range-test"),
        (
            "--target y --validation-split 0 --patience 3",
            "--patience has no effect with --validation-split 0",
        ),
    ] {
        let ran = run(dir, &train(&format!("{words} -o m")));
        assert!(ran.code != 0 && ran.err.contains(part), "{words}: {}", ran.err);
        assert!(!dir.join("m").exists());
    }
    let unnamed = ["train", "t.csv", "--target", "y", "-o", "m"];
    assert_eq!(run(dir, &[&unnamed[..], &["--loss", "squared"]].concat()).code, 2);
    // An option that is for trees alone asks for them.
    let ran = succeed(dir, &[&unnamed[..], &["--leaves", "7"]].concat());
    assert!(ran.out.contains("boosted trees: "), "{}", ran.out);
    succeed(dir, &["train", "t.csv", "--model", "ols", "--target", "y", "--drop", "k,n", "-o", "l"]);
    let ran = run(dir, &["inspect", "l", "--tree", "1"]);
    assert!(ran.code == 2 && ran.err.contains("--tree has no effect with l, a linear model"), "{}", ran.err);
}

#[test]
fn odd_tables_are_named_or_done_right() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let fit = |table: &str, words: &str| {
        std::fs::write(dir.join("t.csv"), table).unwrap();
        let _ = std::fs::remove_file(dir.join("m"));
        run(dir, &train(&format!("--target y -o m {words}")))
    };
    let body = |row: &dyn Fn(usize) -> String| (0..40).map(row).collect::<String>();
    for (table, words, part) in [
        ("x,y\n".to_owned(), "--seed 1", "there are no rows"),
        ("x,y\n1,2\n".to_owned(), "--task regress", "is constant (2)"),
        (format!("x,y\n{}", body(&|i| format!("{i},a\n"))), "--seed 1", "is constant (a)"),
        (format!("x,y\n{}", body(&|i| format!("{i},3\n"))), "--seed 1", "is constant (3)"),
        (format!("x,y\n{}", body(&|i| format!("inf,{i}\n"))), "--kind x:number", "inf"),
        (
            format!("x,w,y\n{}", body(&|i| format!("{i},0,{i}\n"))),
            "--weights w",
            "the weights in column \"w\" of all training rows are 0",
        ),
        (format!("x,w,y\n{}", body(&|i| format!("{i},-1,{i}\n"))), "--weights w", "not negative, found -1"),
        (
            format!("x,y\n{}", body(&|i| format!("{i},{}\n", i as i32 - 9))),
            "--loss poisson",
            "line 2: a Poisson target must not be negative",
        ),
        (
            format!("x,y\n{}", body(&|i| format!("{i},{i}\n"))),
            "--loss gamma",
            "line 2: a gamma target must be above 0",
        ),
        (
            format!("x,y\n{}", body(&|i| format!("NA,{i}\n"))),
            "--kind x:number",
            "has no values in the training rows",
        ),
    ] {
        let ran = fit(&table, words);
        assert!(ran.code == 1 && ran.err.contains(part), "{part}: {}{}", ran.out, ran.err);
    }
    // Too few rows to hold any out.
    let ran = fit(&format!("x,y\n{}", body(&|i| format!("{i},{}\n", i * i))), "--min-rows-in-leaf 2");
    assert!(
        ran.code == 0 && ran.err.contains("too few rows to hold any out: all rounds were run"),
        "{}",
        ran.err
    );
    // Two rows.
    assert_eq!(fit("x,y\n1,2\n3,4\n", "--task regress").code, 0);
    // Levels by the thousand, of which many were in no row that was learnt from.
    let many: String = (0..6000).map(|i| format!("l{},{}\n", i / 2, (i / 2 * 7919) % 1000)).collect();
    let ran = fit(&format!("c,y\n{many}"), "--rounds 40 --kind c:category");
    assert_eq!(ran.code, 0, "{}", ran.err);
}

#[test]
fn a_hundred_thousand_columns_of_twenty_rows_are_fitted() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    const COLUMNS: usize = 100_000;
    let mut text = (0..COLUMNS).map(|c| format!("c{c},")).collect::<String>() + "y\n";
    for row in 0..20 {
        (0..COLUMNS).for_each(|c| write!(text, "{},", drawn(row, c)).unwrap());
        writeln!(text, "{row}").unwrap();
    }
    std::fs::write(dir.join("t.csv"), text).unwrap();
    succeed(dir, &train("--target y -o m --rounds 3 --min-rows-in-leaf 5"));
    assert_eq!(succeed(dir, &["predict", "m", "t.csv"]).out.lines().count(), 21);
}

#[test]
fn a_report_shows_what_the_columns_do() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir, 1500);
    succeed(dir, &train("--target y --drop k,n,w -o m --rounds 300"));
    succeed(dir, &["report", "m", "-o", "bare.html"]);
    let bare = std::fs::read_to_string(dir.join("bare.html")).unwrap();
    assert!(
        bare.contains(">Gain<") && !bare.contains(">Contributions<"),
        "only the table gives contributions"
    );
    let json = succeed(dir, &["report", "m", "t.csv", "-o", "r.html", "--json", "--threads", "1"]).json();
    let page = std::fs::read_to_string(dir.join("r.html")).unwrap();
    for part in [">Columns<", ">Contributions<", ">Dependence on single columns<", "Shapley values"] {
        assert!(page.contains(part), "{part}");
    }
    let trees = &json["trees"];
    // Up to a thousand rows, taken evenly.
    assert_eq!(trees["rows"], 750);
    let parts = trees["contributions"].as_array().unwrap();
    assert!(parts.windows(2).all(|w| w[0][1].as_f64() >= w[1][1].as_f64()), "{parts:?}");
    assert!(parts.iter().any(|p| p[0] == "x"), "{parts:?}");
    let x = trees["dependence"].as_array().unwrap().iter().find(|d| d["column"] == "x").unwrap();
    let points = x["numbers"].as_array().unwrap();
    let at = |i: usize| points[i][1].as_f64().unwrap();
    // y grows by ninety over the range of x.
    let rise = at(points.len() - 1) - at(0);
    assert!(points.len() > 10 && rise > 80.0 && rise < 95.0, "{points:?}");
    let c = trees["dependence"].as_array().unwrap().iter().find(|d| d["column"] == "c").unwrap();
    assert_eq!(c["levels"].as_array().unwrap().len(), 4);
    let again = succeed(dir, &["report", "m", "t.csv", "-o", "s.html", "--json", "--threads", "3"]).json();
    assert_eq!(again["trees"], *trees);
}
