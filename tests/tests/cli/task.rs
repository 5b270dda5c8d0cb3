//! What a target is for, where nobody says it: one rule for networks and linear models, the reason in the first line, and an error for what looks like neither.

use planish_tests::program::{run, succeed};
use std::path::Path;

/// Columns of each kind of target: texts, two different numbers, the digits, an identifier, and a text among numbers.
fn write_table(dir: &Path) {
    let mut text = "x,k,b,digit,id,typo,y\n".to_owned();
    for i in 0..240 {
        let (x, typo) = (i * 37 % 101, if i == 200 { "1o".to_owned() } else { (i % 7).to_string() });
        let (k, b) = (["low", "high"][i % 11 / 6], 1 + i % 13 / 7);
        text += &format!("{x},{k},{b},{},n{i},{typo},{}.5\n", i % 10, x * 3 + i % 5);
    }
    std::fs::write(dir.join("t.csv"), text).unwrap();
}

/// The arguments that train on one feature, and the options.
fn train<'a>(target: &'a str, model: &'a str, options: &[&'a str]) -> Vec<&'a str> {
    let drop = ["k", "b", "digit", "id", "typo", "y"].into_iter().filter(|c| *c != target);
    let mut args = vec!["train", "t.csv", "-o", "m", "--target", target, "--model", model];
    args.extend(drop.flat_map(|c| ["--drop", c]));
    if model == "mlp" {
        args.extend(["--hidden", "4", "--epochs", "2"]);
    }
    args.extend(options);
    args
}

#[test]
fn one_rule_serves_networks_and_linear_models_and_the_first_line_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir);
    for (target, options, line) in [
        ("k", &[][..], "target k: 2 classes: high, low (classify), as its values are text"),
        ("b", &[], "target b: 2 classes: 1, 2 (classify), as it has two different values"),
        (
            "digit",
            &[],
            "target digit: a number (regress), as its values are numbers, and not just two of them",
        ),
        ("y", &[], "target y: a number (regress), as its values are numbers, and not just two of them"),
        ("b", &["--task", "regress"], "target b: a number (regress), as --task says"),
        (
            "digit",
            &["--task", "classify"],
            "target digit: 10 classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 (classify), as --task says",
        ),
    ] {
        let (inferred, reason) = (options.is_empty(), line.split(", as ").nth(1).unwrap());
        for model in ["mlp", "linear"] {
            let said = succeed(dir, &train(target, model, options)).out;
            assert_eq!(said.lines().next(), Some(line), "{model}");
            let json = succeed(dir, &train(target, model, &[options, &["--json"]].concat())).json();
            assert_eq!(
                (json["task_reason"].as_str(), &json["task_inferred"]),
                (Some(reason), &inferred.into())
            );
            let kind = succeed(dir, &["inspect", "m", "--json"]).json()["kind"].clone();
            let want = match (model, line.contains("classes"), target) {
                ("mlp", ..) => "network",
                (_, false, _) => "linear",
                (_, true, "digit") => "multinomial",
                _ => "logistic",
            };
            assert_eq!(kind, want, "{target} {model}");
        }
    }
    let said = succeed(dir, &train("y", "ridge", &[])).out;
    assert_eq!(said.lines().next(), Some("target y: a number (regress), as --model ridge predicts numbers"));
}

#[test]
fn an_identifier_is_no_target_until_somebody_insists() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir);
    for model in ["mlp", "linear", "logistic"] {
        let ran = run(dir, &train("id", model, &[]));
        let why = "the target \"id\" has more than 100 different values: is it an identifier or free text? --task classify ";
        assert!(ran.code == 1 && ran.err.contains(why), "{model}: {}", ran.err);
        assert!(!dir.join("m").exists());
    }
    let json = succeed(dir, &train("id", "mlp", &["--task", "classify", "--json"])).json();
    assert_eq!((&json["task"], &json["task_reason"]), (&"classify".into(), &"--task says".into()));
}

#[test]
fn a_text_among_numbers_stops_every_model_that_was_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir);
    for model in ["mlp", "linear"] {
        let ran = run(dir, &train("typo", model, &[]));
        let why = "line 202: the target \"typo\" holds numbers, and here \"1o\": correct it";
        assert!(ran.code == 1 && ran.err.contains(why), "{model}: {}", ran.err);
    }
    succeed(dir, &train("typo", "mlp", &["--task", "classify"]));
}
