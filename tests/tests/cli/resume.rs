//! Checkpoints and files of settings, as a person uses them: interrupt, resume, the same model; and what is said when something does not fit.

use planish_tests::program::{penguins, planish, run, succeed};
use std::path::Path;
use std::process::Stdio;

const SETTINGS: [&str; 14] = [
    "--target",
    "species",
    "--hidden",
    "8",
    "--batch-size",
    "16",
    "--epochs",
    "40",
    "--ema",
    "0.9",
    "--schedule",
    "cosine",
    "--optimizer",
    "adamw",
];

/// `planish train` on the penguins with these words added.
fn train<'a>(table: &'a str, words: &[&'a str]) -> Vec<&'a str> {
    [&["train", table][..], &SETTINGS, words].concat()
}

fn bytes(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).unwrap()
}

#[test]
fn a_run_that_was_killed_or_interrupted_ends_in_the_same_model() {
    let (folder, table) = (tempfile::tempdir().unwrap(), penguins());
    let dir = folder.path();
    succeed(dir, &train(&table, &["-o", "want"]));
    let words = train(&table, &["-o", "got", "--checkpoint", "c", "--checkpoint-every", "1", "--resume"]);
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
    assert!(resumed.err.contains("note: continuing after step"), "{}", resumed.err);
    assert!(bytes(dir, "got") == bytes(dir, "want"));
    // A second run in the same folder, stopped politely.
    #[cfg(unix)]
    {
        std::fs::remove_file(dir.join("got")).unwrap();
        let child = start();
        let id = child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        let ended = child.wait_with_output().unwrap();
        let message = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{message}");
        assert!(
            message.contains("training was suspended after step") && message.contains("with --resume"),
            "{message}"
        );
        assert!(!dir.join("got").exists());
        succeed(dir, &words);
        assert!(bytes(dir, "got") == bytes(dir, "want"));
    }
}

#[test]
fn a_checkpoint_that_does_not_fit_is_named_and_left_alone() {
    let (folder, table) = (tempfile::tempdir().unwrap(), penguins());
    let dir = folder.path();
    let store = ["-o", "m", "--checkpoint", "c", "--checkpoint-every", "50"];
    let first = succeed(dir, &train(&table, &[&store[..], &["--resume"]].concat()));
    assert!(first.err.contains("there is no checkpoint in c: starting from the beginning"), "{}", first.err);
    let before = bytes(dir, "c/checkpoint.planish");
    for (words, part) in [
        (vec!["--resume", "--lr", "0.01"], "optimizer.adamw.lr was 0.001, now it is 0.01"),
        (vec!["--resume", "--drop", "island"], "the checkpoint is of another run: network.inputs was"),
        (vec![], "there is a checkpoint already"),
    ] {
        let ran = run(dir, &train(&table, &[&store[..], &words].concat()));
        assert_eq!(ran.code, 1, "{}", ran.err);
        assert!(ran.err.contains("checkpoint.planish: ") && ran.err.contains(part), "{}", ran.err);
        assert!(bytes(dir, "c/checkpoint.planish") == before);
    }
    let ran = run(dir, &train(&table, &["-o", "m", "--resume"]));
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--resume needs --checkpoint DIR"), "{}", ran.err);
}

#[test]
fn a_file_of_settings_is_a_command_line() {
    let (folder, table) = (tempfile::tempdir().unwrap(), penguins());
    let dir = folder.path();
    let text = format!(
        "# a run\ndata = {table:?}\ntarget = \"species\"\noutput = \"b\"\nhidden = [8]\nbatch-size = 16\nepochs = 12\n\
         drop = [\"island\", \"sex\"]\nclip_norm = 0.5\nplateau = true\nema = 0.9\nschedule = \"one-cycle\"\nmomentum = 0.8\noptimizer = \"rmsprop\"\n"
    );
    std::fs::write(dir.join("run.toml"), &text).unwrap();
    let words = "--target species --hidden 8 --batch-size 16 --drop island --drop sex --clip-norm 0.5 --plateau \
                 --ema 0.9 --schedule one-cycle --momentum 0.8 --optimizer rmsprop";
    let typed: Vec<&str> = ["train", &table].into_iter().chain(words.split_whitespace()).collect();
    succeed(dir, &[&typed[..], &["--epochs", "12", "-o", "a"]].concat());
    succeed(dir, &["train", "--config", "run.toml"]);
    assert!(bytes(dir, "a") == bytes(dir, "b"));
    // What is typed wins, and what is printed is the same run again.
    succeed(dir, &[&typed[..], &["--epochs", "3", "-o", "a"]].concat());
    let printed = succeed(dir, &["train", "--config", "run.toml", "--epochs", "3", "--print-config"]).out;
    assert!(printed.contains("\nepochs = 3\n") && printed.contains("\nplateau = true\n"), "{printed}");
    assert!(printed.contains("\ndrop = [\"island\", \"sex\"]\n"), "{printed}");
    std::fs::write(dir.join("printed.toml"), printed).unwrap();
    succeed(dir, &["train", "--config", "printed.toml"]);
    assert!(bytes(dir, "a") == bytes(dir, "b"));
}

#[test]
fn a_wrong_file_of_settings_is_named_with_line_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    for (text, part) in [
        ("epochs = 3\n\nepohcs = 4\n", "c.toml:3: unknown key \"epohcs\""),
        ("epochs = -1\n", "c.toml:1: invalid value '-1' for '--epochs <N>'"),
        ("seed = 1\nplateau = \"maybe\"\n", "c.toml:2: plateau must be true or false"),
        ("optimizer = \"adamant\"\n", "c.toml:1: invalid value 'adamant' for '--optimizer <NAME>'"),
        ("[network]\nhidden = 3\n", "c.toml:1: unknown key \"network\""),
        (
            "hidden = { a = 1 }\n",
            "c.toml:1: hidden must be a number, a text, true or false, or a list of these",
        ),
        ("epochs = \n", "c.toml:1: "),
        ("a = 1\na = 2\n", "c.toml:2: "),
        ("config = \"c.toml\"\n", "c.toml:1: unknown key \"config\""),
    ] {
        std::fs::write(dir.join("c.toml"), text).unwrap();
        let ran = run(dir, &["train", "t.csv", "--target", "y", "-o", "m", "--config", "c.toml"]);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{text}: {}", ran.err);
        assert!(ran.err.contains(part), "{text}: {}", ran.err);
    }
    let ran = run(dir, &["train", "t.csv", "--config", "none.toml"]);
    assert!(ran.code == 1 && ran.err.contains("none.toml: cannot read"), "{}", ran.err);
}

#[test]
fn the_options_of_the_loop_work_and_wrong_ones_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let mut text = "a,w,k,y\n".to_owned();
    for i in 0..200 {
        let a = f64::from(i * 37 % 200) / 100.0 - 1.0;
        text += &format!("{a},{},{},{}\n", 1 + i % 3, if a > 0.6 { "yes" } else { "no" }, 2.0 * a + 1.0);
    }
    std::fs::write(dir.join("t.csv"), &text).unwrap();
    let classify = |more: &[&str]| {
        let base = ["train", "t.csv", "--target", "k", "--drop", "y", "--hidden", "8", "-o", "m", "--json"];
        run(dir, &[&base[..], more].concat())
    };
    let ran = classify(&[
        "--class-weight",
        "balanced",
        "--sample-weight",
        "w",
        "--monitor",
        "val_accuracy",
        "--epochs",
        "30",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let inspect = succeed(dir, &["inspect", "m", "--json"]).json();
    assert!(!inspect["columns"].to_string().contains("\"w\""), "{inspect}");
    assert_eq!(classify(&["--max-steps", "3"]).json()["epochs"], 2);
    assert_eq!(classify(&["--time-limit", "0.000001s"]).json()["epochs"], 1);
    let test =
        succeed(dir, &["train", "t.csv", "--target", "y", "--drop", "k", "--lr-range-test", "--json"]).json();
    let lr = test["lr"].as_f64().unwrap();
    assert!((1e-6..10.0).contains(&lr) && test["curve"].as_array().unwrap().len() > 20, "{lr}");
    for (words, code, part) in [
        (
            vec!["--clip-norm", "1", "--clip-value", "1"],
            2,
            "--clip-norm and --clip-value cannot be used together",
        ),
        (vec!["--schedule", "piecewise"], 2, "--schedule piecewise needs --schedule-factors"),
        (
            vec!["--schedule", "piecewise", "--schedule-factors", "5:1,3:2"],
            1,
            "boundaries must be in rising order",
        ),
        (vec!["--schedule-factors", "five"], 2, "\"five\" is not of the form STEP:FACTOR"),
        (vec!["--time-limit", "5"], 2, "it must be a time such as 90s, 5m or 2h"),
        (vec!["--monitor", "val_luck"], 1, "monitor is val_luck"),
        (
            vec!["--task", "classify", "--loss", "categorical_crossentropy"],
            1,
            "loss is categorical_crossentropy",
        ),
        (vec!["--sample-weight", "k"], 1, "it must be another column than the target"),
        (vec!["--sample-weight", "a"], 1, "the weight of a row must be a number that is not negative"),
        (vec!["--plateau", "--plateau-factor", "2"], 1, "the plateau's factor is 2"),
    ] {
        let ran = classify(&words);
        assert_eq!(ran.code, code, "{words:?}: {}", ran.err);
        assert!(ran.err.contains(part), "{words:?}: {}", ran.err);
    }
    let refused = classify(&["--rho", "0.5", "--epochs", "1"]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("--rho has no effect with --optimizer adam"), "{}", refused.err);
    let regress = ["train", "t.csv", "--target", "y", "--drop", "k", "-o", "m", "--class-weight", "balanced"];
    assert!(run(dir, &regress).err.contains("class_weight is balanced: it is for classes"));
    let mae = ["train", "t.csv", "--target", "y", "--drop", "k", "-o", "m", "--loss", "mae", "--epochs", "2"];
    succeed(dir, &mae);
}
