//! Tables with more columns than rows, and fits with very many parameters, as a user runs them.

use planish_tests::program::{planish, run, succeed};
use std::path::Path;
use std::time::Duration;

/// Numbers in [0, 1) that look random.
fn random() -> impl FnMut() -> f64 {
    let mut state = 88172645463325252_u64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / 9007199254740992.0
    }
}

/// Columns x0, x1 … of random numbers, a number y that is a sum of three of them but for little, and a class k.
fn write(folder: &Path, rows: usize, columns: usize) {
    let mut random = random();
    let names: Vec<String> = (0..columns).map(|j| format!("x{j}")).collect();
    let mut text = names.join(",") + ",y,k\n";
    for i in 0..rows {
        let x: Vec<f64> = (0..columns).map(|_| random()).collect();
        let y = 3.0 * x[2] - 2.0 * x[columns / 2] + x[columns - 1] + 0.01 * random();
        let cells: Vec<String> = x.iter().map(|x| format!("{x:.6}")).collect();
        text += &format!("{},{y:.6},{}\n", cells.join(","), ["a", "b", "c"][i % 3]);
    }
    std::fs::write(folder.join("t.csv"), text).unwrap();
}

#[test]
fn tables_with_more_columns_than_rows_are_fitted() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 60, 500);
    for (model, target, other, options) in [
        ("ridge", "y", "k", &[][..]),
        ("lasso", "y", "k", &[]),
        ("elastic-net", "y", "k", &["--alpha", "0.01"]),
        ("logistic", "k", "y", &["--alpha", "1"]),
    ] {
        let mut args =
            vec!["train", "t.csv", "--model", model, "--target", target, "--drop", other, "-o", "m"];
        args.extend(options);
        args.push("--overwrite");
        succeed(folder.path(), &args);
        let found = succeed(folder.path(), &["inspect", "m", "--json"]).json();
        if model == "lasso" {
            let all = found["coefficients"].as_array().unwrap();
            let of = |name: &str| {
                let line = all.iter().find(|c| c["term"] == name).unwrap();
                line["estimate"].as_f64().unwrap()
            };
            for (name, want) in [("x2", 3.0), ("x250", -2.0), ("x499", 1.0)] {
                assert!((of(name) - want).abs() < 0.1, "{name}: {}", of(name));
            }
        }
    }
}

/// A class that a level never has: said before anything is iterated, with 2,000 parameters as with 20.
#[test]
fn a_level_that_lacks_a_class_is_named_among_many() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = "who,y\n".to_owned();
    for i in 0..6000 {
        let class = if i % 600 == 7 { 1 + i / 600 % 2 } else { i / 600 % 3 };
        text += &format!("w{:03},c{class}\n", i % 600);
    }
    std::fs::write(folder.path().join("t.csv"), text).unwrap();
    let train = ["train", "t.csv", "--model", "logistic", "--target", "y", "-o", "m"];
    let refused = run(folder.path(), &train);
    assert!(refused.code != 0 && refused.err.contains("w007"), "{}", refused.err);
    succeed(folder.path(), &[&train[..], &["--alpha", "1"]].concat());
}

/// An interrupt ends a fit at once, and leaves nothing behind.
#[cfg(unix)]
#[test]
fn an_interrupted_fit_leaves_nothing() {
    use std::os::unix::process::ExitStatusExt;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 1500, 400);
    for wait in [50, 300] {
        let mut child = planish()
            .args(["train", "t.csv", "--model", "non-negative", "--target", "y", "--drop", "k", "-o", "m"])
            .current_dir(folder.path())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        let id = child.id().to_string();
        std::process::Command::new("kill").args(["-INT", &id]).status().unwrap();
        let ended = child.wait().unwrap();
        let files: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
        match ended.success() {
            // It was quicker than the signal.
            true => return,
            false => assert!(ended.signal() == Some(2) && files == ["t.csv"], "{ended} {files:?}"),
        }
    }
}
