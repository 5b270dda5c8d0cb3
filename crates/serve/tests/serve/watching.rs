//! Counters, names of requests, and the log.

use super::live::Live;
use super::{ask, metric, service};
use planish_serve::Options;
use serde_json::json;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn requests_refusals_and_rows_are_counted() {
    let server = Live::start(Options::default()).await;
    for _ in 0..3 {
        assert!(server.is_well().await);
    }
    server.ask("GET", "/nowhere", "", b"").await;
    server.ask("POST", "/predict", "", b"{").await;
    let closed = async {
        while metric(&server.service, "planish_connections") > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), closed)
        .await
        .expect("the connections end with their answers");
    let answer = server.ask("GET", "/metrics", "", b"").await;
    assert!(answer.head.contains("content-type: application/openmetrics-text"), "{}", answer.head);
    for line in [
        r#"planish_requests_total{endpoint="predict",status="200"} 3"#,
        r#"planish_requests_total{endpoint="none",status="404"} 1"#,
        r#"planish_refused_total{reason="bad_request"} 1"#,
        r#"planish_predicted_rows_total{model="mass",version="1"} 3"#,
        r#"planish_compute_seconds_count{model="mass",version="1"} 3"#,
        r#"planish_request_seconds_count{endpoint="predict"} 4"#,
        "planish_connections 1",
        "planish_in_flight 1",
    ] {
        assert!(answer.body.lines().any(|l| l == line), "{line} is missing in\n{}", answer.body);
    }
    server.stop().await;
}

#[tokio::test]
async fn tritons_names_are_there_for_who_asks() {
    let body = r#"{"model":"mass","rows":[{"x":4},{"x":5}]}"#;
    for (batch_delay, names) in [(0, false), (0, true), (5, true)] {
        let batch_delay = std::time::Duration::from_millis(batch_delay);
        let service = service(Options { triton_metrics: names, batch_delay, ..Options::default() });
        for _ in 0..2 {
            assert_eq!(ask(&service, "POST", "/predict", body).await.0, 200);
        }
        let text = service.metrics_text().unwrap();
        assert_eq!(text.matches("# EOF").count(), 1);
        assert_eq!(text.contains("nv_inference"), names);
        let value = |name: &str| {
            let line = format!(r#"{name}{{model="mass",version="1"}} "#);
            let found = text.lines().find_map(|l| l.strip_prefix(&line)?.parse::<f64>().ok());
            found.unwrap_or_else(|| panic!("{name} is missing in\n{text}"))
        };
        if !names {
            continue;
        }
        assert_eq!(value("nv_inference_request_success"), 2.0);
        assert_eq!(value("nv_inference_count"), 4.0);
        assert_eq!(value("nv_inference_exec_count"), 2.0);
        let (all, queue) =
            (value("nv_inference_request_duration_us"), value("nv_inference_queue_duration_us"));
        let compute = value("nv_inference_compute_infer_duration_us");
        assert!(compute > 0.0 && all >= compute && (queue < 10_000.0) == batch_delay.is_zero(), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_keeps_its_own_plain_name_and_gets_one_else() {
    let server = Live::start(Options::default()).await;
    let name = |head: &str| {
        let line = head.lines().find(|l| l.starts_with("x-request-id: ")).expect("a name");
        line["x-request-id: ".len()..].to_owned()
    };
    let answer = server.ask("GET", "/v2", "x-request-id: order-66.a_B\r\n", b"").await;
    assert_eq!(name(&answer.head), "order-66.a_B");
    let mut names = Vec::new();
    for bad in ["", "x-request-id: two words\r\n", "x-request-id: a\"b\r\n"] {
        names.push(name(&server.ask("GET", "/v2", bad, b"").await.head));
    }
    let long = format!("x-request-id: {}\r\n", "a".repeat(65));
    names.push(name(&server.ask("GET", "/v2", &long, b"").await.head));
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 4, "{names:?}");
    server.stop().await;
}

#[tokio::test]
async fn rows_unlike_those_of_training_show_as_drift_of_their_column() {
    let service = service(Options::default());
    let index = |text: &str, column: &str| -> Option<f64> {
        let of = format!(r#"planish_drift_psi{{model="species",version="1",column="{column}"}} "#);
        text.lines().find_map(|line| line.strip_prefix(of.as_str())?.parse().ok())
    };
    let rows = |x: fn(i32) -> i32, c: fn(i32) -> &'static str| {
        let rows: Vec<_> = (0..600).map(|i| json!({ "x": x(i), "c": c(i) })).collect();
        json!({ "model": "species", "rows": rows }).to_string()
    };
    assert_eq!(index(&service.metrics_text().unwrap(), "x"), None, "nothing is said of few rows");
    let like = rows(|i| i % 60, |i| ["u", "v"][i as usize % 2]);
    assert_eq!(ask(&service, "POST", "/predict", &like).await.0, 200);
    let text = service.metrics_text().unwrap();
    assert!(index(&text, "x").unwrap() < 0.1 && index(&text, "c").unwrap() < 0.1, "{text}");
    let unlike = rows(|i| 40 + i % 20, |i| if i % 3 == 0 { "new" } else { "u" });
    for _ in 0..4 {
        assert_eq!(ask(&service, "POST", "/predict", &unlike).await.0, 200);
    }
    let text = service.metrics_text().unwrap();
    assert!(index(&text, "x").unwrap() > 0.25 && index(&text, "c").unwrap() > 0.25, "{text}");
}

/// What was logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_request_is_one_line_of_the_log_whatever_is_in_it() {
    let lines = Lines::default();
    let writer = lines.clone();
    let log = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let service = service(Options::default());
    {
        let _here = tracing::subscriber::set_default(log);
        ask(&service, "GET", "/v2/models/a%0aINFO%20forged", "").await;
    }
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(
        text.contains("status=404") && text.contains("method=GET") && text.contains("peer=127.0.0.1"),
        "{text}"
    );
    assert!(!text.trim_end().chars().any(char::is_control), "{text:?}");
}
