//! Layers, losses and records of `planish train`, as a person uses them.

use planish_tests::program::{penguins, run, succeed};
use planish_tests::server::Server;
use serde_json::{Value, json};
use std::path::Path;

/// y = 1 + x² without noise, and whether it is large.
fn write_table(dir: &Path) {
    let row = |i: u32| (f64::from(i % 40) * 0.1, if i % 40 < 20 { "low" } else { "high" });
    let lines = (0..160).map(row).map(|(x, k)| format!("{x:.1},{:.2},{k}\n", 1.0 + x * x));
    std::fs::write(dir.join("t.csv"), "x,y,k\n".to_owned() + &lines.collect::<String>()).unwrap();
}

fn train(dir: &Path, words: &[&str]) -> planish_tests::program::Ran {
    let quick =
        ["train", "t.csv", "--hidden", "16,16", "--epochs", "60", "--batch-size", "16", "--lr", "0.01"];
    succeed(dir, &[&quick[..], words].concat())
}

#[test]
fn a_model_with_batch_norm_predicts_the_same_from_its_file_and_when_served() {
    let (folder, table) = (tempfile::tempdir().unwrap(), penguins());
    let dir = folder.path();
    let words = "--target species --hidden 8,8 --epochs 10 --batch-norm --residual --dropout 0.1 --activation mish --l2 0.001 --max-norm 3";
    let typed: Vec<&str> =
        ["train", &table].into_iter().chain(words.split(' ')).chain(["-o", "m.safetensors"]).collect();
    let trained = succeed(dir, &[&typed[..], &["--json"]].concat()).json();
    let shown = succeed(dir, &["inspect", "m.safetensors", "--json"]).json();
    let layers = &shown["architecture"]["layers"];
    assert_eq!(layers[1], json!({ "batch_norm": { "momentum": 0.99, "epsilon": 0.001 } }), "{layers}");
    assert_eq!(layers[3]["residual"]["layers"].as_array().unwrap().len(), 3, "{layers}");
    assert!(trained["parameters"] == shown["parameters"]);
    let settings = &shown["record"]["settings"]["network"];
    assert_eq!((&settings["batch_norm"], &settings["dropout"]), (&json!(true), &json!(0.1)));
    let predicted = succeed(dir, &["predict", "m.safetensors", &table, "--json"]).json();
    let again = succeed(dir, &["predict", "m.safetensors", &table, "--json"]).json();
    assert_eq!(predicted, again);
    // The same row alone, over HTTP: statistics are those of training, not of the batch.
    let text = std::fs::read_to_string(&table).unwrap();
    let mut lines = text.lines();
    let (names, cells) = (lines.next().unwrap().split(','), lines.next().unwrap().split(','));
    let row: serde_json::Map<String, Value> = names
        .zip(cells)
        .filter(|(name, _)| *name != "species")
        .map(|(name, cell)| (name.to_owned(), cell.parse::<f64>().map_or(json!(cell), |x| json!(x))))
        .collect();
    let server = Server::start(dir, &["m.safetensors"]);
    let (status, answer) =
        server.ask("POST", "/predict", &json!({ "model": "m", "rows": [row] }).to_string());
    assert_eq!((status, &answer["predictions"][0]), (200, &predicted["predictions"][0]));
}

#[test]
fn categories_of_many_levels_are_embedded_and_an_unseen_one_is_their_average() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    // Twenty towns, each with a level of its own; the target is its number.
    let row = |i: u32| format!("town{:02},{},{}\n", i % 20, i % 3, f64::from(i % 20) + f64::from(i % 3));
    std::fs::write(dir.join("t.csv"), "town,x,y\n".to_owned() + &(0..600).map(row).collect::<String>())
        .unwrap();
    let words = ["--target", "y", "--embed-above", "9", "--embed-dim", "4"];
    train(dir, &[&words[..], &["-o", "m"]].concat());
    let scores = succeed(dir, &["evaluate", "m", "t.csv", "--json"]).json();
    assert!(scores["metrics"]["r2"].as_f64().unwrap() > 0.99, "{scores}");
    let shown = succeed(dir, &["inspect", "m", "--json"]).json();
    assert_eq!(shown["features"], json!(["town[embedding]", "x"]));
    assert_eq!(shown["architecture"]["inputs"]["embeddings"][0]["categories"], 21);
    let towns = "town,x\ntown00,1\ntown19,1\nelsewhere,1\n,1\n";
    std::fs::write(dir.join("p.csv"), towns).unwrap();
    let answer = succeed(dir, &["predict", "m", "p.csv", "--json"]).json();
    let y = |i: usize| answer["predictions"][i]["prediction"].as_f64().unwrap();
    assert!((y(0) - 1.0).abs() < 1.0 && (y(1) - 20.0).abs() < 1.0, "{answer}");
    assert!(y(2) > 5.0 && y(2) < 16.0 && y(3) == y(2), "the average town: {answer}");
    let train_n = ["train", "t.csv", "--target", "y", "-o", "n"];
    let few = run(dir, &[&train_n[..], &["--embed-above", "9", "--embed-dim", "0"]].concat());
    assert_eq!(few.code, 1);
    assert!(few.err.contains("embed_dim is 0: it must lie in 1 to 1024"), "{}", few.err);
    for other in [&["--threads", "2"][..], &["--threads", "1"]] {
        train(dir, &[&words[..], other, &["-o", "again"]].concat());
        assert_eq!(std::fs::read(dir.join("m")).unwrap(), std::fs::read(dir.join("again")).unwrap());
    }
}

#[test]
fn every_loss_that_suits_the_target_learns_it() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir);
    for loss in ["mse", "mae", "huber:0.5", "log_cosh", "quantile:0.5", "poisson"] {
        train(dir, &["--target", "y", "--drop", "k", "--loss", loss, "-o", "m"]);
        let scores = succeed(dir, &["evaluate", "m", "t.csv", "--json"]).json();
        assert!(scores["metrics"]["r2"].as_f64().unwrap() > 0.95, "{loss}: {scores}");
    }
    for loss in ["binary_crossentropy", "mse", "hinge", "squared_hinge"] {
        let words = ["--target", "k", "--drop", "y", "--loss", loss, "--monitor", "val_accuracy", "-o", "m"];
        train(dir, &words);
        let scores = succeed(dir, &["evaluate", "m", "t.csv", "--json"]).json();
        assert!(scores["metrics"]["accuracy"].as_f64().unwrap() > 0.9, "{loss}: {scores}");
    }
    train(dir, &["--target", "k", "--drop", "y", "--label-smoothing", "0.2", "-o", "m"]);
    let loss = |model: &str| {
        succeed(dir, &["evaluate", model, "t.csv", "--json"]).json()["metrics"]["log_loss"].as_f64().unwrap()
    };
    train(dir, &["--target", "k", "--drop", "y", "-o", "sharp"]);
    assert!(loss("m") > loss("sharp"), "smoothed targets leave probabilities away from 0 and 1");
}

#[test]
fn a_penalty_makes_the_weights_small() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir);
    let loss = |words: &[&str]| {
        train(
            dir,
            &[&["--target", "y", "--drop", "k", "-o", "m", "--history", "h.jsonl"][..], words].concat(),
        );
        let text = std::fs::read_to_string(dir.join("h.jsonl")).unwrap();
        let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        last["loss"].as_f64().unwrap()
    };
    let free = loss(&[]);
    assert!(
        loss(&["--l2", "0.01"]) > free
            && loss(&["--l1", "0.01"]) > free
            && loss(&["--max-norm", "0.1"]) > free
    );
}

#[test]
fn histories_and_events_are_whole_after_a_resumed_run() {
    let (folder, table) = (tempfile::tempdir().unwrap(), penguins());
    let dir = folder.path();
    let common = [
        "train",
        &table,
        "--target",
        "species",
        "--hidden",
        "4",
        "--batch-size",
        "32",
        "--epochs",
        "6",
        "--patience",
        "50",
        "--metrics",
        "accuracy,log_loss",
    ];
    let words = |rest: &[&'static str]| [&common[..], rest].concat();
    succeed(dir, &words(&["-o", "a", "--history", "a.csv", "--log-dir", "a-logs"]));
    let want = std::fs::read_to_string(dir.join("a.csv")).unwrap();
    assert_eq!(
        (want.lines().next(), want.lines().count()),
        (Some("epoch,loss,val_loss,val_accuracy,val_log_loss"), 7)
    );
    let refused = run(dir, &words(&["-o", "x", "--metrics", "rmse"]));
    assert_eq!((refused.code, dir.join("x").exists()), (1, false), "{}", refused.err);
    assert!(refused.err.contains("rmse"), "{}", refused.err);
    let store = [
        "-o",
        "b",
        "--history",
        "b.csv",
        "--log-dir",
        "b-logs",
        "--checkpoint",
        "c",
        "--checkpoint-every",
        "25",
    ];
    // The last checkpoint stands within the run; going on from it writes the later epochs again.
    succeed(dir, &words(&store));
    std::fs::write(dir.join("b.csv"), want.clone() + "7,0.5").unwrap();
    let resumed = succeed(dir, &[&words(&store)[..], &["--resume"]].concat());
    assert!(resumed.err.contains("continuing after step"), "{}", resumed.err);
    assert_eq!(std::fs::read_to_string(dir.join("b.csv")).unwrap(), want);
    let logs = |name: &str| std::fs::read_dir(dir.join(name)).unwrap().count();
    assert_eq!((logs("a-logs"), logs("b-logs")), (1, 2));
    let file = std::fs::read_dir(dir.join("a-logs")).unwrap().next().unwrap().unwrap();
    let bytes = std::fs::read(file.path()).unwrap();
    let times = |tag: &[u8]| bytes.windows(tag.len()).filter(|w| *w == tag).count();
    assert_eq!((times(b"learning_rate"), times(b"val_loss")), (6, 6));
    // A history that is none is not overwritten by a resumed run, which says so before its work.
    std::fs::write(dir.join("b.csv"), "my,notes\n").unwrap();
    let ran = run(dir, &[&words(&store)[..], &["--resume"]].concat());
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("b.csv: this file exists and is not a history"), "{}", ran.err);
    assert!(!ran.err.contains("continuing after step"), "{}", ran.err);
    assert_eq!(std::fs::read_to_string(dir.join("b.csv")).unwrap(), "my,notes\n");
}

#[test]
fn folds_are_scored_on_rows_that_their_models_did_not_see() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir);
    let words = ["--target", "k", "--drop", "y"];
    train(dir, &[&words[..], &["-o", "plain"]].concat());
    let out = train(dir, &[&words[..], &["-o", "m", "--folds", "4", "--json"]].concat()).json();
    let found = &out["cross_validation"];
    let held: Vec<u64> =
        found["folds"].as_array().unwrap().iter().map(|f| f["held_rows"].as_u64().unwrap()).collect();
    assert_eq!(held, [40; 4]);
    let scores: Vec<f64> = found["folds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["metrics"]["accuracy"].as_f64().unwrap())
        .collect();
    let mean = found["summary"]["accuracy"]["mean"].as_f64().unwrap();
    assert!((mean - scores.iter().sum::<f64>() / 4.0).abs() < 1e-12 && mean > 0.9, "{found}");
    assert!(std::fs::read(dir.join("m")).unwrap() == std::fs::read(dir.join("plain")).unwrap());
    let text = train(dir, &["--target", "y", "--drop", "k", "--folds", "3", "--time", "x", "-o", "m"]).out;
    assert!(text.contains("mean ± sd") && text.contains("held-out rows") && text.contains("rmse"), "{text}");
    train(dir, &["--target", "y", "--folds", "2", "--group", "k", "-o", "m"]);
    let shown = succeed(dir, &["inspect", "m", "--json"]).json();
    assert_eq!(shown["columns"].as_array().unwrap().len(), 1, "the group is no feature");
    let fails = |words: &[&str], code: i32, part: &str| {
        let ran = run(dir, &[&["train", "t.csv", "--target", "y", "-o", "no"][..], words].concat());
        assert!(ran.code == code && ran.err.contains(part), "{words:?}: {}", ran.err);
    };
    fails(&["--folds", "1"], 2, "1 is not in 2..");
    fails(&["--folds", "3", "--group", "k"], 1, "2 groups cannot be split into 3 folds");
    fails(&["--folds", "2", "--checkpoint", "c"], 2, "cannot be used with");
    fails(&["--folds", "2", "--time", "z"], 1, "there is no column");
}
