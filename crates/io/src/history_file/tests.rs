//! Lines of histories, and files that are none.

use super::*;
use std::path::PathBuf;

fn epoch(number: usize) -> Epoch {
    let metrics = [("val_auc".to_owned(), 0.5), ("val_accuracy".to_owned(), 1e-7)];
    // By way of JSON, so that an epoch may have more fields than this test knows.
    let value = serde_json::json!({
        "epoch": number, "loss": 1.0 / number as f64, "val_loss": 0.25,
        "metrics": metrics.into_iter().collect::<std::collections::BTreeMap<_, _>>(),
    });
    serde_json::from_value(value).unwrap()
}

fn write(path: &Path, epochs: std::ops::RangeInclusive<usize>) -> String {
    let mut history = HistoryFile::create(path).unwrap();
    epochs.for_each(|n| history.write(&epoch(n)).unwrap());
    std::fs::read_to_string(path).unwrap()
}

fn paths(folder: &tempfile::TempDir) -> [PathBuf; 2] {
    ["h.jsonl", "h.csv"].map(|name| folder.path().join(name))
}

#[test]
fn an_epoch_is_a_flat_line() {
    let folder = tempfile::tempdir().unwrap();
    let [jsonl, csv] = paths(&folder);
    let line: Value = serde_json::from_str(write(&jsonl, 1..=1).trim_end()).unwrap();
    assert_eq!((line["epoch"].as_u64(), line["val_accuracy"].as_f64()), (Some(1), Some(1e-7)));
    let text = write(&csv, 1..=2);
    let mut lines = text.lines();
    assert!(lines.next().unwrap().starts_with("epoch,loss,val_loss,"), "{text}");
    assert!(
        lines.next().unwrap().starts_with("1,1,0.25,") && lines.next().unwrap().starts_with("2,0.5,0.25,")
    );
    assert!(text.contains("1e-7"), "{text}");
}

#[test]
fn a_history_is_known_by_its_first_line_and_its_name_by_its_end() {
    let folder = tempfile::tempdir().unwrap();
    for path in paths(&folder) {
        assert!(is_history(&path, write(&path, 1..=2).as_bytes()));
        assert!(!is_history(&path, b"age,income\n30,1\n") && !is_history(&path, b"[]\n"));
    }
    let message = HistoryFile::check_name(Path::new("e.txt")).unwrap_err().to_string();
    assert_eq!(message, "e.txt: a history's name must end in .jsonl or .csv");
    let missing = folder.path().join("no/h.csv");
    assert!(HistoryFile::create(&missing).unwrap_err().to_string().contains("h.csv: cannot write"));
}

#[test]
fn a_metric_that_the_header_lacks_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let [_, csv] = paths(&folder);
    let mut history = HistoryFile::create(&csv).unwrap();
    history.write(&Epoch { metrics: Default::default(), ..epoch(1) }).unwrap();
    let message = history.write(&epoch(2)).unwrap_err().to_string();
    assert!(message.contains("there is no column \"val_a"), "{message}");
}
