//! What training says of itself: metrics that exist, in the target's units, watched in the right direction.

use planish_tests::program::{run, succeed};
use serde_json::Value;
use std::path::Path;

/// 240 rows: `price` is a number far from 0, `k` one of two classes, `c` one of three.
fn write_table(dir: &Path) {
    let mut text = "a,b,w,k,c,price\n".to_owned();
    for i in 0..240_u32 {
        let (a, b) = (f64::from(i * 37 % 240) / 120.0 - 1.0, f64::from(i * 101 % 240) / 120.0 - 1.0);
        let (k, c) =
            (if a + 0.4 * b > 0.2 { "yes" } else { "no" }, ["x", "y", "z"][(i * 37 % 240 / 80) as usize]);
        text += &format!("{a},{b},{},{k},{c},{}\n", i % 3, 50_000.0 + 200.0 * a - 90.0 * b);
    }
    std::fs::write(dir.join("t.csv"), text).unwrap();
}

const QUICK: [&str; 7] = ["train", "t.csv", "--hidden", "8", "--overwrite", "-o", "m"];

fn words<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&QUICK[..], more].concat()
}

fn history(dir: &Path, more: &[&str]) -> Vec<Value> {
    succeed(dir, &words(&[more, &["--history", "h.jsonl"]].concat()));
    let text = std::fs::read_to_string(dir.join("h.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn metrics_by_epoch_are_in_the_targets_units() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir);
    let rows = history(
        dir,
        &[
            "--target",
            "price",
            "--drop",
            "k,c,w",
            "--epochs",
            "8",
            "--metrics",
            "mape,rmse",
            "--monitor",
            "val_mape",
        ],
    );
    let model = succeed(dir, &["inspect", "m", "--json"]).json();
    let kept = rows.iter().map(|r| r["val_mape"].as_f64().unwrap()).fold(f64::INFINITY, f64::min);
    // The prices lie within half a per cent of 50,000, and errors are smaller than that.
    assert!(kept < 0.005, "{kept}");
    let said = &model["record"]["validation"];
    assert!((said["mape"].as_f64().unwrap() / kept - 1.0).abs() < 1e-3, "{said} {kept}");
    assert!(rows.iter().all(|r| r["val_rmse"].as_f64().unwrap() > 1.0));
}

#[test]
fn a_metric_that_does_not_exist_for_the_target_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir);
    for (target, more, part) in [
        (
            "price",
            ["--monitor", "val_accuracy"],
            "monitor is accuracy: it is for classes; the target is a number",
        ),
        ("price", ["--metrics", "f1"], "metrics is f1: it is for classes; the target is a number"),
        ("k", ["--monitor", "val_r2"], "monitor is r2: it is for numbers; the target has classes"),
        ("c", ["--monitor", "val_auc"], "monitor is auc: it is for two classes; the target has more"),
        (
            "c",
            ["--metrics", "accuracy,pr_auc"],
            "metrics is pr_auc: it is for two classes; the target has more",
        ),
        (
            "k",
            ["--monitor", "val_"],
            "monitor is val_: it must be loss, val_loss, or val_ and the name of a metric",
        ),
    ] {
        let ran = run(dir, &words(&[&["--target", target], &more[..]].concat()));
        assert_eq!(ran.code, 1, "{more:?}: {}", ran.err);
        assert!(ran.err.contains(part), "{more:?}: {}", ran.err);
        assert!(!dir.join("m").exists());
    }
    // Held-out rows of one class have no area under a curve.
    let rows = |k: &dyn Fn(u32) -> &'static str| {
        let rows = (0..40).map(|i| format!("{},{}\n", i % 7, k(i)));
        std::fs::write(dir.join("one.csv"), "a,k\n".to_owned() + &rows.collect::<String>()).unwrap();
    };
    rows(&|i| if i == 3 { "rare" } else { "often" });
    let one = ["train", "one.csv", "--target", "k", "--monitor", "val_auc", "-o", "m"];
    let ran = run(dir, &one);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("cannot watch \"val_auc\": the rows that it is of are all of one class"),
        "{}",
        ran.err
    );
}
