//! A file of keys that changes while the service runs.

use super::{ask, send, service};
use planish_serve::{Keys, Options, Service};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::path::Path;

/// A file with these keys, each with all scopes.
fn put(path: &Path, keys: &[&str]) {
    let mut text = "# ours\n".to_owned();
    for key in keys {
        let digest: String = Sha256::digest(key).iter().fold(String::new(), |mut all, byte| {
            let _ = write!(all, "{byte:02x}");
            all
        });
        let _ = writeln!(text, "{key} predict,admin sha256:{digest}");
    }
    std::fs::write(path, text).unwrap();
}

/// Whether each of the keys opens the service.
async fn open_it<const N: usize>(service: &Service, keys: [&str; N]) -> [bool; N] {
    let mut opened = [false; N];
    for (key, opened) in keys.iter().zip(&mut opened) {
        let key = format!("Bearer {key}");
        *opened = send(service, "GET", "/models", &[("authorization", &key)], b"").await.0.status == 200;
    }
    opened
}

/// The status and body of a reload asked for with this key.
async fn reload(service: &Service, key: &str) -> (u16, Value) {
    let key = format!("Bearer {key}");
    let (head, body) = send(service, "POST", "/admin/reload", &[("authorization", &key)], b"").await;
    (head.status.as_u16(), serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn a_revoked_key_is_not_valid_after_a_reload_and_a_new_one_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.txt");
    put(&path, &["ann", "ben"]);
    let mut keys = Keys::open(&path).unwrap();
    keys.add("PLANISH_KEY", "of the environment").unwrap();
    let service = service(Options { keys, ..Options::default() });
    let all = ["ann", "ben", "cleo", "of the environment"];
    assert_eq!(open_it(&service, all).await, [true, true, false, true]);
    put(&path, &["ann", "cleo"]);
    assert_eq!(open_it(&service, all).await, [true, true, false, true], "not before it is asked for");
    let (status, answer) = reload(&service, "ben").await;
    assert_eq!((status, &answer["failed"]), (200, &json!(0)), "{answer}");
    assert_eq!(open_it(&service, all).await, [true, false, true, true]);
    assert_eq!(reload(&service, "ben").await.0, 401);
}

#[tokio::test]
async fn a_file_of_keys_that_cannot_be_used_leaves_the_old_keys_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.txt");
    put(&path, &["ann"]);
    let service = service(Options { keys: Keys::open(&path).unwrap(), ..Options::default() });
    for (text, reason) in [
        (Some("team predict"), "line 1: a key has three words, NAME SCOPES sha256:DIGEST"),
        (Some(""), "there is no key in it"),
        (Some("# none\n"), "there is no key in it"),
        (None, "cannot read: "),
    ] {
        match text {
            Some(text) => std::fs::write(&path, text).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        let (status, answer) = reload(&service, "ann").await;
        assert_eq!((status, &answer["failed"], &answer["error"]), (500, &json!(1), &json!("not read: keys")));
        let failure = &answer["failures"][0];
        let told = failure["reason"].as_str().unwrap();
        assert!(failure["file"] == "keys" && told.starts_with(reason), "{answer}");
        assert!(!answer.to_string().contains("keys.txt"), "{answer}");
        assert_eq!(open_it(&service, ["ann", "ben"]).await, [true, false], "{reason}");
        assert_eq!(ask(&service, "GET", "/models", "").await.0, 401, "{reason}");
    }
    let text = service.metrics_text().unwrap();
    assert!(text.contains(r#"planish_reloads_total{result="failed"} 4"#), "{text}");
    put(&path, &["ben"]);
    assert_eq!(service.reload(), Default::default());
    assert_eq!(open_it(&service, ["ann", "ben"]).await, [false, true]);
}

#[test]
fn a_file_without_a_key_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.txt");
    for (text, part) in
        [("", "keys.txt: there is no key in it"), ("\nteam\n", "keys.txt:2: a key has three words")]
    {
        std::fs::write(&path, text).unwrap();
        let e = Keys::open(&path).unwrap_err().to_string();
        assert!(e.contains(part), "{e}");
    }
    assert!(Keys::open(&folder.path().join("none")).unwrap_err().to_string().contains("none: cannot read"));
}
