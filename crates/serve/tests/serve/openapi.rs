//! The OpenAPI document says what the handlers do: every operation in it is asked, and answers as it says.

use super::{ask, keys_in, send, service};
use planish_serve::Options;
use serde_json::{Value, json};

/// Whether the value has the type, or one of the types, and what else the schema requires of objects and lists.
fn fits(value: &Value, schema: &Value) -> bool {
    let is = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("{other}"),
    };
    let kind = match schema["type"].as_array() {
        Some(kinds) => kinds.iter().any(|kind| is(kind.as_str().unwrap())),
        None => schema["type"].as_str().is_none_or(is),
    };
    let listed = schema["enum"].as_array().is_none_or(|all| all.contains(value));
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let of_property = |name: &str| {
        let named = schema["properties"].get(name);
        named.or(schema.get("additionalProperties")).cloned().unwrap_or(json!({}))
    };
    kind && listed
        && required.iter().all(|name| value.get(name.as_str().unwrap()).is_some())
        && value.as_object().is_none_or(|o| o.iter().all(|(name, v)| fits(v, &of_property(name))))
        && value.as_array().is_none_or(|a| a.iter().all(|v| schema.get("items").is_none_or(|s| fits(v, s))))
}

#[tokio::test]
async fn every_operation_answers_as_the_document_says() {
    let abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let folder = tempfile::tempdir().unwrap();
    let keys = keys_in(&folder, &format!("all predict,metrics,admin {abc}"));
    let service = service(Options { keys, ..Options::default() });
    let key = [("authorization", "Bearer abc")];
    let (_, document) = send(&service, "GET", "/openapi.json", &key, b"").await;
    let document: Value = serde_json::from_slice(&document).unwrap();
    let mut asked = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let filled = path.replace("{model}", "mass").replace("{version}", "1");
            if filled.contains("{label}") {
                continue;
            }
            let body = match operation.get("requestBody") {
                None => String::new(),
                Some(_) if path.ends_with("infer") => {
                    json!({ "inputs": [{ "name": "x", "shape": [1], "datatype": "FP64", "data": [4] }] })
                        .to_string()
                }
                Some(_) if path.ends_with(":predict") => json!({ "instances": [4] }).to_string(),
                Some(_) => json!({ "model": "mass", "rows": [{ "x": 4 }] }).to_string(),
            };
            let (head, answer) = send(&service, &method.to_uppercase(), &filled, &key, body.as_bytes()).await;
            let status = head.status.as_u16().to_string();
            let (kind, content) =
                operation["responses"]["200"]["content"].as_object().unwrap().iter().next().unwrap();
            assert_eq!(status, "200", "{method} {filled}: {}", String::from_utf8_lossy(&answer));
            assert!(head.headers["content-type"].to_str().unwrap().starts_with(kind.as_str()), "{filled}");
            if kind == "application/json" {
                let answer: Value = serde_json::from_slice(&answer).unwrap();
                assert!(fits(&answer, &content["schema"]), "{filled}: {answer} is not {}", content["schema"]);
            }
            // Without a key, what the document locks is locked, and says so as it says.
            let (head, answer) = send(&service, &method.to_uppercase(), &filled, &[], body.as_bytes()).await;
            let locked = operation.get("security").is_some();
            assert_eq!(head.status.as_u16() == 401, locked, "{filled}");
            if locked {
                let schema = &document["components"]["schemas"]["Error"];
                assert!(fits(&serde_json::from_slice(&answer).unwrap(), schema));
            }
            asked += 1;
        }
    }
    assert!(asked >= 20, "{asked}");
}

#[tokio::test]
async fn what_each_kind_of_model_learned_is_as_the_document_says() {
    let service = service(Options::default());
    let (_, document) = ask(&service, "GET", "/openapi.json", "").await;
    let ok = &document["paths"]["/models/{model}"]["get"]["responses"]["200"];
    let schema = &ok["content"]["application/json"]["schema"];
    for (name, part) in [("species", "history"), ("mass", "coefficients")] {
        let (_, mut answer) = ask(&service, "GET", &format!("/models/{name}"), "").await;
        assert!(answer.get(part).is_some() && fits(&answer, schema), "{answer}");
        // Nothing is there that the document does not name.
        let names = answer.as_object().unwrap().keys();
        assert!(names.into_iter().all(|key| schema["properties"].get(key).is_some()), "{answer}");
        answer[part] = json!([]);
        assert!(!fits(&answer, schema), "a list is no {part}");
    }
}

#[tokio::test]
async fn the_document_names_the_models_and_what_their_rows_hold() {
    let (_, document) = ask(&service(Options::default()), "GET", "/openapi.json", "").await;
    let parameter = &document["paths"]["/v2/models/{model}"]["get"]["parameters"][0];
    assert_eq!(parameter["schema"]["enum"], json!(["mass", "species"]));
    let schema =
        &document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["schema"];
    let [mass, species] = &schema["oneOf"].as_array().unwrap()[..] else { panic!("{schema}") };
    assert_eq!(
        (&mass["required"], &mass["properties"]["model"]["const"]),
        (&json!(["model", "rows"]), &json!("mass"))
    );
    assert!(mass["properties"].get("interval").is_some() && species["properties"].get("interval").is_none());
    let row = &species["properties"]["rows"]["items"];
    assert_eq!(row["required"], json!(["c", "x"]));
    assert_eq!(row["properties"]["c"]["type"], json!(["string", "number", "boolean", "null"]));
}
