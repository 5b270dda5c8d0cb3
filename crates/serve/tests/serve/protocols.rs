//! The binary tensor extension, TensorFlow Serving, and tables.

use super::{ask, mass, send, service, species};
use planish_model::{Encoded, Predictions};
use planish_serve::{Options, Service};
use planish_tabular::{Notes, Table};
use planish_tensor::Exec;
use serde_json::{Value, json};

/// A request with tensors' bytes after its JSON, and the answer's JSON and bytes.
async fn infer(service: &Service, path: &str, json: &Value, blobs: &[u8]) -> (u16, Value, Vec<u8>) {
    let text = json.to_string();
    let length = text.len().to_string();
    let headers =
        [("inference-header-content-length", length.as_str()), ("content-type", "application/octet-stream")];
    let (head, body) = send(service, "POST", path, &headers, &[text.as_bytes(), blobs].concat()).await;
    let length = head.headers.get("inference-header-content-length");
    let at = length.map_or(body.len(), |n| n.to_str().unwrap().parse().unwrap());
    (head.status.as_u16(), serde_json::from_slice(&body[..at]).unwrap(), body[at..].to_vec())
}

/// The table of rows of the classifier.
fn rows(rows: &[(f64, &str)]) -> Table {
    let mut table = Table::new(species().features());
    for (x, c) in rows {
        table.push_number(0, Some(*x));
        table.push_text(1, Some(c));
        table.end_row(0);
    }
    table
}

fn probabilities(predictions: Predictions) -> Vec<f64> {
    let Predictions::Probabilities(p) = predictions else { panic!("{predictions:?}") };
    p.as_slice().to_vec()
}

#[tokio::test]
async fn binary_tensors_go_in_and_out() {
    let service = service(Options::default());
    let json = json!({
        "parameters": { "binary_data_output": true },
        "inputs": [
            { "name": "x", "shape": [2, 1], "datatype": "FP32", "parameters": { "binary_data_size": 8 } },
            { "name": "c", "shape": [2], "datatype": "BYTES", "parameters": { "binary_data_size": 10 } },
        ],
    });
    let mut blobs = [1.5_f32.to_le_bytes(), 40.0_f32.to_le_bytes()].concat();
    blobs.extend(b"\x01\0\0\0u\x01\0\0\0v");
    let (status, answer, bytes) = infer(&service, "/v2/models/species/infer", &json, &blobs).await;
    assert_eq!(status, 200, "{answer}");
    let want =
        species().predict(Exec::best(), &rows(&[(1.5, "u"), (40.0, "v")]), &mut Notes::default()).unwrap();
    let classes = ["no", "yes"];
    let labels = [0, 1].map(|i| classes[want.class(i).unwrap()]);
    let mut expected = Vec::new();
    for label in labels {
        expected.extend((label.len() as u32).to_le_bytes());
        expected.extend(label.as_bytes());
    }
    assert_eq!(answer["outputs"][0]["parameters"]["binary_data_size"], json!(expected.len()));
    assert_eq!(answer["outputs"][1]["parameters"]["binary_data_size"], json!(32));
    assert_eq!((answer["outputs"][0].get("data"), answer["outputs"][1].get("data")), (None, None));
    probabilities(want).iter().for_each(|p| expected.extend(p.to_le_bytes()));
    assert_eq!(bytes, expected);
}

#[tokio::test]
async fn each_output_can_be_binary_or_not() {
    let service = service(Options::default());
    let json = json!({
        "inputs": [{ "name": "x", "shape": [1], "datatype": "FP64", "data": [4] }],
        "outputs": [{ "name": "prediction", "parameters": { "binary_data": true } }],
    });
    let (status, _, bytes) = infer(&service, "/v2/models/mass/infer", &json, &[]).await;
    assert_eq!((status, bytes), (200, 9_f64.to_le_bytes().to_vec()));
    let json = json!({
        "parameters": { "binary_data_output": true },
        "inputs": [{ "name": "x", "shape": [1], "datatype": "FP64", "data": [4] }],
        "outputs": [{ "name": "prediction", "parameters": { "binary_data": false } }],
    });
    let (_, answer, bytes) = infer(&service, "/v2/models/mass/infer", &json, &[]).await;
    assert_eq!((&answer["outputs"][0]["data"], bytes.len()), (&json!([9.0]), 0));
}

#[tokio::test]
async fn every_numeric_datatype_is_read() {
    let service = service(Options::default());
    let four: [(&str, Vec<u8>); 11] = [
        ("INT8", 4_i8.to_le_bytes().to_vec()),
        ("INT16", 4_i16.to_le_bytes().to_vec()),
        ("INT32", 4_i32.to_le_bytes().to_vec()),
        ("INT64", 4_i64.to_le_bytes().to_vec()),
        ("UINT8", 4_u8.to_le_bytes().to_vec()),
        ("UINT16", 4_u16.to_le_bytes().to_vec()),
        ("UINT32", 4_u32.to_le_bytes().to_vec()),
        ("UINT64", 4_u64.to_le_bytes().to_vec()),
        ("FP16", half::f16::from_f64(4.0).to_le_bytes().to_vec()),
        ("FP32", 4_f32.to_le_bytes().to_vec()),
        ("FP64", 4_f64.to_le_bytes().to_vec()),
    ];
    for (datatype, bytes) in four {
        let json = json!({ "inputs": [{ "name": "x", "shape": [1], "datatype": datatype, "parameters": { "binary_data_size": bytes.len() } }] });
        let (status, answer, _) = infer(&service, "/v2/models/mass/infer", &json, &bytes).await;
        assert_eq!((status, &answer["outputs"][0]["data"]), (200, &json!([9.0])), "{datatype}: {answer}");
        let json = json!({ "inputs": [{ "name": "x", "shape": [1], "datatype": datatype, "data": [4] }] });
        let (status, answer, _) = infer(&service, "/v2/models/mass/infer", &json, &[]).await;
        assert_eq!((status, &answer["outputs"][0]["data"]), (200, &json!([9.0])), "{datatype}: {answer}");
    }
}

#[tokio::test]
async fn wrong_tensors_are_named() {
    let service = service(Options::default());
    let x = |more: Value| {
        let mut input = json!({ "name": "x", "shape": [1], "datatype": "FP64" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "inputs": [input] })
    };
    let size = |n: u64| json!({ "parameters": { "binary_data_size": n } });
    for (json, blobs, part) in [
        (x(size(9)), &[0; 8][..], "8 bytes are left"),
        (x(size(7)), &[0; 8], "are not the 7 bytes"),
        (x(size(8)), &[0; 9], "1 bytes after the last tensor"),
        (x(json!({ "data": [1], "parameters": { "binary_data_size": 8 } })), &[0; 8], "both"),
        (x(json!({})), &[], "neither"),
        (x(json!({ "data": [[1], [2, 3]] })), &[], "unevenly"),
        (x(json!({ "data": [[1, 2]] })), &[], "its shape is [1]"),
        (x(json!({ "datatype": "INT8", "data": [128] })), &[], "element 0 is 128"),
        (x(json!({ "datatype": "UINT8", "data": [-1] })), &[], "cannot hold"),
        (x(json!({ "datatype": "INT32", "data": [1.5] })), &[], "cannot hold"),
        (x(json!({ "datatype": "BYTES", "data": [1] })), &[], "its data are numbers"),
        (x(json!({ "data": ["1"] })), &[], "its data are texts"),
        (x(json!({ "name": "encoded", "shape": [1, 2], "data": [1, 2] })), &[], "needs [rows, 1]"),
        (x(json!({ "shape": [1, 1, 1, 1, 1, 1, 1, 1, 1], "data": [1] })), &[], "at most 8"),
    ] {
        let (status, answer, _) = infer(&service, "/v2/models/mass/infer", &json, blobs).await;
        let message = answer["error"].as_str().unwrap_or_else(|| panic!("{answer}"));
        assert!(status == 400 && message.contains(part), "{json}: {message}");
    }
    let huge = json!({ "inputs": [{ "name": "encoded", "shape": [1, 3], "datatype": "FP64", "data": [0, 1e300, 0] }] });
    let (status, answer, _) = infer(&service, "/v2/models/species/infer", &huge, &[]).await;
    assert!(status == 400 && answer["error"].as_str().unwrap().contains("element 1"), "{answer}");
    let headers = [("inference-header-content-length", "99999")];
    let (head, _) = send(&service, "POST", "/v2/models/mass/infer", &headers, b"{}").await;
    assert_eq!(head.status, 400);
    let json = json!({ "inputs": [{ "name": "c", "shape": [1], "datatype": "BYTES", "parameters": { "binary_data_size": 5 } }] });
    for (blob, part) in [
        (b"\x02\0\0\0u", "end within"),
        (b"\x01\0\0\0\xff", "not UTF-8"),
        (b"\xff\xff\xff\xffu", "end within"),
    ] {
        let (status, answer, _) = infer(&service, "/v2/models/species/infer", &json, blob).await;
        assert!(status == 400 && answer["error"].as_str().unwrap().contains(part), "{answer}");
    }
}

#[tokio::test]
async fn the_encoded_matrix_is_the_other_view_of_a_model() {
    let service = service(Options::default());
    let model = species();
    let table = rows(&[(3.0, "u"), (55.0, "v")]);
    let Encoded::Features(x) = model.encode(&table, &mut Notes::default()).unwrap() else { panic!() };
    let json = json!({ "inputs": [{ "name": "encoded", "shape": [2, x.numbers.cols()], "datatype": "FP32", "data": x.numbers.as_slice() }] });
    let (status, answer, _) = infer(&service, "/v2/models/species/infer", &json, &[]).await;
    assert_eq!(status, 200, "{answer}");
    let want = probabilities(model.predict(Exec::best(), &table, &mut Notes::default()).unwrap());
    assert_eq!(answer["outputs"][1]["data"], json!(want));
    let json = json!({ "inputs": [{ "name": "encoded", "shape": [1, 1], "datatype": "FP64", "data": [4] }] });
    let (_, answer, _) = infer(&service, "/v2/models/mass/infer", &json, &[]).await;
    assert_eq!(answer["outputs"][0]["data"], json!([9.0]));
}

#[tokio::test]
async fn tensorflow_serving_clients_predict_by_row_and_by_column() {
    let service = service(Options::default());
    let predict = async |path: &str, body: Value| ask(&service, "POST", path, &body.to_string()).await;
    for body in [
        json!({ "instances": [4, 5] }),
        json!({ "instances": [{ "x": 4 }, { "x": 5 }] }),
        json!({ "instances": [[4], [5]] }),
    ] {
        assert_eq!(
            predict("/v1/models/mass:predict", body).await,
            (200, json!({ "predictions": [9.0, 11.0] }))
        );
    }
    for body in [
        json!({ "inputs": [4, 5] }),
        json!({ "inputs": { "x": [4, 5] } }),
        json!({ "inputs": { "x": [[4], [5]] } }),
        json!({ "inputs": { "encoded": [[4], [5]] } }),
    ] {
        let answer = predict("/v1/models/mass/versions/1:predict", body.clone()).await;
        assert_eq!(answer, (200, json!({ "outputs": [9.0, 11.0] })), "{body}");
    }
    let p =
        probabilities(species().predict(Exec::best(), &rows(&[(3.0, "u")]), &mut Notes::default()).unwrap());
    let label = if p[1] > p[0] { "yes" } else { "no" };
    let (_, answer) =
        predict("/v1/models/species:predict", json!({ "instances": [{ "x": 3, "c": "u" }] })).await;
    assert_eq!(answer, json!({ "predictions": [{ "prediction": label, "probabilities": p }] }));
    let (_, answer) =
        predict("/v1/models/species:predict", json!({ "inputs": { "x": [3], "c": ["u"] } })).await;
    assert_eq!(answer, json!({ "outputs": { "prediction": [label], "probabilities": [p] } }));
    for (body, part) in [
        (json!({}), "is missing"),
        (json!({ "instances": [1], "inputs": [1] }), "cannot both"),
        (json!({ "instances": [] }), "0 rows"),
        (json!({ "instances": [{ "z": 1 }] }), "\"x\" is missing"),
        (json!({ "instances": [[1, 2]] }), "1 numbers"),
        (json!({ "instances": [[1], {}] }), "row 1"),
        (json!({ "inputs": { "x": 4 } }), "must be a list"),
        (json!({ "inputs": { "x": [4], "y": [4, 5] } }), "rows"),
        (json!({ "instances": [1], "signature_name": "other" }), "serving_default"),
    ] {
        let (status, answer) = predict("/v1/models/mass:predict", body.clone()).await;
        assert!(status == 400 && answer["error"].as_str().unwrap().contains(part), "{body}: {answer}");
    }
}

#[tokio::test]
async fn tensorflow_serving_clients_see_states_and_signatures() {
    let service = service(Options::default());
    let available = json!([{ "version": "1", "state": "AVAILABLE", "status": { "error_code": "OK", "error_message": "" } }]);
    for path in ["/v1/models/mass", "/v1/models/mass/versions/1"] {
        let (status, answer) = ask(&service, "GET", path, "").await;
        assert_eq!(
            (status, &answer["model_version_status"], &answer["ready"]),
            (200, &available, &json!(true))
        );
    }
    let (_, answer) = ask(&service, "GET", "/v1/models/species/metadata", "").await;
    let signature = &answer["metadata"]["signature_def"]["signature_def"]["serving_default"];
    assert_eq!(signature["inputs"]["c"]["dtype"], "DT_STRING");
    assert_eq!(signature["outputs"]["probabilities"]["tensor_shape"]["dim"][1]["size"], "2");
    assert_eq!(ask(&service, "GET", "/v1/models/mass/labels/stable", "").await.0, 404);
}

#[tokio::test]
async fn tables_go_in_and_out_as_csv() {
    let service = service(Options::default());
    let csv = [("content-type", "text/csv"), ("accept", "text/csv")];
    let table = b"z,x\na,4\nb,\nc,5\n";
    let (head, body) = send(&service, "POST", "/predict?model=mass", &csv, table).await;
    assert_eq!((head.status.as_u16(), &head.headers["content-type"]), (200, &"text/csv".parse().unwrap()));
    assert_eq!(body, "prediction\n9\n60\n11\n".as_bytes());
    let (_, body) = send(&service, "POST", "/predict?model=mass", &csv[..1], table).await;
    let answer: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(answer["predictions"][1]["warnings"], json!([{ "column": "x", "kind": "imputed" }]));
    let mut long = String::from("x\n");
    (0..5000).for_each(|i| long += &format!("{i}\n"));
    for (query, body, part) in [
        ("?model=mass", "y\n1\n", "needs column \"x\""),
        ("?model=mass", "x\n1\nfoo\n", "foo"),
        ("?model=mass", "x\n", "0 rows"),
        ("?model=mass", &long, "1 to 4096"),
        ("?model=mass&interval=a", "x\n1\n", "a number such as"),
        ("?model=mass&interval=2", "x\n1\n", "between 0 and 1"),
        ("?model=species&interval=0.9", "x,c\n1,u\n", "no intervals"),
        ("", "x\n1\n", "several models"),
    ] {
        let (head, answer) = send(&service, "POST", &format!("/predict{query}"), &csv, body.as_bytes()).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(
            head.status == 400 && answer.contains(&part.replace('"', "\\\"")),
            "{query} {part}: {answer}"
        );
    }
}

#[tokio::test]
async fn linear_models_give_intervals() {
    let service = service(Options::default());
    let body = r#"{"model":"mass","interval":0.95,"rows":[{"x":4},{"x":300}]}"#;
    let (status, answer) = ask(&service, "POST", "/predict", body).await;
    assert_eq!(status, 200, "{answer}");
    let mut table = Table::new(mass().features());
    for x in [4.0, 300.0] {
        table.push_number(0, Some(x));
        table.end_row(0);
    }
    let want = mass().predict_intervals(Exec::best(), &table, &mut Notes::default(), 0.95).unwrap();
    for i in 0..2 {
        let row = &answer["predictions"][i];
        assert_eq!((&row["mean_ci"], &row["obs_ci"]), (&json!(want.mean_ci[i]), &json!(want.obs_ci[i])));
    }
}

#[tokio::test]
async fn models_say_what_a_form_needs() {
    let (_, answer) = ask(&service(Options::default()), "GET", "/models", "").await;
    let models = answer["models"].as_array().unwrap();
    assert_eq!((&models[0]["name"], &models[1]["name"]), (&json!("mass"), &json!("species")));
    assert_eq!(
        models[0]["columns"],
        json!([{ "name": "x", "kind": "number", "typical": 29.5, "range": [0.0, 59.0] }])
    );
    assert_eq!((&models[0]["task"], &models[0]["has_intervals"]), (&json!("regress"), &json!(true)));
    assert_eq!(models[1]["columns"][1]["categories"], json!(["u", "v"]));
    assert_eq!((&models[1]["classes"], &models[1]["target"]), (&json!(["no", "yes"]), &json!("k")));
}

#[tokio::test]
async fn a_number_outside_what_training_had_is_said() {
    let body = json!({ "model": "mass", "rows": [{ "x": 59 }, { "x": 60 }, { "x": -1 }] }).to_string();
    let (status, answer) = ask(&service(Options::default()), "POST", "/predict", &body).await;
    assert_eq!(status, 200, "{answer}");
    let outside = json!([{ "column": "x", "kind": "outside_range" }]);
    let found: Vec<&Value> = (0..3).map(|i| &answer["predictions"][i]["warnings"]).collect();
    assert_eq!(found, [&Value::Null, &outside, &outside]);
}

#[tokio::test]
async fn rows_whose_prediction_overflows_are_refused() {
    let service = service(Options::default());
    let tensor = |name: &str, data: Value| json!({ "inputs": [{ "name": name, "shape": [2, 1], "datatype": "FP64", "data": data }] });
    for (path, body, row) in [
        ("/predict", json!({ "model": "mass", "rows": [{ "x": 4 }, { "x": 1.5e308 }] }), 1),
        ("/predict", json!({ "model": "mass", "rows": [{ "x": 1e200 }], "interval": 0.9 }), 0),
        ("/v2/models/mass/infer", tensor("x", json!([4, 1.5e308])), 1),
        ("/v2/models/mass/infer", tensor("encoded", json!([4, -1.5e308])), 1),
        ("/v1/models/mass:predict", json!({ "instances": [1.5e308] }), 0),
    ] {
        let (status, answer) = ask(&service, "POST", path, &body.to_string()).await;
        let want = format!("row {row}: its values are too large: the prediction is no finite number");
        assert_eq!((status, &answer["error"]), (400, &json!(want)), "{path} {body}");
    }
}

#[tokio::test]
async fn large_bodies_are_answered_as_small_ones_and_give_their_memory_back() {
    // Room for two of them: the third needs what the first gave back.
    let service = service(Options { buffered_bytes: 600 << 10, ..Options::default() });
    let row = r#"{"x":1.5,"c":"u"}"#;
    let inputs = r#"[{"name":"x","shape":[1],"datatype":"FP64","data":[1.5]},{"name":"c","shape":[1],"datatype":"BYTES","data":["u"]}]"#;
    for (path, body) in [
        ("/predict", format!(r#"{{"model":"species","rows":[{row}]}}"#)),
        ("/v1/models/species:predict", format!(r#"{{"instances":[{row}]}}"#)),
        ("/v2/models/species/infer", format!(r#"{{"inputs":{inputs}}}"#)),
        ("/v2/models/species/infer", r#"{"inputs":3}"#.to_owned()),
        ("/v2/models/nobody/infer", format!(r#"{{"inputs":{inputs}}}"#)),
    ] {
        let small = ask(&service, "POST", path, &body).await;
        let large = ask(&service, "POST", path, &(body + &" ".repeat(280 << 10))).await;
        assert_eq!(small, large, "{path}");
    }
}
