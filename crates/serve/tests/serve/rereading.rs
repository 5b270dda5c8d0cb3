//! What a reading of the files changes, counts and tries again; and models that have one name.

use super::models::{open, other, put};
use super::unavailable::{put_broken, source, start};
use super::{ask, mass, read_again, send};
use bytes::Bytes;
use planish_io::save_model;
use planish_serve::{Label, ModelSource, Options, Service};
use serde_json::json;
use std::path::PathBuf;
use std::thread;

fn named(name: &str, path: PathBuf) -> ModelSource {
    ModelSource { name: Some(name.to_owned()), path }
}

/// How many readings of files failed, as it is counted.
fn failed(service: &Service) -> u64 {
    let text = service.metrics_text().unwrap();
    let line = text.lines().find_map(|l| l.strip_prefix(r#"planish_reloads_total{result="failed"} "#));
    line.map_or(0, |n| n.parse().unwrap())
}

/// The OpenAPI document; all who ask for it share its memory, until the models change.
async fn document(service: &Service) -> Bytes {
    send(service, "GET", "/openapi.json", &[], b"").await.1
}

/// What a prediction of `x` = 4 by this model is.
async fn predicted(service: &Service, model: &str) -> f64 {
    let body = json!({ "model": model, "rows": [{ "x": 4 }] }).to_string();
    let (status, answer) = ask(service, "POST", "/predict", &body).await;
    assert_eq!(status, 200, "{answer}");
    answer["predictions"][0]["prediction"].as_f64().unwrap()
}

#[test]
fn a_label_of_no_version_is_refused_though_another_models_place_cannot_be_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("m"), "1", &mass());
    let label = |model: &str, version| vec![Label { model: model.into(), label: "stable".into(), version }];
    let sources = || vec![source(folder.path().to_owned()), source(folder.path().join("gone.safetensors"))];
    let e = start(sources(), Options::default(), label("m", 2)).unwrap_err();
    assert!(e.contains("model \"m\" version 2, which is not there"), "{e}");
    let e = start(sources(), Options::default(), label("n", 1)).unwrap_err();
    assert!(e.contains("model \"n\" version 1"), "{e}");
    // This one may be there, and so may any model of a folder.
    assert!(start(sources(), Options::default(), label("gone", 1)).is_ok());
    let sources = vec![source(folder.path().to_owned()), source(folder.path().join("models"))];
    assert!(start(sources, Options::default(), label("n", 1)).is_ok());
}

#[tokio::test]
async fn a_reading_that_changes_nothing_leaves_all_and_counts_no_failure_again() {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("m"), "1", &mass());
    let path = put_broken(&folder.path().join("m"), "2");
    let sources = vec![source(folder.path().to_owned()), source(folder.path().join("gone.safetensors"))];
    let service = start(sources, Options::default(), Vec::new()).unwrap();
    let before = document(&service).await;
    for asked in [false, false, true] {
        assert_eq!(read_again(&service, asked).failed.len(), 2);
        assert_eq!(before.as_ptr(), document(&service).await.as_ptr(), "{asked}");
        assert_eq!(failed(&service), if asked { 2 } else { 0 });
    }
    // Tried, as it changed, though it fails for the same reason.
    std::fs::write(&path, "nothing again").unwrap();
    service.reload_changed();
    assert_eq!(failed(&service), 3);
    put(&folder.path().join("m"), "2", &other());
    assert_eq!(service.reload_changed().loaded, ["m/2"]);
    assert_ne!(before.as_ptr(), document(&service).await.as_ptr());
    assert_eq!((failed(&service), predicted(&service, "m").await), (3, 18.0));
}

/// Reading what Linux shows as this process's memory fails at its start, as a disk does that cannot be read.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_the_system_does_not_read_is_tried_again_though_it_did_not_change() {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("m"), "1", &mass());
    put_broken(&folder.path().join("m"), "2");
    std::fs::create_dir_all(folder.path().join("m/3")).unwrap();
    std::os::unix::fs::symlink("/proc/self/mem", folder.path().join("m/3/model.safetensors")).unwrap();
    let service = open(folder.path(), Options::default(), Vec::new());
    assert_eq!(service.unavailable(), ["m/2", "m/3"]);
    for tried in 1..4 {
        service.reload_changed();
        assert_eq!(failed(&service), tried, "only the one of them");
    }
}

#[tokio::test]
async fn of_two_folders_with_one_version_neither_is_served_and_the_other_versions_are() {
    let folder = tempfile::tempdir().unwrap();
    for version in ["01", "1", "2"] {
        put(&folder.path().join("m"), version, &mass());
    }
    put(&folder.path().join("n"), "1", &other());
    let service = open(folder.path(), Options::default(), Vec::new());
    assert_eq!(service.names(), ["m", "n"]);
    assert_eq!(service.unavailable(), ["m/1", "m/1"]);
    assert_eq!(ask(&service, "GET", "/v2/models/m/versions/1/ready", "").await.0, 503);
    let strict = Options { strict: true, ..Options::default() };
    let e = start(vec![source(folder.path().to_owned())], strict, Vec::new()).unwrap_err();
    assert!(e.lines().count() == 2 && e.contains("another folder is of this version too"), "{e}");
    std::fs::remove_dir_all(folder.path().join("m/01")).unwrap();
    assert_eq!((service.reload_changed().loaded, service.unavailable().len()), (vec!["m/1".to_owned()], 0));
    // One that comes later leaves the one that is served.
    put(&folder.path().join("m"), "01", &other());
    for _ in 0..3 {
        let done = service.reload_changed();
        assert_eq!((done.failed.len(), done.removed.len(), done.loaded.len()), (2, 0, 0));
    }
    assert_eq!(ask(&service, "GET", "/v2/models/m/versions/1/ready", "").await.0, 200);
}

#[test]
fn two_files_of_one_name_are_refused_also_if_one_of_them_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let (good, gone) = (folder.path().join("m.safetensors"), folder.path().join("gone.safetensors"));
    save_model(&mass(), &good).unwrap();
    for paths in [[&good, &gone], [&gone, &good], [&good, &good]] {
        let sources = paths.map(|path| named("a", path.clone())).to_vec();
        let e = start(sources, Options::default(), Vec::new()).unwrap_err();
        assert!(e.starts_with("two models are named \"a\""), "{e}");
    }
    // A folder may have other versions of the same model; that it is missing is told.
    let sources = vec![named("a", good), named("a", folder.path().join("versions"))];
    let service = start(sources, Options::default(), Vec::new()).unwrap();
    assert_eq!((service.names(), service.unavailable()), (vec!["a".to_owned()], vec!["a".to_owned()]));
    put(&folder.path().join("versions"), "2", &other());
    assert_eq!((service.reload().loaded, service.unavailable()), (vec!["a/2".to_owned()], Vec::new()));
}

#[tokio::test]
async fn what_is_kept_of_a_folder_that_is_gone_does_not_take_the_place_of_an_earlier_ones() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    put(&a.join("k"), "1", &mass());
    put(&b.join("m"), "1", &other());
    let service = start(vec![source(a.clone()), source(b.clone())], Options::default(), Vec::new()).unwrap();
    put(&a.join("m"), "1", &mass());
    std::fs::rename(&b, folder.path().join("away")).unwrap();
    for _ in 0..2 {
        service.reload();
        assert_eq!(predicted(&service, "m").await, 9.0);
    }
}

#[tokio::test]
async fn a_version_that_was_deleted_is_not_there_though_another_is_broken() {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("m"), "1", &mass());
    put_broken(&folder.path().join("m"), "2");
    let service = open(folder.path(), Options::default(), Vec::new());
    std::fs::remove_dir_all(folder.path().join("m/1")).unwrap();
    assert_eq!(service.reload_changed().removed, ["m/1"]);
    let (status, answer) = ask(&service, "GET", "/v2/models/m/versions/1/ready", "").await;
    assert_eq!((status, &answer["error"]), (404, &json!("model \"m\" has no version 1")));
    let (status, answer) = ask(&service, "GET", "/v2/models/m/ready", "").await;
    let told = answer["error"].as_str().unwrap();
    assert!(status == 503 && told.starts_with("model \"m\" version 2 cannot be served"), "{answer}");
}

#[test]
fn who_asks_for_the_counters_at_the_same_time_misses_no_line() {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("m"), "1", &mass());
    let service = open(folder.path(), Options::default(), Vec::new());
    let ask = || {
        for _ in 0..2000 {
            let text = service.metrics_text().unwrap();
            assert_eq!(text.matches("planish_model_ready{model=\"m\",version=\"1\"} 1\n").count(), 1);
        }
    };
    thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(ask))));
}
