//! The log of the service where nobody reads it, or where it is closed: requests, health and SIGTERM do not wait for it.

use planish_tests::program::succeed;
use planish_tests::server::Server;
use serde_json::json;
use tempfile::TempDir;

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["quickstart", "--out", "q"]);
    folder
}

const DROPPED: &str = "planish_log_lines_dropped_total ";

/// Asks until more was logged than a pipe and the service's memory for lines have room for.
fn fill(server: &Server) {
    let path = format!("/{}", "x".repeat(3000));
    (0..1200).for_each(|_| assert_eq!(server.ask("GET", &path, "").0, 404));
    assert!(server.metric(DROPPED) > 0.0);
}

#[test]
fn a_log_that_nobody_reads_stops_neither_requests_nor_sigterm() {
    let folder = folder();
    let (mut server, log) = Server::start_unread(folder.path(), &["q/species.safetensors"]);
    fill(&server);
    assert_eq!(server.ask("GET", "/v2/health/live", ""), (200, json!({ "live": true })));
    server.end();
    let said = std::io::read_to_string(log).unwrap();
    assert!(said.ends_with('\n') && said.lines().all(|l| l.contains("planish::request")), "lines are whole");
}

#[test]
fn a_log_that_is_read_again_says_what_was_dropped_and_is_written_to_its_end() {
    let folder = folder();
    let (mut server, log) =
        Server::start_unread(folder.path(), &["q/species.safetensors", "--log-format", "json"]);
    fill(&server);
    server.read(log);
    let said = server.stop();
    let (requests, end) = said.split_once("\nstopped\n").unwrap();
    let counts = |lines: &str| -> Vec<Option<u64>> {
        let json = lines.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap());
        json.map(|l| l["lines"].as_u64()).collect()
    };
    // The thread that writes may say what was dropped after the last line that it was given.
    let (before, after) = (counts(requests), counts(end));
    assert!(after.iter().all(Option::is_some), "{end}");
    let dropped: Vec<u64> = before.into_iter().chain(after).flatten().collect();
    assert!(!dropped.is_empty() && dropped.iter().all(|&n| n > 0), "{dropped:?}");
}

#[test]
fn a_closed_standard_error_stops_nobody() {
    let folder = folder();
    let (mut server, log) = Server::start_unread(folder.path(), &["q/species.safetensors"]);
    drop(log);
    for _ in 0..100 {
        assert_eq!(server.ask("GET", "/v2/health/live", ""), (200, json!({ "live": true })));
    }
    server.end();
}
