//! Models that are there and cannot be served: the others are, and what is wrong is said wherever one may look. And files that are written
//! over in place, read or mapped.

use super::live::Live;
use super::models::{open, other, prediction, put};
use super::{ask, mass, read_again, send, table};
use crate::generated::inference::grpc_inference_service_client::GrpcInferenceServiceClient;
use crate::generated::inference::{ModelMetadataRequest, ModelReadyRequest};
use planish_io::save_model;
use planish_model::{Model, NetworkSettings, fit_network};
use planish_serve::{Label, ModelSource, Options, Service};
use planish_tensor::Exec;
use planish_train::FitOptions;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tonic::Code;
use tonic::transport::Channel;

const FOREIGN: &str = "this is not a Planish model";

/// A file in the place of a version that is no model.
pub(crate) fn put_broken(folder: &Path, version: &str) -> PathBuf {
    std::fs::create_dir_all(folder.join(version)).unwrap();
    let path = folder.join(version).join("model.safetensors");
    std::fs::write(&path, "nothing").unwrap();
    path
}

pub(crate) fn source(path: PathBuf) -> ModelSource {
    ModelSource { name: None, path }
}

pub(crate) fn start(
    sources: Vec<ModelSource>,
    options: Options,
    labels: Vec<Label>,
) -> Result<Service, String> {
    Service::open(Exec::best(), options, sources, labels).map_err(|e| e.to_string())
}

/// A folder with `m` in versions 1 and 2, of which 2 is broken, and `lone`, which is broken in its only version.
fn some_broken() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("m"), "1", &mass());
    put_broken(&folder.path().join("m"), "2");
    put_broken(&folder.path().join("lone"), "7");
    folder
}

#[tokio::test]
async fn what_is_good_is_served_and_what_is_not_is_said() {
    let folder = some_broken();
    let service = open(folder.path(), Options::default(), Vec::new());
    assert_eq!(
        (service.names(), service.unavailable()),
        (vec!["m".into()], vec!["lone/7".into(), "m/2".into()])
    );
    let (status, answer) = ask(&service, "POST", "/predict", r#"{"model":"m","rows":[{"x":4}]}"#).await;
    assert_eq!((status, &answer["model_version"]), (200, &json!("1")), "{answer}");
    let (status, answer) = ask(&service, "POST", "/predict", r#"{"rows":[{"x":4}]}"#).await;
    assert_eq!(status, 400, "two models are there: {answer}");
    let (_, answer) = ask(&service, "GET", "/models", "").await;
    assert_eq!(answer["models"][0]["versions"], json!(["1"]));
    let lost = |name: &str, version: &str| json!({ "model": name, "version": version, "reason": FOREIGN });
    assert_eq!(answer["unavailable"], json!([lost("lone", "7"), lost("m", "2")]));
    let (status, answer) = ask(&service, "GET", "/models/m", "").await;
    assert_eq!((status, &answer["unavailable"]), (200, &json!([lost("m", "2")])));
    for path in
        ["/models/lone", "/v2/models/lone", "/v2/models/m/versions/2", "/v2/models/lone/versions/7/stats"]
    {
        let (status, answer) = ask(&service, "GET", path, "").await;
        let message = answer["error"].as_str().unwrap();
        assert!(status == 503 && message.ends_with(FOREIGN) && !message.contains('/'), "{path}: {answer}");
    }
    for path in ["/v2/models/lone/versions/8", "/v2/models/m/versions/3", "/v2/models/n"] {
        assert_eq!(ask(&service, "GET", path, "").await.0, 404, "{path}");
    }
    let text = service.metrics_text().unwrap();
    for (model, version, ready) in [("m", 1, 1), ("m", 2, 0), ("lone", 7, 0)] {
        let line = format!("planish_model_ready{{model=\"{model}\",version=\"{version}\"}} {ready}\n");
        assert!(text.contains(&line), "{line} is missing in\n{text}");
    }
}

#[tokio::test]
async fn each_protocol_says_that_a_model_is_not_ready() {
    let folder = some_broken();
    let service = open(folder.path(), Options::default(), Vec::new());
    for (path, status) in
        [("m", 200), ("m/versions/1", 200), ("m/versions/2", 503), ("lone", 503), ("n", 404)]
    {
        let (got, answer) = ask(&service, "GET", &format!("/v2/models/{path}/ready"), "").await;
        assert_eq!(got, status, "{path}: {answer}");
        assert_eq!(answer["ready"].as_bool(), (status != 404).then_some(status == 200), "{path}: {answer}");
        assert_eq!(answer.get("error").is_some(), status != 200, "{path}: {answer}");
    }
    let state = |version: &str, state: &str, code: &str, message: &str| json!({ "version": version, "state": state, "status": { "error_code": code, "error_message": message } });
    let (bad, good) = (state("2", "END", "UNAVAILABLE", FOREIGN), state("1", "AVAILABLE", "OK", ""));
    let lone = state("7", "END", "UNAVAILABLE", FOREIGN);
    for (path, states, ready) in [
        ("m", json!([bad, good]), true),
        ("m/versions/1", json!([good]), true),
        ("m/versions/2", json!([bad]), false),
        ("lone", json!([lone]), false),
    ] {
        let (status, answer) = ask(&service, "GET", &format!("/v1/models/{path}"), "").await;
        let told = (&answer["model_version_status"], &answer["ready"]);
        assert_eq!((status, told), (200, (&states, &json!(ready))), "{path}");
    }
    assert_eq!(ask(&service, "GET", "/v1/models/m/versions/3", "").await.0, 404);
    assert_eq!(ask(&service, "POST", "/v1/models/lone:predict", r#"{"instances":[4]}"#).await.0, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn over_grpc_a_model_that_cannot_be_served_is_not_ready() {
    let folder = some_broken();
    let server = Live::start_with(open(folder.path(), Options::default(), Vec::new())).await;
    let channel = Channel::from_shared(format!("http://{}", server.addr)).unwrap().connect().await.unwrap();
    let mut client = GrpcInferenceServiceClient::new(channel);
    for (name, version, ready) in [("m", "", true), ("m", "1", true), ("m", "2", false), ("lone", "", false)]
    {
        let asked = ModelReadyRequest { name: name.into(), version: version.into() };
        assert_eq!(client.model_ready(asked).await.unwrap().get_ref().ready, ready, "{name}/{version}");
    }
    let asked = ModelReadyRequest { name: "n".into(), version: String::new() };
    assert_eq!(client.model_ready(asked).await.unwrap_err().code(), Code::NotFound);
    let asked = ModelMetadataRequest { name: "lone".into(), version: String::new() };
    let refused = client.model_metadata(asked).await.unwrap_err();
    assert!(refused.code() == Code::Unavailable && refused.message().ends_with(FOREIGN), "{refused:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_place_that_is_missing_counts_as_broken_and_leaves_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let (good, gone) = (folder.path().join("good.safetensors"), folder.path().join("gone.safetensors"));
    save_model(&mass(), &good).unwrap();
    let sources = || vec![source(good.clone()), source(gone.clone())];
    let service = start(sources(), Options::default(), Vec::new()).unwrap();
    let (_, answer) = ask(&service, "GET", "/models", "").await;
    let lost = &answer["unavailable"][0];
    assert_eq!((&lost["model"], &lost["version"]), (&json!("gone"), &Value::Null));
    assert!(!lost["reason"].as_str().unwrap().contains("gone.safetensors"), "{answer}");
    for path in ["/v2/models/gone/ready", "/v2/models/gone/versions/1/ready", "/v1/models/gone"] {
        assert_eq!(ask(&service, "GET", path, "").await.0, 503, "{path}");
    }
    assert!(service.metrics_text().unwrap().contains("planish_model_ready{model=\"gone\",version=\"\"} 0\n"));
    save_model(&other(), &gone).unwrap();
    assert_eq!(service.reload().loaded, ["gone/1"]);
    assert_eq!(ask(&service, "GET", "/v2/models/gone/ready", "").await.0, 200);
    let service = start(sources(), Options::default(), Vec::new()).unwrap();
    assert_eq!(service.unavailable(), [""; 0]);
}

#[tokio::test]
async fn a_folder_that_is_missing_is_told_by_its_name_and_is_no_model() {
    let folder = tempfile::tempdir().unwrap();
    let (good, models) = (folder.path().join("good.safetensors"), folder.path().join("models"));
    save_model(&mass(), &good).unwrap();
    let service = start(vec![source(good), source(models.clone())], Options::default(), Vec::new()).unwrap();
    let (_, answer) = ask(&service, "GET", "/models", "").await;
    let lost = &answer["unavailable"][0];
    assert!(
        lost["folder"] == "models" && lost["reason"].as_str().unwrap().starts_with("cannot read"),
        "{answer}"
    );
    assert_eq!(ask(&service, "GET", "/v2/models/models", "").await.0, 404);
    assert_eq!(prediction(&service).await, 9.0);
    put(&models.join("m"), "1", &other());
    assert_eq!((service.reload().loaded, service.unavailable()), (vec!["m/1".to_owned()], Vec::new()));
    // What was served of a folder that is gone goes on, and the failure is told.
    std::fs::rename(&models, folder.path().join("away")).unwrap();
    let done = service.reload();
    assert_eq!((done.failed[0].of.to_string(), done.removed.len()), ("models".to_owned(), 0));
    assert_eq!(service.unavailable(), [""; 0]);
    assert_eq!(ask(&service, "GET", "/v2/models/m/ready", "").await.0, 200);
}

#[tokio::test]
async fn the_start_fails_if_nothing_is_good_or_if_it_is_strict() {
    let folder = some_broken();
    let strict = Options { strict: true, ..Options::default() };
    let e = start(vec![source(folder.path().to_owned())], strict.clone(), Vec::new()).unwrap_err();
    let lines: Vec<&str> = e.lines().collect();
    assert!(lines.len() == 2 && lines[0].contains("lone") && lines[1].contains("m"), "{e}");
    let bad =
        vec![source(folder.path().join("lone/7/model.safetensors")), source(folder.path().join("none"))];
    let e = start(bad, Options::default(), Vec::new()).unwrap_err();
    assert!(e.lines().count() == 2 && e.contains(FOREIGN) && e.contains("none: cannot read"), "{e}");
    let good = vec![source(folder.path().join("m/1/model.safetensors"))];
    assert!(start(good, strict, Vec::new()).is_ok());
}

#[tokio::test]
async fn a_label_of_a_broken_version_is_no_reason_not_to_start_and_one_of_none_is() {
    let folder = some_broken();
    let label = |version| vec![Label { model: "m".into(), label: "stable".into(), version }];
    let sources = || vec![source(folder.path().to_owned())];
    let service = start(sources(), Options::default(), label(2)).unwrap();
    assert_eq!(ask(&service, "GET", "/v1/models/m/labels/stable", "").await.0, 503);
    assert_eq!(ask(&service, "GET", "/v1/models/m/labels/other", "").await.0, 404);
    put(&folder.path().join("m"), "2", &other());
    assert_eq!(service.reload().loaded, ["m/2"]);
    assert_eq!(ask(&service, "GET", "/v1/models/m/labels/stable", "").await.0, 200);
    let e = start(sources(), Options::default(), label(3)).unwrap_err();
    assert!(e.contains("\"stable\"") && e.contains("version 3"), "{e}");
}

#[tokio::test]
async fn a_broken_version_is_tried_again_when_it_changed_or_when_somebody_asks() {
    let folder = some_broken();
    let service = open(folder.path(), Options::default(), Vec::new());
    let failed = |done: planish_serve::Reloaded| -> Vec<String> {
        done.failed.iter().map(|f| f.of.to_string()).collect()
    };
    for asked in [false, true] {
        assert_eq!(failed(read_again(&service, asked)), ["lone/7", "m/2"], "it is still said");
    }
    put(&folder.path().join("m"), "2", &other());
    let done = service.reload_changed();
    assert_eq!(
        (&done.loaded[..], failed(done.clone())),
        (&["m/2".to_owned()][..], vec!["lone/7".to_owned()])
    );
    // A broken file in a good one's place leaves the good one, which is ready; the failure is told.
    put_broken(&folder.path().join("m"), "2");
    assert_eq!(failed(service.reload_changed()), ["lone/7", "m/2"]);
    assert_eq!(service.unavailable(), ["lone/7"]);
    assert_eq!(ask(&service, "GET", "/v2/models/m/versions/2/ready", "").await.0, 200);
    let (_, answer) = ask(&service, "POST", "/predict", r#"{"model":"m","rows":[{"x":4}]}"#).await;
    assert_eq!(answer["predictions"][0]["prediction"], json!(18.0));
    // What is gone is no longer said.
    std::fs::remove_dir_all(folder.path().join("lone")).unwrap();
    std::fs::remove_dir_all(folder.path().join("m/2")).unwrap();
    let done = service.reload_changed();
    assert_eq!((failed(done.clone()), done.removed), (Vec::new(), vec!["m/2".to_owned()]));
}

#[tokio::test]
async fn of_two_models_with_one_name_and_version_that_come_later_the_first_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    put(&a.join("m"), "1", &mass());
    put(&b.join("n"), "1", &mass());
    let service = start(vec![source(a.clone()), source(b.clone())], Options::default(), Vec::new()).unwrap();
    put(&a.join("k"), "1", &mass());
    put(&b.join("m"), "1", &other());
    let done = service.reload();
    assert_eq!((done.loaded.len(), done.failed.len()), (1, 1));
    let (_, answer) = ask(&service, "POST", "/predict", r#"{"model":"m","rows":[{"x":4}]}"#).await;
    assert_eq!(answer["predictions"][0]["prediction"], json!(9.0));
    std::fs::remove_dir_all(a.join("m")).unwrap();
    assert_eq!(service.reload_changed().loaded, ["m/1"], "the first is gone");
}

/// A network whose file is large enough to be mapped.
fn large(hidden: usize) -> Model {
    let hidden = vec![hidden, 1024];
    let drop = vec!["k".into(), "c".into()];
    let settings = NetworkSettings {
        hidden,
        drop,
        fit: FitOptions { epochs: 1, batch_size: 64, ..NetworkSettings::fit() },
        ..NetworkSettings::new("y")
    };
    fit_network(Exec::best(), &table(), &settings, &mut ()).unwrap()
}

/// Writes over a file in place.
fn write_over(path: &Path, bytes: &[u8]) {
    use std::io::{Seek, Write};
    let mut file = std::fs::File::options().write(true).open(path).unwrap();
    file.rewind().unwrap();
    file.write_all(bytes).unwrap();
}

#[tokio::test]
async fn a_large_file_that_is_written_over_or_cut_does_not_change_the_model_that_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let (path, model) = (folder.path().join("m.safetensors"), large(1024));
    save_model(&model, &path).unwrap();
    let service = start(vec![source(path.clone())], Options::default(), Vec::new()).unwrap();
    let before = prediction(&service).await;
    let n = std::fs::metadata(&path).unwrap().len() as usize;
    write_over(&path, &vec![b'x'; n]);
    assert_eq!(prediction(&service).await.to_bits(), before.to_bits());
    assert_eq!((service.reload().failed.len(), prediction(&service).await.to_bits()), (1, before.to_bits()));
    // As cp does it: cut to nothing, then written.
    std::fs::write(&path, "short").unwrap();
    assert_eq!((service.reload().failed.len(), prediction(&service).await.to_bits()), (1, before.to_bits()));
    assert_eq!(service.unavailable(), [""; 0]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_mapped_file_that_was_written_over_is_served_no_longer_and_one_that_was_replaced_is() {
    let folder = tempfile::tempdir().unwrap();
    let versions = folder.path().join("m");
    put(&versions, "1", &large(1024));
    put(&versions, "2", &large(1040));
    let options = Options { map: true, ..Options::default() };
    let service = open(folder.path(), options, Vec::new());
    let newest = prediction(&service).await;
    // Replaced by a broken file: the map keeps the old one.
    std::fs::write(folder.path().join("broken"), "nothing").unwrap();
    let path = versions.join("2/model.safetensors");
    std::fs::rename(folder.path().join("broken"), &path).unwrap();
    let done = service.reload();
    assert_eq!((done.failed.len(), done.removed.len()), (1, 0));
    assert_eq!(prediction(&service).await.to_bits(), newest.to_bits());
    put(&versions, "2", &large(1040));
    assert_eq!(service.reload().loaded, ["m/2"]);
    // Written over in place, at the same length: nothing that was verified is left.
    let n = std::fs::metadata(&path).unwrap().len() as usize;
    write_over(&path, &vec![b'x'; n]);
    let done = service.reload();
    assert_eq!(
        (done.failed[0].of.to_string(), &done.removed[..]),
        ("m/2".to_owned(), &["m/2".to_owned()][..])
    );
    let (_, answer) = ask(&service, "POST", "/predict", r#"{"rows":[{"x":4}]}"#).await;
    assert_eq!(answer["model_version"], json!("1"));
    assert_eq!(ask(&service, "GET", "/v2/models/m/versions/2/ready", "").await.0, 503);
    // A good file brings it back; it may be written in place.
    std::fs::write(&path, planish_io::model_to_bytes(&large(1040))).unwrap();
    assert_eq!(service.reload().loaded, ["m/2"]);
    assert_eq!(prediction(&service).await.to_bits(), newest.to_bits());
}

#[tokio::test]
async fn a_service_that_lost_its_last_model_says_so_and_lives() {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("m"), "1", &large(1024));
    let service = open(folder.path(), Options { map: true, ..Options::default() }, Vec::new());
    let path = folder.path().join("m/1/model.safetensors");
    let n = std::fs::metadata(&path).unwrap().len() as usize;
    write_over(&path, &vec![b'x'; n]);
    service.reload();
    assert_eq!((service.names(), service.unavailable()), (Vec::<String>::new(), vec!["m/1".to_owned()]));
    for path in ["/models", "/openapi.json", "/v2/health/ready"] {
        let (head, _) = send(&service, "GET", path, &[], b"").await;
        assert_eq!(head.status, 200, "{path}");
    }
    assert_eq!(ask(&service, "POST", "/predict", r#"{"rows":[{"x":4}]}"#).await.0, 503);
}
