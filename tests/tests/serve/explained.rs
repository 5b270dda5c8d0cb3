//! What a prediction is made of, over the network: the parts of each kind of model add up to its prediction, and what cannot be explained is refused.
//! Trees answer each protocol with the bits of `planish predict`.

use planish_tensor::{Isa, math};
use planish_tests::program::succeed;
use planish_tests::server::Server;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;

/// A table of a number with missing cells, a category, and a target for each task.
fn write_table(dir: &Path) {
    let mut text = "x,c,y,k\n".to_owned();
    for i in 0..400_u32 {
        let (x, c) = (i * 37 % 101, i * 7 % 3);
        let y = f64::from(x * x) / 50.0 + f64::from(c * 30 + i * 13 % 11);
        let shown = if i % 29 == 0 { String::new() } else { x.to_string() };
        writeln!(
            text,
            "{shown},{},{y},{}",
            ["u", "v", "w"][c as usize],
            if y > 80.0 { "high" } else { "low" }
        )
        .unwrap();
    }
    std::fs::write(dir.join("t.csv"), text).unwrap();
}

fn sum(explanation: &Value) -> f64 {
    let parts = explanation["parts"].as_array().unwrap();
    explanation["base"].as_f64().unwrap() + parts.iter().map(|p| p["value"].as_f64().unwrap()).sum::<f64>()
}

#[test]
fn parts_add_up_to_the_prediction_and_other_requests_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir);
    for (name, words) in [
        ("trees", "--target y --drop k --model trees --rounds 40"),
        ("odds", "--target k --drop y --model trees --rounds 40"),
        ("ols", "--target y --drop k --model ols"),
        ("logistic", "--target k --drop y --model logistic --alpha 1"),
        ("mlp", "--target y --drop k --model mlp --epochs 3 --hidden 8"),
        ("auto", "--target k --drop y --model auto"),
    ] {
        let mut all = vec!["train", "t.csv", "-o", name];
        all.extend(words.split(' '));
        succeed(dir, &all);
    }
    let server = Server::start(dir, &["trees", "odds", "ols", "logistic", "mlp", "auto"]);
    let rows = json!([{"x": 70, "c": "v"}, {"x": null, "c": "u"}, {"x": 12, "c": "new"}]);
    let ask = |model: &str| {
        let body = json!({"model": model, "rows": rows, "explain": true}).to_string();
        let (status, answer) = server.ask("POST", "/predict", &body);
        assert_eq!(status, 200, "{model}: {answer}");
        answer["predictions"].as_array().unwrap().clone()
    };
    for (model, scale) in [("trees", "target"), ("ols", "target"), ("mlp", "target")] {
        for row in ask(model) {
            assert_eq!(row["explanation"]["scale"], scale);
            let y = row["prediction"].as_f64().unwrap();
            assert!((sum(&row["explanation"]) - y).abs() < 1e-9 * y.abs().max(1.0), "{model}: {row}");
        }
    }
    for (model, scale) in [("odds", "log_odds"), ("logistic", "log_odds"), ("auto", "probability")] {
        for row in ask(model) {
            let explanation = &row["explanation"];
            assert_eq!(
                (explanation["scale"].as_str(), explanation["class"].as_str()),
                (Some(scale), Some("low"))
            );
            let p = row["probabilities"]["low"].as_f64().unwrap();
            let said = sum(explanation);
            let mut odds = [said];
            math::sigmoid(Isa::SCALAR, &mut odds);
            let said = if scale == "log_odds" { odds[0] } else { said };
            assert!((said - p).abs() < 1e-9, "{model}: {row}");
        }
    }
    assert!(ask("mlp")[0]["explanation"]["parts"][0]["standard_error"].is_number());
    let many: Vec<Value> = (0..101).map(|x| json!({"x": x, "c": "u"})).collect();
    for (body, part) in [
        (json!({"model": "trees", "rows": many, "explain": true}), "101 rows: \"explain\" is for 1 to 100"),
        (json!({"model": "trees", "rows": rows, "explain": "yes"}), "boolean"),
    ] {
        let (status, answer) = server.ask("POST", "/predict", &body.to_string());
        assert!(status == 400 && answer["error"].as_str().unwrap().contains(part), "{status} {answer}");
    }
}

#[test]
fn trees_answer_each_protocol_with_the_bits_of_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir);
    succeed(dir, &["train", "t.csv", "--target", "y", "--drop", "k", "--model", "trees", "-o", "m"]);
    std::fs::write(dir.join("three.csv"), "x,c\n70,v\n,u\n12,new\n").unwrap();
    let said = succeed(dir, &["predict", "m", "three.csv", "--json"]).json();
    let want: Vec<f64> =
        said["predictions"].as_array().unwrap().iter().map(|p| p["prediction"].as_f64().unwrap()).collect();
    let server = Server::start(dir, &["m"]);
    let rows = json!([{"x": 70, "c": "v"}, {"x": null, "c": "u"}, {"x": 12, "c": "new"}]);
    let (status, answer) = server.ask("POST", "/predict", &json!({"rows": rows}).to_string());
    assert_eq!(status, 200, "{answer}");
    let of_rows: Vec<f64> =
        answer["predictions"].as_array().unwrap().iter().map(|p| p["prediction"].as_f64().unwrap()).collect();
    assert_eq!(of_rows, want);
    // A level that is not known is said; a missing number needs no filling.
    assert_eq!(answer["predictions"][2]["warnings"][0]["kind"], "unknown_category");
    assert!(answer["predictions"][1].get("warnings").is_none(), "{answer}");
    let v2 = json!({"inputs": [
        {"name": "x", "shape": [3], "datatype": "FP64", "data": [70.0, null, 12.0]},
        {"name": "c", "shape": [3], "datatype": "BYTES", "data": ["v", "u", "new"]},
    ]});
    let (status, answer) = server.ask("POST", "/v2/models/m/infer", &v2.to_string());
    assert_eq!(status, 200, "{answer}");
    let of_v2: Vec<f64> =
        answer["outputs"][0]["data"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    assert_eq!(of_v2, want, "{answer}");
    let tfs = json!({"instances": rows});
    let (status, answer) = server.ask("POST", "/v1/models/m:predict", &tfs.to_string());
    assert_eq!(status, 200, "{answer}");
    let of_tfs: Vec<f64> =
        answer["predictions"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    assert_eq!(of_tfs, want, "{answer}");
}
