//! What training says of itself: metrics that exist, in the target's units, watched in the right direction, of rows that were held out as was asked.

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

/// 300 rows of which every fifth says something wrong and weighs nothing; `v` is 1,024 times the weight `w`, and `none` is 0.
fn write_weighted(dir: &Path) {
    let mut text = "a,b,w,v,none,y,k\n".to_owned();
    for i in 0..300_u32 {
        let (a, b) = (f64::from(i * 37 % 300) / 150.0 - 1.0, f64::from(i * 101 % 300) / 150.0 - 1.0);
        let wrong = i % 5 == 0;
        let w = if wrong { 0.0 } else { 0.5 + f64::from(i % 3) };
        let y = if wrong { 1000.0 * f64::from(i % 7) } else { 2.0 * a - b };
        let k = if (a > 0.55) != wrong { "rare" } else { "often" };
        text += &format!("{a},{b},{w},{},0,{y},{k}\n", w * 1024.0);
    }
    std::fs::write(dir.join("w.csv"), text).unwrap();
}

const QUICK_MODELS: [&[&str]; 2] = [
    &["--hidden", "16", "--epochs", "80", "--lr", "0.02"],
    &["--model", "trees", "--rounds", "120", "--lr", "0.1"],
];

#[test]
fn weights_count_in_every_score() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_weighted(dir);
    for model in QUICK_MODELS {
        let train = |more: &str| {
            let more: Vec<&str> = more.split(' ').collect();
            succeed(dir, &[&["train", "w.csv", "--json", "--target", "y"], model, &more[..]].concat()).json()
        };
        let out = train("--drop none,k,v --weights w --folds 3 -o m");
        let r2 = |metrics: &Value| metrics["r2"].as_f64().unwrap();
        assert!(r2(&out["validation"]["metrics"]) > 0.9, "{model:?}: {out}");
        assert!(out["cross_validation"]["summary"]["r2"]["mean"].as_f64().unwrap() > 0.9, "{model:?}: {out}");
        let evaluate = |more: &[&str]| {
            r2(&succeed(dir, &[&["evaluate", "m", "w.csv", "--json"], more].concat()).json()["metrics"])
        };
        assert!(evaluate(&["--weights", "w"]) > 0.9 && evaluate(&[]) < 0.5);
        let text = succeed(dir, &["evaluate", "m", "w.csv", "--weights", "w"]).out;
        assert!(text.starts_with("300 rows weighted by w\n"), "{text}");
        for more in ["--weights none", "--weights none --validation-split 0"] {
            let words: Vec<&str> = more.split(' ').collect();
            let ran =
                run(dir, &[&["train", "w.csv", "--target", "y", "-o", "no"], model, &words[..]].concat());
            assert_eq!(ran.code, 1, "{model:?}");
            assert!(ran.err.contains("the weights in column \"none\" of all "), "{}", ran.err);
        }
        let ran = run(dir, &["evaluate", "m", "w.csv", "--weights", "none"]);
        assert!(ran.code == 1 && ran.err.contains("of all rows with a target are 0"), "{}", ran.err);
        let ran = run(dir, &["evaluate", "m", "w.csv", "--weights", "nowhere"]);
        assert!(ran.code == 1 && ran.err.contains("nowhere"), "{}", ran.err);
        // Their unit is nothing to a network.
        if model[0] == "--hidden" {
            train("--drop none,k,v --weights w -o m");
            train("--drop none,k,w --weights v -o n");
            let predict = |m: &str| succeed(dir, &["predict", m, "w.csv"]).out;
            assert!(predict("m") == predict("n"));
        }
    }
}

#[test]
fn classes_have_weights_a_positive_one_and_a_threshold() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_weighted(dir);
    for model in QUICK_MODELS {
        let base =
            [&["train", "w.csv", "--target", "k", "--drop", "y,w,v,none", "--overwrite", "--json"], model]
                .concat();
        let train = |more: &str| {
            let more: Vec<&str> = more.split(' ').filter(|w| !w.is_empty()).collect();
            succeed(dir, &[&base[..], &more].concat()).json()
        };
        let evaluate = |m: &str| succeed(dir, &["evaluate", m, "w.csv", "--json"]).json()["metrics"].clone();
        let predict = |m: &str| succeed(dir, &["predict", m, "w.csv"]).out;
        train("-o plain");
        train("--class-weight often=1,rare=8 -o heavy");
        let (plain, heavy) = (evaluate("plain"), evaluate("heavy"));
        let recall = |m: &Value| m["recall"].as_f64().unwrap();
        assert!(recall(&heavy) > recall(&plain) + 0.02, "{model:?} {plain} {heavy}");
        train("--class-weight often=3,rare=3 -o same");
        assert!(predict("plain") == predict("same"), "{model:?}");
        // The other class is the positive one: its recall is the specificity.
        train("--positive often -o other");
        let other = evaluate("other");
        assert!(
            predict("other").starts_with("prediction,rare,often\n") || predict("other").contains("rare"),
            "{other}"
        );
        assert_ne!(recall(&other), recall(&plain));
        // The threshold is best on the held-out rows, is kept, and decides what is said.
        let chosen = train("--threshold f1 -o f1");
        let at = chosen["threshold"].as_f64().unwrap();
        let f1 = |v: &Value| v["validation"]["metrics"]["f1"].as_f64().unwrap();
        assert!(f1(&chosen) >= f1(&train("-o plain")), "{chosen}");
        assert!(at > 0.0 && at < 1.0);
        train("--threshold 0.02 -o low");
        let json = succeed(dir, &["predict", "low", "w.csv", "--json"]).json();
        let rows = json["predictions"].as_array().unwrap();
        let is_above = |r: &Value| r["probabilities"]["rare"].as_f64().unwrap() > 0.02;
        assert!(rows.iter().all(|r| (r["prediction"] == "rare") == is_above(r)));
        let text = predict("low");
        let rare = text.lines().skip(1).filter(|line| line.starts_with("rare,")).count();
        assert_eq!(rare, rows.iter().filter(|r| is_above(r)).count());
        assert!(recall(&evaluate("low")) > recall(&plain));
        for (words, code, part) in [
            (
                "--class-weight often=1,seldom=8",
                1,
                "class_weight is seldom: it must be one of the target's classes",
            ),
            (
                "--class-weight often=0,rare=0",
                1,
                "class_weight is often=0,rare=0: some training row must count",
            ),
            ("--class-weight often", 2, "it must be none, balanced, or classes and their weights"),
            ("--class-weight often=-1", 2, "a weight must be a number that is not negative"),
            ("--positive seldom", 1, "positive is seldom: it must be one of the target's two classes"),
            (
                "--threshold auc",
                2,
                "it must be a probability between 0 and 1, or one of f1, accuracy, balanced_accuracy, mcc",
            ),
            ("--threshold 1.5", 2, "it must be a probability between 0 and 1"),
            ("--threshold f1 --validation-split 0", 1, "threshold is f1: there are no held-out rows"),
        ] {
            let words: Vec<&str> = words.split(' ').collect();
            let ran = run(dir, &[&base[..], &["-o", "no"], &words].concat());
            assert!(ran.code == code && ran.err.contains(part), "{words:?}: {} {}", ran.code, ran.err);
        }
        for words in [["--threshold", "f1"], ["--positive", "1"], ["--class-weight", "a=2"]] {
            let ran =
                run(dir, &[&["train", "w.csv", "--target", "y", "-o", "no"], model, &words[..]].concat());
            assert!(
                ran.code == 1 && ran.err.contains("it is for classes; the target is a number"),
                "{}",
                ran.err
            );
        }
    }
}

#[test]
fn a_model_that_learned_nothing_says_so_and_what_to_try() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    // Noise: a multiplicative generator's numbers, and their parities.
    let mut state = 12_345_u64;
    let mut next = || {
        state = state * 48_271 % 2_147_483_647;
        state
    };
    let rows: String = (0..120)
        .map(|_| {
            format!(
                "{},{},{},{}\n",
                next() % 1000,
                next() % 1000,
                next() % 1000,
                ["a", "b"][(next() / 7 % 2) as usize]
            )
        })
        .collect();
    std::fs::write(dir.join("noise.csv"), "x,z,y,k\n".to_owned() + &rows).unwrap();
    let fitted = ["--hidden", "64,64", "--epochs", "200", "--monitor", "loss", "--lr", "0.01"];
    for (target, drop, said) in [
        ("y", "k", "than the mean of the target (r2 -"),
        ("k", "y", "than the shares of the classes (log_loss "),
    ] {
        let ran = run(
            dir,
            &[&["train", "noise.csv", "--target", target, "--drop", drop, "-o", "m", "--json"][..], &fitted]
                .concat(),
        );
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(
            ran.err.contains(said) && ran.err.contains("try --model trees or --model linear"),
            "{}",
            ran.err
        );
        assert_eq!(ran.json()["worse_than_constant"], true);
    }
    write_table(dir);
    let learned = ["--target", "price", "--drop", "k,c,w", "--epochs", "40", "--lr", "0.02", "--json"];
    let ran = run(dir, &words(&learned));
    assert!(!ran.err.contains("worse than") && !ran.out.contains("worse_than"), "{} {}", ran.err, ran.out);
}

#[test]
fn what_would_go_wrong_later_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir);
    let base = ["--target", "k", "--drop", "c,price,w", "--epochs", "3"];
    let fails = |more: &[&str], code: i32, part: &str| {
        let ran = run(dir, &words(&[&base[..], more].concat()));
        assert!(ran.code == code && ran.err.contains(part), "{more:?}: {} {}", ran.code, ran.err);
    };
    for optimizer in ["adam", "adamw", "nadam", "rmsprop"] {
        fails(&["--optimizer", optimizer, "--epsilon", "0"], 1, "epsilon is 0: it must be positive");
    }
    fails(
        &["--warmup", "7"],
        1,
        "a warm-up of 7 steps is longer than the run, which has 6: make it shorter (--warmup)",
    );
    succeed(dir, &words(&[&base[..], &["--warmup", "6"]].concat()));
    // A folder of events is one run's.
    succeed(dir, &words(&[&base[..], &["--log-dir", "logs"]].concat()));
    fails(&["--log-dir", "logs"], 1, "logs: there are the events of a run in this folder already");
    let trees = [
        "train",
        "t.csv",
        "--target",
        "k",
        "--drop",
        "c,price,w",
        "-o",
        "n",
        "--model",
        "trees",
        "--rounds",
        "3",
    ];
    let ran = run(dir, &[&trees[..], &["--log-dir", "logs"]].concat());
    assert!(ran.code == 1 && ran.err.contains("events of a run"), "{}", ran.err);
    // Checkpoints of another seed name the seed, whatever else comes of it.
    let store = ["--checkpoint", "c", "--checkpoint-every", "1"];
    succeed(dir, &words(&[&base[..], &store].concat()));
    fails(&[&store[..], &["--resume", "--seed", "4"]].concat(), 1, "the seed was 0, now it is 4");
    let store = ["--checkpoint", "ct", "--checkpoint-every", "1"];
    succeed(dir, &[&trees[..], &store].concat());
    let ran = run(dir, &[&trees[..], &store, &["--resume", "--seed", "4"]].concat());
    assert!(ran.code == 1 && ran.err.contains("the seed was 0, now it is 4"), "{}", ran.err);
}

#[test]
fn a_switch_of_a_file_of_settings_is_put_off_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir);
    std::fs::write(dir.join("run.toml"), "target = \"k\"\ndrop = [\"c\", \"price\"]\nepochs = 2\nbatch-norm = true\nplateau = true\nhidden = [8, 8]\n").unwrap();
    let layers = |more: &[&str]| {
        succeed(dir, &[&["train", "t.csv", "-o", "m", "--config", "run.toml"], more].concat());
        succeed(dir, &["inspect", "m", "--json"]).json()["architecture"].to_string()
    };
    assert!(layers(&[]).contains("batch_norm"));
    assert!(!layers(&["--no-batch-norm"]).contains("batch_norm"));
    let other = layers(&["--no-batch-norm", "--layer-norm"]);
    assert!(other.contains("layer_norm") && !other.contains("batch_norm"), "{other}");
    let printed = succeed(
        dir,
        &["train", "t.csv", "--config", "run.toml", "--no-batch-norm", "--no-plateau", "--print-config"],
    )
    .out;
    assert!(
        printed.contains("batch-norm = false")
            && printed.contains("plateau = false")
            && !printed.contains("no-batch-norm"),
        "{printed}"
    );
    let fails = |more: &[&str], part: &str| {
        let ran = run(dir, &[&["train", "t.csv", "--target", "k", "-o", "m"], more].concat());
        assert!(ran.code == 2 && ran.err.contains(part), "{}", ran.err);
    };
    fails(&["--no-batch-norm"], "--no-batch-norm needs --config FILE");
    fails(&["--batch-norm", "--no-batch-norm", "--config", "run.toml"], "cannot be used with");
}

#[test]
fn a_run_goes_on_with_more_epochs_rounds_or_patience() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir);
    let base = ["train", "t.csv", "--target", "price", "--drop", "k,c,w", "--overwrite"];
    let networks = [
        ("--epochs 4", "--epochs 9"),
        ("--epochs 60 --patience 1 --lr 0.05", "--epochs 60 --patience 9 --lr 0.05"),
    ];
    let trees = [
        ("--model trees --rounds 6", "--model trees --rounds 15"),
        (
            "--model trees --rounds 90 --patience 1 --lr 0.3",
            "--model trees --rounds 90 --patience 12 --lr 0.3",
        ),
        ("--model trees --rounds 6 --validation-split 0", "--model trees --rounds 15 --validation-split 0"),
    ];
    for (i, (first, then)) in networks.into_iter().chain(trees).enumerate() {
        let store = format!("c{i}");
        let kept = ["--checkpoint", &store, "--resume"];
        let train = |options: &str, more: &[&str]| {
            let options: Vec<&str> = options.split(' ').collect();
            succeed(dir, &[&base[..], &options, more].concat())
        };
        let bytes = |name: &str| std::fs::read(dir.join(name)).unwrap();
        train(first, &["-o", "first"]);
        train(then, &["-o", "want"]);
        assert!(bytes("first") != bytes("want"), "{then}");
        train(first, &[&kept[..], &["-o", "got"]].concat());
        assert!(bytes("got") == bytes("first"), "{first}");
        // The same again changes nothing; more goes on, and ends as if it had been asked for at first.
        let again = train(first, &[&kept[..], &["-o", "got"]].concat());
        assert!(
            bytes("got") == bytes("first") && again.err.contains("continuing after"),
            "{first} {}",
            again.err
        );
        train(then, &[&kept[..], &["-o", "got"]].concat());
        assert!(bytes("got") == bytes("want"), "{then}");
    }
    let curve = ["--schedule", "cosine", "--checkpoint", "s", "--resume", "-o", "m"];
    succeed(dir, &[&base[..], &["--epochs", "3"], &curve].concat());
    let ran = run(dir, &[&base[..], &["--epochs", "5"], &curve].concat());
    assert!(ran.code == 1 && ran.err.contains("fit.epochs was 3, now it is 5"), "{}", ran.err);
    let ran =
        run(dir, &[&base[..], &["--epochs", "2", "--checkpoint", "c0", "--resume", "-o", "m"]].concat());
    assert!(ran.code == 1 && ran.err.contains("the checkpoint stands at step 0 of epoch 10"), "{}", ran.err);
}

#[test]
fn a_blend_counts_weights_and_keeps_a_threshold() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_weighted(dir);
    let base = ["train", "w.csv", "--target", "k", "--drop", "y,v,none", "--weights", "w", "-o", "m"];
    let text = succeed(dir, &[&base[..], &["--threshold", "f1"]].concat()).out;
    assert!(text.contains("300 held-out rows weighted by w: "), "{text}");
    assert!(text.contains("rare is predicted above a probability of "), "{text}");
    let record = succeed(dir, &["inspect", "m", "--json"]).json()["record"].clone();
    let at = record["threshold"].as_f64().unwrap();
    let rows = succeed(dir, &["predict", "m", "w.csv", "--json"]).json()["predictions"].clone();
    let is_above = |r: &Value| r["probabilities"]["rare"].as_f64().unwrap() > at;
    assert!(rows.as_array().unwrap().iter().all(|r| (r["prediction"] == "rare") == is_above(r)));
    // The rows that say something wrong weigh nothing.
    assert!(record["validation"]["accuracy"].as_f64().unwrap() > 0.9, "{record}");
}
