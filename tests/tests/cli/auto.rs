//! The best blend as a person uses it: train, look, predict, score, report; the same file at any thread count and instruction set; and what a tiny, a
//! noisy and a linear table end with.

use planish_tests::program::{planish, run, succeed};
use std::fmt::Write;
use std::path::Path;

/// Numbers from 0 to 999 that look drawn.
fn drawn(i: usize, column: usize) -> usize {
    let mut x = (8 * i + column) as u64 + 1;
    x = x.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    (x ^ x >> 31) as usize % 1000
}

/// A table of `rows` rows whose target `y` is what `of` makes of a row's number, `x`, `z` and category.
fn write(dir: &Path, name: &str, rows: usize, of: impl Fn(usize, usize, usize, usize) -> String) {
    let mut text = "x,z,c,y\n".to_owned();
    for i in 0..rows {
        let (x, z, c) = (drawn(i, 0), drawn(i, 1), drawn(i, 2) % 3);
        let shown = if x % 17 == 0 { String::new() } else { x.to_string() };
        writeln!(text, "{shown},{z},{},{}", ["u", "v", "w"][c], of(i, x, z, c)).unwrap();
    }
    std::fs::write(dir.join(name), text).unwrap();
}

fn bent(i: usize, x: usize, z: usize, c: usize) -> String {
    let bent = (x as f64 - 500.0) * (z as f64 - 500.0) / 5000.0 + if x > 700 { 40.0 } else { 0.0 };
    format!("{:.1}", bent + (c * x) as f64 / 20.0 + drawn(i, 3) as f64 / 100.0)
}

#[test]
fn a_blend_is_trained_shown_scored_asked_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(dir, "t.csv", 400, bent);
    let ran = succeed(dir, &["train", "t.csv", "--target", "y", "--model", "auto", "-o", "m"]);
    for part in ["blend of ", "candidate", "mean", "linear", "trees", "mlp", "400 held-out rows: rmse"] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
    assert!(ran.err.contains("trees: held-out loss"), "{}", ran.err);
    let shown = succeed(dir, &["inspect", "m"]).out;
    assert!(shown.contains("chosen by 400 held-out rows") && shown.contains("rmse"), "{shown}");
    let json = succeed(dir, &["inspect", "m", "--json"]).json();
    assert_eq!(json["kind"], "blend");
    let candidates = json["record"]["blend"]["candidates"].as_array().unwrap();
    let sum: f64 = candidates.iter().map(|c| c["weight"].as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-12, "{candidates:?}");
    let scores = succeed(dir, &["evaluate", "m", "t.csv"]).out;
    assert!(scores.contains("r2"), "{scores}");
    // A row alone has the bits that it has among others.
    let all = succeed(dir, &["predict", "m", "t.csv"]).out;
    let table = std::fs::read_to_string(dir.join("t.csv")).unwrap();
    let three: String = table.split_inclusive('\n').take(4).collect();
    std::fs::write(dir.join("three.csv"), three).unwrap();
    assert!(all.starts_with(&succeed(dir, &["predict", "m", "three.csv"]).out));
    succeed(dir, &["report", "m", "t.csv", "-o", "r.html"]);
    assert!(std::fs::read_to_string(dir.join("r.html")).unwrap().contains("blend"));
}

#[test]
fn threads_and_instruction_sets_make_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(dir, "t.csv", 300, |i, x, z, c| {
        ["no", "yes", "maybe"][(x / 300 + z / 400 + c + usize::from(drawn(i, 4) > 800)) % 3].to_owned()
    });
    let train = |threads: &str, isa: Option<&str>| {
        let words = [
            "train",
            "t.csv",
            "--target",
            "y",
            "--model",
            "auto",
            "--bags",
            "2",
            "-o",
            "m",
            "--threads",
            threads,
        ];
        let mut command = planish();
        command.envs(isa.map(|isa| ("PLANISH_ISA", isa)));
        let ran = command.args(words).current_dir(dir).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        std::fs::read(dir.join("m")).unwrap()
    };
    let first = train("1", Some("scalar"));
    assert!(first == train("3", Some("scalar")), "threads");
    assert!(first == train("2", None), "instruction sets");
}

#[test]
fn a_table_ends_with_what_suits_it() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let weights = |name: &str| {
        let out =
            succeed(dir, &["train", name, "--target", "y", "--model", "auto", "-o", "m", "--json"]).json();
        let all = out["blend"]["candidates"].as_array().unwrap().clone();
        move |name: &str| {
            let of = all.iter().find(|c| c["name"] == name).unwrap();
            of["weight"].as_f64().unwrap()
        }
    };
    // Noise that nothing tells.
    write(dir, "noise.csv", 120, |i, _, _, _| drawn(i, 7).to_string());
    assert!(weights("noise.csv")("mean") > 0.5);
    // A plane with a little noise, few rows.
    write(dir, "plane.csv", 90, |i, _, z, c| (7 * z + 500 * c + drawn(i, 6) / 20).to_string());
    assert!(weights("plane.csv")("linear") > 0.8);
}

#[test]
fn a_blend_has_no_more_members_than_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(dir, "t.csv", 300, bent);
    let train = ["train", "t.csv", "--target", "y", "-o", "m", "--max-members"];
    succeed(dir, &[&train[..], &["2"]].concat());
    let members = succeed(dir, &["inspect", "m", "--json"]).json();
    let weights = members["record"]["blend"]["candidates"].as_array().unwrap().clone();
    assert!(weights.iter().filter(|c| c["weight"].as_f64() > Some(0.0)).count() <= 2, "{weights:?}");
    assert_eq!(members["record"]["blend"]["folds"], 1);
    let ran = run(dir, &[&train[..], &["2", "--bags", "3"]].concat());
    assert!(ran.code == 1 && ran.err.contains("max_members is 2"), "{}", ran.err);
}

#[test]
fn tiny_tables_have_a_model_or_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    for rows in 1..12 {
        write(dir, "t.csv", rows, |i, _, _, _| (i % 3).to_string());
        for task in ["regress", "classify"] {
            let words = [
                "train",
                "t.csv",
                "--target",
                "y",
                "--task",
                task,
                "--model",
                "auto",
                "-o",
                "m",
                "--overwrite",
            ];
            let ran = run(dir, &words);
            let said = ran.code == 0 || ran.code == 1 && ran.err.contains("error: ");
            assert!(said, "{rows} rows, {task}: {}", ran.err);
        }
    }
}
