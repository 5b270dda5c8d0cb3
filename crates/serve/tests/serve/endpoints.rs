//! What each path answers, asked without a socket.

use super::{ask as ask_service, service};
use planish_serve::Options;
use serde_json::{Value, json};

async fn ask(method: &str, path: &str, body: &str) -> (u16, Value) {
    ask_service(&service(Options::default()), method, path, body).await
}

#[tokio::test]
async fn health_and_metadata_follow_the_protocol() {
    assert_eq!(ask("GET", "/v2/health/live", "").await, (200, json!({ "live": true })));
    assert_eq!(ask("GET", "/v2/health/ready", "").await, (200, json!({ "ready": true })));
    assert_eq!(ask("GET", "/v2", "").await.1["name"], "planish");
    assert_eq!(
        ask("GET", "/v2/models/mass/ready", "").await,
        (200, json!({ "name": "mass", "ready": true }))
    );
    let (_, meta) = ask("GET", "/v2/models/species/versions/1", "").await;
    assert_eq!(
        meta["inputs"],
        json!([{ "name": "x", "datatype": "FP64", "shape": [-1] }, { "name": "c", "datatype": "BYTES", "shape": [-1] }])
    );
    assert_eq!(meta["outputs"][1], json!({ "name": "probabilities", "datatype": "FP64", "shape": [-1, 2] }));
}

#[tokio::test]
async fn infer_takes_nested_and_flat_tensors() {
    for data in ["[1.5,4]", "[[1.5],[4]]"] {
        let shape = if data.starts_with("[[") { "[2,1]" } else { "[2]" };
        let body = format!(
            r#"{{"id":"7","inputs":[{{"name":"x","shape":{shape},"datatype":"FP32","data":{data}}}]}}"#
        );
        let (status, answer) = ask("POST", "/v2/models/mass/infer", &body).await;
        assert_eq!((status, &answer["id"], &answer["model_version"]), (200, &json!("7"), &json!("1")));
        assert_eq!(
            answer["outputs"],
            json!([{ "name": "prediction", "datatype": "FP64", "shape": [2], "data": [4.0, 9.0] }])
        );
    }
    let inputs = r#"[{"name":"x","shape":[1],"datatype":"INT64","data":[3]},{"name":"c","shape":[1],"datatype":"BYTES","data":["u"]}]"#;
    let (status, answer) = ask(
        "POST",
        "/v2/models/species/infer",
        &format!(r#"{{"inputs":{inputs},"outputs":[{{"name":"probabilities"}}]}}"#),
    )
    .await;
    assert_eq!((status, answer["outputs"].as_array().unwrap().len()), (200, 1));
    assert_eq!(answer["outputs"][0]["shape"], json!([1, 2]));
}

#[tokio::test]
async fn rows_of_named_values_get_predictions_with_probabilities() {
    let (status, answer) = ask(
        "POST",
        "/predict",
        r#"{"model":"species","rows":[{"x":50,"c":"u","extra":1},{"x":null,"c":"never seen"}]}"#,
    )
    .await;
    assert_eq!(status, 200, "{answer}");
    let p = &answer["predictions"][0]["probabilities"];
    assert!((p["no"].as_f64().unwrap() + p["yes"].as_f64().unwrap() - 1.0).abs() < 1e-12);
    assert_eq!(answer["predictions"][0].get("warnings"), None);
    assert_eq!(
        answer["predictions"][1]["warnings"],
        json!([{ "column": "x", "kind": "imputed" }, { "column": "c", "kind": "unknown_category" }])
    );
    let (_, answer) = ask("POST", "/predict", r#"{"model":"species","rows":[{"x":1e300,"c":"u"}]}"#).await;
    assert_eq!(answer["predictions"][0]["warnings"], json!([{ "column": "x", "kind": "cut_off" }]));
    let (_, answer) = ask("POST", "/predict", r#"{"model":"mass","rows":[{"x":"2.5"}]}"#).await;
    assert_eq!(answer["predictions"], json!([{ "prediction": 6.0 }]));
}

#[tokio::test]
async fn wrong_requests_get_a_clear_4xx() {
    let rows = |rows: &str| format!(r#"{{"model":"species","rows":{rows}}}"#);
    let tensor = |t: &str| format!(r#"{{"inputs":[{t}]}}"#);
    let huge = format!(r#"{{"rows":["{}"]}}"#, "x".repeat(9 << 20));
    for (method, path, body, status, part) in [
        ("GET", "/nowhere", String::new(), 404, "nothing at this path"),
        ("GET", "/predict", String::new(), 405, "takes POST only"),
        ("POST", "/predict", "{".to_owned(), 400, "line 1 column 1"),
        ("POST", "/predict", rows("[]"), 400, "1 to 4096"),
        ("POST", "/predict", r#"{"rows":[{}]}"#.to_owned(), 400, "mass, species"),
        ("POST", "/predict", rows("[{\"x\":1}]"), 400, r#"row 0: column "c" is missing"#),
        (
            "POST",
            "/predict",
            rows("[{\"x\":\"old\",\"c\":\"u\"}]"),
            400,
            r#"column "x" needs a number, found "old""#,
        ),
        ("POST", "/predict", rows("[{\"x\":1,\"c\":[]}]"), 400, r#"column "c" needs text"#),
        ("POST", "/predict", huge, 413, "larger than"),
        ("GET", "/v2/models/none", String::new(), 404, r#"no model "none""#),
        ("GET", "/v2/models/mass/versions/2", String::new(), 404, "no version"),
        ("POST", "/v2/models/mass/infer", tensor(""), 400, r#"input "x" is missing"#),
        (
            "POST",
            "/v2/models/mass/infer",
            tensor(r#"{"name":"q","shape":[1],"datatype":"FP32","data":[1]}"#),
            400,
            r#"no input "q""#,
        ),
        (
            "POST",
            "/v2/models/mass/infer",
            tensor(r#"{"name":"x","shape":[2],"datatype":"FP32","data":[1]}"#),
            400,
            "needs 2 elements, data has 1",
        ),
        (
            "POST",
            "/v2/models/mass/infer",
            tensor(r#"{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}"#),
            400,
            "shape is [1, 2]",
        ),
        (
            "POST",
            "/v2/models/mass/infer",
            tensor(r#"{"name":"x","shape":[1],"datatype":"BYTES","data":["1"]}"#),
            400,
            "not of BYTES",
        ),
        (
            "POST",
            "/v2/models/mass/infer",
            tensor(r#"{"name":"x","shape":[18446744073709551615],"datatype":"FP32","data":[1]}"#),
            400,
            "needs 18446744073709551615 elements",
        ),
    ] {
        let (got, answer) = ask(method, path, &body).await;
        let message = answer["error"].as_str().unwrap();
        assert!(got == status && message.contains(part), "{method} {path}: {got} {message}");
    }
}
