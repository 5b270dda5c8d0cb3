//! Bytes from outside, given to the code that meets them in the service: a request's body goes through [`Service::answer`], all of it
//! that needs no socket (routing, limits, decoding, prediction, encoding), to small real models of each kind; a model's file
//! goes through the loader, and what loads must predict.
//!
//! Each function panics where a property does not hold: the answer to a request is 200 with JSON or a table that a reader
//! reads, all of its numbers finite, or another status with `{"error": text}`, and never 500, which is a flaw of the service; a model that loads is
//! written again as bytes that load, and predicts its typical row. Nothing is stood in for.

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::Request;
use hyper::http::request::Builder;
use hyper::http::response::Parts;
use planish_io::{model_from_bytes, model_to_bytes, open_bytes};
use planish_model::{
    Blend, LinearKind, LinearSettings, Member, Model, NetworkSettings, Predictions, Predictor, TreeSettings,
    fit_linear, fit_network, fit_trees,
};
use planish_serve::{Options, Service};
use planish_tabular::{Notes, RowSource, Table, TableSource};
use planish_tensor::Exec;
use serde_json::Value;
use std::sync::LazyLock;
use tokio::runtime::{Builder as RuntimeBuilder, Runtime};

/// A name of [`ALL`], and what is done with the bytes; it tells how often they were taken: requests answered 200, models loaded.
pub type Target = (&'static str, fn(&[u8]) -> usize);

/// The targets by the names of their programs and of the folders of their corpora.
pub const ALL: [Target; 6] = [
    ("v2_json", v2_json),
    ("v2_binary", v2_binary),
    ("tfs_json", tfs_json),
    ("rows_json", rows_json),
    ("rows_csv", rows_csv),
    ("artifact", artifact),
];

/// The served models: a network with an embedding, least squares of one column, a logistic regression, trees, a blend of trees and the network.
const MODELS: [&str; 5] = ["sold", "price", "quick", "grown", "mixed"];
/// Bytes of the longest message; what a client sent is quoted short.
const LONGEST: usize = 2000;
/// The classes of their targets.
const MENU: [&str; 5] = ["no", "soon", "yes", "n", "y"];
const JSON: &str = "application/json";
const CSV: &str = "text/csv";
/// The header of the binary extension, in requests and in answers.
const JSON_LENGTH: &str = "inference-header-content-length";

/// A body of `POST /v2/models/NAME/infer`.
pub fn v2_json(body: &[u8]) -> usize {
    taken(MODELS.map(|model| ask(&format!("/v2/models/{model}/infer"), &[("content-type", JSON)], body)))
}

/// The same with the binary extension: the first line is the header that gives the length of the JSON, the rest is the body.
pub fn v2_binary(bytes: &[u8]) -> usize {
    let Some((length, body)) = first_line(bytes) else { return 0 };
    let headers = [("content-type", "application/octet-stream"), (JSON_LENGTH, length)];
    taken(MODELS.map(|model| ask(&format!("/v2/models/{model}/infer"), &headers, body)))
}

/// A body of `POST /v1/models/NAME:predict`.
pub fn tfs_json(body: &[u8]) -> usize {
    taken(MODELS.map(|model| ask(&format!("/v1/models/{model}:predict"), &[("content-type", JSON)], body)))
}

/// A body of `POST /predict`, which names its model.
pub fn rows_json(body: &[u8]) -> usize {
    taken([JSON, CSV].map(|kind| ask("/predict", &[("content-type", JSON), ("accept", kind)], body)))
}

/// A table for `POST /predict`: the first line is the query, the rest is the body.
pub fn rows_csv(bytes: &[u8]) -> usize {
    let Some((query, body)) = first_line(bytes) else { return 0 };
    let uri = format!("/predict?{query}");
    taken([JSON, CSV].map(|kind| ask(&uri, &[("content-type", CSV), ("accept", kind)], body)))
}

/// A model's file as it is; and, as no change would get past the hash, one made of these bytes: a line that is the header's JSON, then
/// the tensors. Length and hash are made right.
pub fn artifact(bytes: &[u8]) -> usize {
    let line = bytes.iter().position(|&b| b == b'\n');
    let made = line.map(|at| sealed(&bytes[..at], &bytes[at + 1..]));
    taken([load(bytes), made.is_some_and(|file| load(&file))])
}

/// The artifact of this header and these tensors, with the right length and hash.
pub fn sealed(header: &[u8], tensors: &[u8]) -> Vec<u8> {
    const KEY: &[u8] = b"\"blake3\":\"";
    const DIGITS: usize = 64;
    let mut file = [&(header.len() as u64).to_le_bytes()[..], header, tensors].concat();
    let found = header.windows(KEY.len()).position(|part| part == KEY).map(|at| 8 + at + KEY.len());
    if let Some(digits) = found.map(|at| at..at + DIGITS).filter(|digits| digits.end <= 8 + header.len()) {
        file[digits.clone()].fill(b'0');
        let hash = blake3::hash(&file).to_hex();
        file[digits].copy_from_slice(hash.as_bytes());
    }
    file
}

/// The models by name, fitted on a small table.
pub fn models() -> Vec<(String, Model)> {
    let (exec, table) = (Exec::best(), table());
    let drop = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let mut network = NetworkSettings {
        hidden: vec![4],
        embed_above: Some(2),
        embed_dim: 2,
        ..NetworkSettings::new("sold")
    };
    network.fit.epochs = 2;
    let price = LinearSettings { drop: drop(&["city", "sold", "quick"]), ..LinearSettings::new("price") };
    let kind = LinearKind::Logistic { l2: 0.1 };
    let quick = LinearSettings { kind, drop: drop(&["price", "sold"]), ..LinearSettings::new("quick") };
    let grown = TreeSettings {
        drop: drop(&["price", "quick"]),
        rounds: Some(5),
        min_rows_in_leaf: 3,
        ..TreeSettings::new("sold")
    };
    let rows = || TableSource::new(&table);
    let (sold, grown) = (
        fit_network(exec, &table, &network, &mut ()).expect("a network"),
        fit_trees(exec, &table, &grown, &mut ()).expect("trees"),
    );
    let mixed = blend(&[&sold, &grown]);
    let models = [
        sold,
        fit_linear(exec, &mut rows(), &price).expect("least squares"),
        fit_linear(exec, &mut rows(), &quick).expect("a logistic regression"),
        grown,
        mixed,
    ];
    MODELS.iter().zip(models).map(|(&name, model)| (name.to_owned(), model)).collect()
}

/// The mean of these models.
fn blend(models: &[&Model]) -> Model {
    let member = |model: &&Model| Member {
        name: model.kind().to_owned(),
        weight: 1.0 / models.len() as f64,
        target: model.target().clone(),
        predictor: model.predictor().clone(),
        record: model.record().clone(),
    };
    let blend = Blend { members: models.iter().map(member).collect() };
    let (target, record) = (models[0].target().clone(), models[0].record().clone());
    Model::new(target, Predictor::Blend(blend), record).expect("a blend")
}

/// Areas with an empty field, three cities, a price, three classes and two.
fn table() -> Table {
    let mut text = String::from("area,city,price,sold,quick\n");
    for i in 0..60 {
        let area = if i == 7 { String::new() } else { format!("{}.5", 40 + (i * 37) % 60) };
        let (city, sold) = (["Bonn", "Kiel", "Ulm"][i % 3], ["no", "soon", "yes"][i / 20]);
        text += &format!("{area},{city},{},{sold},{}\n", 100 + (i * 53) % 90, ["n", "y"][(i * 7 / 5) % 2]);
    }
    let mut source = open_bytes("table", text.into_bytes(), &Default::default()).expect("a table");
    source.read_all().expect("its rows")
}

static SERVICE: LazyLock<Service> = LazyLock::new(|| {
    let options = Options { threads: 1, ..Options::default() };
    Service::new(Exec::best(), options, models()).expect("a service")
});

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| RuntimeBuilder::new_current_thread().enable_all().build().expect("a runtime"));

fn taken<const N: usize>(answers: [bool; N]) -> usize {
    answers.into_iter().filter(|&taken| taken).count()
}

/// The first line, if it is text, and what is after it.
fn first_line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let at = bytes.iter().position(|&b| b == b'\n')?;
    Some((std::str::from_utf8(&bytes[..at]).ok()?, &bytes[at + 1..]))
}

/// Asks the service, checks the answer, and tells whether it is 200. What is no request of HTTP never comes to it.
fn ask(uri: &str, headers: &[(&str, &str)], body: &[u8]) -> bool {
    let request = Request::post(uri).header("host", "localhost").header("content-length", body.len());
    let request =
        headers.iter().fold(request, |request: Builder, (name, value)| request.header(*name, *value));
    let Ok(request) = request.body(Bytes::copy_from_slice(body)) else { return false };
    let (head, body) = RUNTIME.block_on(async {
        let (head, body) = SERVICE.answer(request).await.into_parts();
        (head, body.collect().await.expect("it is whole in memory").to_bytes())
    });
    check(&head, &body);
    head.status == 200
}

fn check(head: &Parts, body: &[u8]) {
    let status = head.status.as_u16();
    let kind = head.headers["content-type"].to_str().expect("a type");
    match (status, kind) {
        (200, JSON) => assert!(is_whole(&json(body)), "{}", String::from_utf8_lossy(body)),
        (200, "application/octet-stream") => check_binary(head, body),
        (200, CSV) => check_table(body),
        (400..=499 | 503 | 504, JSON) => {
            let answer = json(body);
            let fields = answer.as_object().expect("an object");
            let message = fields["error"].as_str().expect("a text");
            assert!(fields.len() == 1 && (1..LONGEST).contains(&message.len()), "{answer}");
        }
        _ => panic!("status {status} of type {kind}: {}", String::from_utf8_lossy(body)),
    }
}

fn json(text: &[u8]) -> Value {
    serde_json::from_slice(text).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(text)))
}

/// Whether nothing in an answer is null, which is what JSON makes of a number that is not finite.
fn is_whole(answer: &Value) -> bool {
    match answer {
        Value::Null => false,
        Value::Array(list) => list.iter().all(is_whole),
        Value::Object(fields) => fields.values().all(is_whole),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// JSON as long as the header says, and as many bytes after it as its tensors have.
fn check_binary(head: &Parts, body: &[u8]) {
    let length: usize = head.headers[JSON_LENGTH].to_str().expect("a text").parse().expect("a length");
    let (text, mut blobs) = body.split_at(length);
    let answer = json(text);
    assert!(is_whole(&answer), "{answer}");
    for output in answer["outputs"].as_array().expect("outputs") {
        let size = output["parameters"]["binary_data_size"].as_u64().unwrap_or(0);
        let (blob, rest) = blobs.split_at(size as usize);
        blobs = rest;
        if output["datatype"] == "FP64" {
            let mut numbers = blob.chunks(8).map(|b| f64::from_le_bytes(b.try_into().expect("eight bytes")));
            assert!(numbers.all(f64::is_finite), "{answer}");
        }
    }
    assert!(blobs.is_empty(), "{} bytes belong to no tensor: {answer}", blobs.len());
}

fn check_table(body: &[u8]) {
    let mut reader = csv::Reader::from_reader(body);
    let mut rows = 0;
    for row in reader.records() {
        let row = row.expect("as many fields as the header");
        assert!(
            row.iter().all(|field| field.parse::<f64>().is_ok_and(f64::is_finite) || MENU.contains(&field)),
            "{row:?}"
        );
        rows += 1;
    }
    assert!(rows > 0, "a table without rows");
}

/// A model that loads is written as bytes that load and are written the same, and predicts its typical row. Whether it loads.
fn load(bytes: &[u8]) -> bool {
    let Ok(model) = model_from_bytes("model", bytes) else { return false };
    let written = model_to_bytes(&model);
    let again = model_from_bytes("written", &written).expect("what was written is read");
    assert!(model_to_bytes(&again) == written, "it is written the same");
    let row = Table::of_missing(model.features());
    // What cannot be encoded is said; what can is predicted, one row.
    if let Ok(predictions) = model.predict(Exec::best(), &row, &mut Notes::default()) {
        let rows = match &predictions {
            Predictions::Numbers(y) => y.len(),
            Predictions::Probabilities(p) => p.rows(),
        };
        assert_eq!(rows, 1);
        let _ = predictions.named(model.target().classes(), 0);
    }
    true
}
