//! What a model was made from and what it learned, asked without a socket.

use super::{ask, mass, service, species, table};
use planish_model::{LinearKind, LinearSettings, NetworkSettings, fit_linear, fit_network};
use planish_serve::{Options, Service};
use planish_tabular::{Kind, Schema, Table, TableSource};
use planish_tensor::Exec;
use planish_train::FitOptions;
use serde_json::{Value, json};

fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap_or_else(|e| panic!("{e}: {value}"))
}

#[tokio::test]
async fn a_network_has_its_curves_its_matrix_and_what_it_was_made_from() {
    let model = species();
    let (status, got) = ask(&service(Options::default()), "GET", "/models/species", "").await;
    assert_eq!((status, &got["kind"], &got["layers"]), (200, &json!("network"), &json!([3, 4, 1])));
    assert_eq!((&got["rows"], &got["settings"]["hidden"]), (&json!(60), &json!([4])));
    let (record, history) = (model.record(), model.record().history.as_ref().unwrap());
    assert_eq!(got["history"]["epoch"], json!([1, 2, 3]));
    let losses: Vec<f64> = history.epochs.iter().map(|e| e.loss).collect();
    let held: Vec<f64> = history.epochs.iter().filter_map(|e| e.val_loss).collect();
    assert_eq!((numbers(&got["history"]["loss"]), numbers(&got["history"]["val_loss"])), (losses, held));
    assert_eq!(
        (&got["history"]["best_epoch"], &got["history"]["stop"], &got["history"]["validation_rows"]),
        (&json!(history.best_epoch), &json!("completed"), &json!(6))
    );
    let matrix = &got["confusion_matrix"];
    assert_eq!((&matrix["classes"], &matrix["rows"]), (&json!(["no", "yes"]), &json!(record.confusion)));
    let rows: Vec<Vec<u64>> = serde_json::from_value(matrix["rows"].clone()).unwrap();
    assert_eq!(rows.iter().flatten().sum::<u64>(), 6);
    assert_eq!((rows[0][0] + rows[1][1]) as f64 / 6.0, got["validation"]["accuracy"].as_f64().unwrap());
    assert!(got.get("coefficients").is_none() && got.get("fit").is_none());
}

#[tokio::test]
async fn what_was_left_out_is_said() {
    let mut t = Table::new(Schema::new([("c", Kind::Category), ("k", Kind::Category)]));
    // More levels than the 256 that are kept, a row each.
    for i in 0..300 {
        t.push_text(0, Some(&format!("level {i}")));
        t.push_text(1, (i % 10 != 3).then_some(["no", "yes"][i % 2]));
        t.end_row(0);
    }
    let settings = NetworkSettings {
        hidden: vec![2],
        fit: FitOptions { epochs: 1, validation_split: 0.0, ..NetworkSettings::fit() },
        ..NetworkSettings::new("k")
    };
    let model = fit_network(Exec::best(), &t, &settings, &mut ()).unwrap();
    let service = Service::new(Exec::best(), Options::default(), vec![("m".into(), model)]).unwrap();
    let (_, got) = ask(&service, "GET", "/models/m", "").await;
    assert_eq!((&got["rows"], &got["rows_without_target"]), (&json!(270), &json!(30)));
    assert_eq!(got["rare_categories"], json!({ "c": 14 }));
    // Without held-out rows there is nothing of them.
    assert_eq!((&got["validation"], got.get("confusion_matrix")), (&json!({}), None));
    assert_eq!((&got["history"]["validation_rows"], got["history"].get("val_loss")), (&json!(0), None));
}

#[tokio::test]
async fn least_squares_has_estimates_intervals_and_probabilities() {
    let (status, got) = ask(&service(Options::default()), "GET", "/models/mass/versions/1", "").await;
    assert_eq!((status, &got["kind"], &got["version"]), (200, &json!("linear"), &json!("1")));
    let tables = &got["coefficients"];
    let table = &tables["shown"][0];
    assert_eq!((&tables["tables"], &table["of"], &table["terms"]), (&json!(1), &json!("target"), &json!(2)));
    let lines = table["lines"].as_array().unwrap();
    let shown: Vec<_> = lines.iter().map(|l| (l["term"].as_str().unwrap(), &l["estimate"])).collect();
    assert_eq!(shown, [("(intercept)", &json!(1.0)), ("x", &json!(2.0))]);
    // The table is exact, so the tests of its coefficients are undefined: they are left out, not null.
    assert!(lines.iter().all(|l| l.get("p").is_none_or(Value::is_number)), "{lines:?}");
    assert_eq!(got["fit"]["r2"], 1.0);
    assert!(got.get("history").is_none() && got.get("confusion_matrix").is_none());
}

#[tokio::test]
async fn the_numbers_are_those_of_the_model_s_own_table() {
    // Noise that is no line: every statistic is defined.
    let mut t = Table::new(Schema::new([("x", Kind::Number), ("y", Kind::Number), ("k", Kind::Category)]));
    for i in 0..80 {
        t.push_number(0, Some(f64::from(i)));
        t.push_number(1, Some(f64::from(i * i % 17)));
        t.push_text(2, Some(["a", "b", "c"][(i * i % 7) as usize % 3]));
        t.end_row(0);
    }
    let least_squares = LinearSettings { drop: vec!["k".into()], ..LinearSettings::new("y") };
    let of_classes = LinearSettings {
        kind: LinearKind::Logistic { l2: 0.0 },
        drop: vec!["y".into()],
        ..LinearSettings::new("k")
    };
    let models = vec![
        ("y".to_owned(), fit_linear(Exec::best(), &mut TableSource::new(&t), &least_squares).unwrap()),
        ("k".to_owned(), fit_linear(Exec::best(), &mut TableSource::new(&t), &of_classes).unwrap()),
    ];
    let tables: Vec<_> = models.iter().map(|(_, m)| m.coefficient_tables()).collect();
    let service = Service::new(Exec::best(), Options::default(), models).unwrap();
    for (name, tables) in ["y", "k"].iter().zip(tables) {
        let (_, got) = ask(&service, "GET", &format!("/models/{name}"), "").await;
        let shown = got["coefficients"]["shown"].as_array().unwrap();
        assert_eq!(shown.len(), tables.len());
        for (shown, table) in shown.iter().zip(&tables) {
            for (line, want) in shown["lines"].as_array().unwrap().iter().zip(&table.lines) {
                let interval = want.known.interval.unwrap();
                assert!(interval[0] < want.known.estimate && want.known.estimate < interval[1]);
                assert_eq!(numbers(&line["interval"]), interval);
                assert_eq!(
                    (&line["term"], line["p"].as_f64(), line["std_error"].as_f64()),
                    (&json!(want.name), want.known.p, want.known.std_error)
                );
            }
        }
    }
    let (_, got) = ask(&service, "GET", "/models/k", "").await;
    let classes = |i: usize| {
        let table = &got["coefficients"]["shown"][i];
        [&table["of"], &table["class"], &table["against"]].map(|v| v.as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(
        (classes(0), classes(1)),
        (["log_odds", "b", "a"].map(str::to_owned), ["log_odds", "c", "a"].map(str::to_owned))
    );
}

#[tokio::test]
async fn of_two_classes_the_second_is_set_against_the_first_and_a_penalty_leaves_no_intervals() {
    let drop = vec!["y".into(), "c".into()];
    let settings =
        LinearSettings { kind: LinearKind::Logistic { l2: 1.0 }, drop, ..LinearSettings::new("k") };
    let model = fit_linear(Exec::best(), &mut TableSource::new(&table()), &settings).unwrap();
    let service = Service::new(Exec::best(), Options::default(), vec![("k".into(), model)]).unwrap();
    let (_, got) = ask(&service, "GET", "/models/k", "").await;
    let shown = &got["coefficients"]["shown"][0];
    assert_eq!(
        (&got["kind"], &shown["class"], &shown["against"]),
        (&json!("logistic"), &json!("yes"), &json!("no"))
    );
    assert!(shown["lines"][1]["estimate"].as_f64().unwrap() > 0.0);
    assert!(["p", "interval", "std_error"].iter().all(|k| shown["lines"][1].get(k).is_none()), "{shown}");
}

#[tokio::test]
async fn a_model_or_version_that_is_not_there_is_named() {
    let service = Service::new(Exec::best(), Options::default(), vec![("a b".into(), mass())]).unwrap();
    assert_eq!(ask(&service, "GET", "/models/a%20b", "").await.1["name"], "a b");
    for (path, status, part) in [
        ("/models/none", 404, "no model \"none\""),
        ("/models/a%20b/versions/2", 404, "no version"),
        ("/models/a%20b/versions/x", 404, "whole numbers"),
        ("/models/a%20b/labels/x", 404, "nothing at this path"),
    ] {
        let (got, answer) = ask(&service, "GET", path, "").await;
        assert!(got == status && answer["error"].as_str().unwrap().contains(part), "{path}: {got} {answer}");
    }
    assert_eq!(ask(&service, "POST", "/models/a%20b", "").await.0, 405);
}
