//! Versions, labels, files that change, and batches.

use super::live::Live;
use super::{ask, mass, metric, service, species, table};
use planish_io::save_model;
use planish_model::{LinearSettings, Model, Predictions, fit_linear};
use planish_serve::{Label, ModelSource, Options, Service};
use planish_tabular::{Notes, TableSource};
use planish_tensor::Exec;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// A model of `y` that says something else than [`mass`]: 2x + 1 from rows whose y is doubled.
pub(crate) fn other() -> Model {
    let mut doubled = planish_tabular::Table::new(table().schema().clone());
    for i in 0..60 {
        doubled.push_number(0, Some(f64::from(i)));
        doubled.push_text(1, Some("u"));
        doubled.push_number(2, Some(2.0 * (2.0 * f64::from(i) + 1.0)));
        doubled.push_text(3, Some("no"));
        doubled.end_row(0);
    }
    let settings = LinearSettings { drop: vec!["k".into(), "c".into()], ..LinearSettings::new("y") };
    fit_linear(Exec::best(), &mut TableSource::new(&doubled), &settings).unwrap()
}

/// Puts a model in place as its whole file at once, as one should.
pub(crate) fn put(folder: &Path, version: &str, model: &Model) {
    std::fs::create_dir_all(folder.join(version)).unwrap();
    save_model(model, &folder.join(version).join("model.safetensors")).unwrap();
}

pub(crate) fn open(folder: &Path, options: Options, labels: Vec<Label>) -> Service {
    let source = ModelSource { name: None, path: folder.to_owned() };
    Service::open(Exec::best(), options, vec![source], labels).unwrap()
}

pub(crate) async fn prediction(service: &Service) -> f64 {
    let (status, answer) = ask(service, "POST", "/predict", r#"{"rows":[{"x":4}]}"#).await;
    assert_eq!(status, 200, "{answer}");
    answer["predictions"][0]["prediction"].as_f64().unwrap()
}

#[tokio::test]
async fn the_newest_version_answers_unless_another_is_named() {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("m"), "2", &mass());
    put(&folder.path().join("m"), "10", &other());
    let stable = Label { model: "m".into(), label: "stable".into(), version: 2 };
    let service = open(folder.path(), Options::default(), vec![stable]);
    assert_eq!(prediction(&service).await, 18.0);
    let instances = r#"{"instances":[4]}"#;
    for (path, y) in [("", 18.0), ("/labels/stable", 9.0), ("/versions/2", 9.0)] {
        let (_, answer) = ask(&service, "POST", &format!("/v1/models/m{path}:predict"), instances).await;
        assert_eq!(answer, json!({ "predictions": [y] }));
    }
    let body = r#"{"inputs":[{"name":"x","shape":[1],"datatype":"FP64","data":[4]}]}"#;
    for (path, version, y) in [("", "10", 18.0), ("/versions/2", "2", 9.0), ("/versions/10", "10", 18.0)] {
        let (_, answer) = ask(&service, "POST", &format!("/v2/models/m{path}/infer"), body).await;
        assert_eq!((&answer["model_version"], &answer["outputs"][0]["data"]), (&json!(version), &json!([y])));
    }
    let (_, meta) = ask(&service, "GET", "/v2/models/m", "").await;
    assert_eq!(meta["versions"], json!(["2", "10"]));
}

#[tokio::test]
async fn changed_files_are_served_and_broken_ones_leave_the_old_model() {
    let folder = tempfile::tempdir().unwrap();
    let m = folder.path().join("m");
    put(&m, "1", &mass());
    let service = open(folder.path(), Options::default(), Vec::new());
    assert_eq!(service.reload(), Default::default(), "nothing changed");
    put(&m, "1", &other());
    assert_eq!(service.reload().loaded, ["m/1"]);
    assert_eq!(prediction(&service).await, 18.0);
    // A file cut short, in the old one's place.
    let file = m.join("1/model.safetensors");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
    assert_eq!((service.reload().failed.len(), prediction(&service).await), (1, 18.0));
    put(&m, "2", &mass());
    let done = service.reload();
    assert_eq!(
        (done.loaded, done.failed.len(), prediction(&service).await),
        (vec!["m/2".to_owned()], 1, 9.0)
    );
    std::fs::remove_dir_all(m.join("2")).unwrap();
    std::fs::write(&file, bytes).unwrap();
    let done = service.reload();
    assert_eq!((done.loaded, done.removed), (vec!["m/1".to_owned()], vec!["m/2".to_owned()]));
    std::fs::rename(folder.path().join("m"), folder.path().join(".away")).unwrap();
    assert_eq!(
        (service.reload().failed.len(), prediction(&service).await),
        (1, 18.0),
        "an emptied folder is no order"
    );
    let text = service.metrics_text().unwrap();
    assert!(text.contains(r#"planish_reloads_total{result="failed"} 3"#), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reloads_under_load_lose_no_request_and_mix_no_models() {
    let folder = tempfile::tempdir().unwrap();
    let m = folder.path().join("m");
    put(&m, "1", &mass());
    let options = Options { watch: Duration::from_millis(1), ..Options::default() };
    let live = Live::start_with(open(folder.path(), options, Vec::new())).await;
    let (addr, service) = (live.addr, live.service.clone());
    let asking: Vec<_> = (0..4)
        .map(|_| {
            let service = service.clone();
            tokio::spawn(async move {
                for _ in 0..500 {
                    let y = prediction(&service).await;
                    assert!(y == 9.0 || y == 18.0, "{y}");
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for i in 0..100 {
        put(&m, "1", &if i % 2 == 0 { other() } else { mass() });
        let y = if i % 2 == 0 { 18.0 } else { 9.0 };
        while prediction(&service).await != y {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    for task in asking {
        task.await.unwrap();
    }
    assert!(addr.ip().is_loopback());
    live.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_has_the_same_bits_alone_and_in_a_batch() {
    // A delay sends every request through the queue, and lets them meet there.
    let options = Options { batch_delay: Duration::from_millis(20), threads: 1, ..Options::default() };
    let (batched, model) = (service(options), species());
    let rows: Vec<Value> = (0..300)
        .map(|i| json!({ "x": f64::from(i) / 7.0, "c": (["u", "v", "w"][i as usize % 3]) }))
        .collect();
    let asked: Vec<_> = rows
        .chunks(3)
        .map(|rows| {
            let (service, body) = (batched.clone(), json!({ "model": "species", "rows": rows }).to_string());
            tokio::spawn(async move { ask(&service, "POST", "/predict", &body).await })
        })
        .collect();
    let mut got = Vec::new();
    for answer in asked {
        let (status, answer) = answer.await.unwrap();
        assert_eq!(status, 200, "{answer}");
        let list = answer["predictions"].as_array().unwrap().clone();
        got.extend(list.iter().map(|p| p["probabilities"]["yes"].as_f64().unwrap()));
    }
    for (i, row) in rows.iter().enumerate() {
        let mut t = planish_tabular::Table::new(model.features());
        t.push_number(0, row["x"].as_f64());
        t.push_text(1, row["c"].as_str());
        t.end_row(0);
        let Predictions::Probabilities(p) = model.predict(Exec::best(), &t, &mut Notes::default()).unwrap()
        else {
            panic!()
        };
        assert_eq!(p[(0, 1)].to_bits(), got[i].to_bits(), "row {i}");
    }
    let (_, stats) = ask(&batched, "GET", "/v2/models/species/stats", "").await;
    let stats = &stats["model_stats"][0];
    assert_eq!(stats["inference_count"], json!(300));
    assert!(stats["execution_count"].as_u64().unwrap() < 100, "requests met in batches: {stats}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_429_and_clients_that_leave_make_room() {
    let options = Options {
        batch_delay: Duration::from_secs(60),
        batch_rows: 100,
        queue_rows: 3,
        deadline: Duration::from_millis(300),
        ..Options::default()
    };
    let service = service(options);
    let body = r#"{"model":"species","rows":[{"x":1,"c":"u"},{"x":2,"c":"u"}]}"#;
    let first = tokio::spawn({
        let service = service.clone();
        async move { ask(&service, "POST", "/predict", body).await }
    });
    while metric(&service, "planish_waiting_rows") == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let (status, answer) = ask(&service, "POST", "/predict", body).await;
    assert_eq!((status, &answer["error"]), (429, &json!("too many rows wait for a prediction")));
    // Its deadline passes: its rows leave the queue, and another takes their place.
    assert_eq!(first.await.unwrap().0, 504);
    assert_eq!(ask(&service, "POST", "/predict", body).await.0, 504);
    assert_eq!(metric(&service, "planish_waiting_rows"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_fit_into_no_batch_stay_in_the_queue() {
    // A delay sends every request through the queue; behind the first wait those of another model, and too many rows.
    let options =
        Options { batch_delay: Duration::from_millis(50), batch_rows: 4, threads: 1, ..Options::default() };
    let service = service(options);
    let bodies = [
        json!({ "model": "species", "rows": [{ "x": 1, "c": "u" }] }),
        json!({ "model": "mass", "rows": [{ "x": 4 }] }),
        json!({ "model": "species", "rows": vec![json!({ "x": 1, "c": "u" }); 5] }),
    ];
    let asked: Vec<_> = (0..12)
        .map(|i| {
            let (service, body) = (service.clone(), bodies[i % 3].to_string());
            tokio::spawn(async move { ask(&service, "POST", "/predict", &body).await })
        })
        .collect();
    for (i, answer) in asked.into_iter().enumerate() {
        let (status, answer) = answer.await.unwrap();
        let rows = answer["predictions"].as_array().map_or(0, Vec::len);
        assert_eq!((status, rows), (200, [1, 1, 5][i % 3]), "{answer}");
    }
    assert_eq!(metric(&service, "planish_waiting_rows"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn under_a_load_that_lasts_who_would_wait_too_long_is_429() {
    let options = Options {
        batch_delay: Duration::from_secs(1),
        queue_wait: Duration::from_nanos(1),
        threads: 1,
        ..Options::default()
    };
    let service = service(options);
    let body = r#"{"model":"species","rows":[{"x":1,"c":"u"}]}"#;
    // The first tells how long a row takes.
    assert_eq!(ask(&service, "POST", "/predict", body).await.0, 200);
    let mut asked = Vec::new();
    while !service.metrics_text().unwrap().contains("planish_refused_total{reason=\"busy\"}") {
        let service = service.clone();
        asked.push(tokio::spawn(async move { ask(&service, "POST", "/predict", body).await }));
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert!(asked.len() < 10_000, "nobody is refused");
    }
    let mut statuses = Vec::new();
    for one in asked {
        let (status, answer) = one.await.unwrap();
        statuses.push(status);
        assert!(
            status == 200 || answer["error"] == "the predictions asked for before this one take too long"
        );
    }
    assert_eq!(statuses.pop(), Some(429), "the last was the first to be refused");
    assert!(statuses.len() >= 4, "four a thread may wait");
    assert!(statuses.iter().all(|&status| status == 200), "who was taken is answered: {statuses:?}");
}
