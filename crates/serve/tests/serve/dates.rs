//! Dates as text and formatted numbers, in every protocol.

use super::{ask as ask_service, send};
use planish_model::{LinearSettings, Model, fit_linear};
use planish_serve::{Options, Service};
use planish_tabular::{DateOrder, DecimalMark, Kind, Schema, Table, TableSource};
use planish_tensor::Exec;
use serde_json::{Value, json};

/// A linear model of `y` = 2·days + `price`, where days begin on 1 February 2024.
fn model() -> Model {
    let kinds = [
        ("when", Kind::Date(DateOrder::Dmy)),
        ("price", Kind::Formatted(DecimalMark::Comma)),
        ("y", Kind::Number),
    ];
    let mut t = Table::new(Schema::new(kinds));
    for i in 0..9_u32 {
        let price = i * i % 7 * 1000;
        t.push_cell(0, &format!("{:02}/02/2024", i + 1)).unwrap();
        t.push_cell(1, &format!("{}.000,5", price / 1000 + 1)).unwrap();
        t.push_number(2, Some(f64::from(2 * i + price + 1000) + 0.5));
        t.end_row(0);
    }
    fit_linear(Exec::best(), &mut TableSource::new(&t), &LinearSettings::new("y")).unwrap()
}

fn service() -> Service {
    Service::new(Exec::best(), Options::default(), vec![("prices".into(), model())]).unwrap()
}

async fn ask(method: &str, path: &str, body: Value) -> (u16, Value) {
    ask_service(&service(), method, path, &body.to_string()).await
}

/// The predictions, to a millionth.
fn rounded(predictions: impl IntoIterator<Item = Value>) -> Vec<f64> {
    predictions.into_iter().map(|y| (y.as_f64().unwrap() * 1e6).round() / 1e6).collect()
}

#[tokio::test]
async fn rows_have_dates_as_text_and_numbers_in_either_form() {
    let rows = json!([
        { "when": "03/02/2024", "price": "2.000,5" },
        { "when": "2024-02-03", "price": 2000.5 },
        { "when": "3 Feb 2024", "price": 1.125 },
        { "when": "01/02/2024 12:00", "price": "0" },
        { "when": "31/01/2024", "price": null },
    ]);
    let (status, answer) = ask("POST", "/predict", json!({ "rows": rows })).await;
    assert_eq!(status, 200, "{answer}");
    let found = answer["predictions"].as_array().unwrap();
    assert_eq!(rounded(found[..4].iter().map(|p| p["prediction"].clone())), [2004.5, 2004.5, 5.125, 1.0]);
    assert_eq!(
        found[4]["warnings"],
        json!([{ "column": "when", "kind": "outside_range" }, { "column": "price", "kind": "imputed" }])
    );
    let csv = "price,when\n\"2.000,5\",03/02/2024\n0,01/02/2024\n";
    let headers = [("content-type", "text/csv"), ("accept", "application/json")];
    let (head, body) = send(&service(), "POST", "/predict", &headers, csv.as_bytes()).await;
    assert_eq!(head.status, 200);
    let answer: Value = serde_json::from_slice(&body).unwrap();
    let found = answer["predictions"].as_array().unwrap();
    assert_eq!(rounded(found.iter().map(|p| p["prediction"].clone())), [2004.5, 0.0]);
}

#[tokio::test]
async fn what_is_no_date_is_refused_by_name() {
    for (row, what) in [
        (json!({ "when": 5, "price": 1 }), r#"needs a date as text, such as "31/01/2024", found a number"#),
        (json!({ "when": "02/13/2024", "price": 1 }), r#"such as "31/01/2024", found "02/13/2024""#),
        (json!({ "when": true, "price": 1 }), "needs a date as text"),
        (json!({ "when": "", "price": "1.5" }), r#"column "price" needs a number, found "1.5""#),
        (json!({ "when": "", "price": [1] }), "needs a number"),
    ] {
        let (status, answer) = ask("POST", "/predict", json!({ "rows": [row] })).await;
        assert!(status == 400 && answer["error"].as_str().unwrap().contains(what), "{answer}");
    }
    let csv = [("content-type", "text/csv")];
    let (head, body) = send(&service(), "POST", "/predict", &csv, b"price,when\n1,never\n").await;
    let text = String::from_utf8_lossy(&body).into_owned();
    assert!(head.status == 400 && text.contains("expected a date such as 31/01/2024 in column"), "{text}");
}

#[tokio::test]
async fn tensors_of_dates_are_of_bytes() {
    let (_, meta) = ask("GET", "/v2/models/prices", Value::Null).await;
    let datatypes: Vec<&Value> = meta["inputs"].as_array().unwrap().iter().map(|i| &i["datatype"]).collect();
    assert_eq!(datatypes, ["BYTES", "FP64"]);
    let input = |name, datatype, data: Value| json!({ "name": name, "shape": [2], "datatype": datatype, "data": data });
    let when = input("when", "BYTES", json!(["03/02/2024", "2024-02-01"]));
    for price in
        [input("price", "FP64", json!([2000.5, 0.0])), input("price", "BYTES", json!(["2.000,5", "0"]))]
    {
        let (status, answer) =
            ask("POST", "/v2/models/prices/infer", json!({ "inputs": [when, price] })).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(rounded(answer["outputs"][0]["data"].as_array().unwrap().clone()), [2004.5, 0.0]);
    }
    let price = input("price", "FP64", json!([1, 1]));
    for (when, what) in [
        (input("when", "FP64", json!([1, 2])), "the column is of dates: its datatype is BYTES"),
        (input("when", "BYTES", json!(["", "x"])), r#"element 1 is not a date such as 31/01/2024, but "x""#),
    ] {
        let (status, answer) =
            ask("POST", "/v2/models/prices/infer", json!({ "inputs": [when, price] })).await;
        assert!(status == 400 && answer["error"].as_str().unwrap().contains(what), "{answer}");
    }
    let instances = json!({ "instances": [{ "when": "01/02/2024", "price": "0" }] });
    let (status, answer) = ask("POST", "/v1/models/prices:predict", instances).await;
    assert_eq!((status, rounded(answer["predictions"].as_array().unwrap().clone())), (200, vec![0.0]));
    let (_, signature) = ask("GET", "/v1/models/prices/metadata", Value::Null).await;
    let inputs = &signature["metadata"]["signature_def"]["signature_def"]["serving_default"]["inputs"];
    assert_eq!(
        (&inputs["when"]["dtype"], &inputs["price"]["dtype"]),
        (&json!("DT_STRING"), &json!("DT_DOUBLE"))
    );
}

#[tokio::test]
async fn the_list_of_models_tells_dates_as_dates() {
    let (_, answer) = ask("GET", "/models", Value::Null).await;
    let columns = &answer["models"][0]["columns"];
    assert_eq!(
        columns[0],
        json!({
            "name": "when",
            "kind": "date",
            "order": "dmy",
            "typical": "2024-02-05",
            "range": ["2024-02-01", "2024-02-09"],
            "example": "31/01/2024",
        })
    );
    assert_eq!(columns[1]["kind"], "number");
    let (_, document) = ask("GET", "/openapi.json", Value::Null).await;
    let text = document.to_string();
    assert!(text.contains(r#""when":{"type":["string","null"]}"#), "{text}");
}
