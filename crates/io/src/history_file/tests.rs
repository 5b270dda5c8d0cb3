//! Histories that are killed, resumed, and files that are none.

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
fn a_run_killed_anywhere_and_resumed_ends_in_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    for path in paths(&folder) {
        let whole = write(&path, 1..=4);
        let until_second = write(&path, 1..=2).len();
        for cut in until_second..=whole.len() {
            std::fs::write(&path, &whole.as_bytes()[..cut]).unwrap();
            let mut history = HistoryFile::resume(&path, 2).unwrap();
            (3..=4).for_each(|n| history.write(&epoch(n)).unwrap());
            assert_eq!(std::fs::read_to_string(&path).unwrap(), whole, "cut at {cut}");
        }
    }
}

#[test]
fn without_a_file_or_with_a_torn_header_a_resumed_run_begins_one() {
    let folder = tempfile::tempdir().unwrap();
    for path in paths(&folder) {
        HistoryFile::resume(&path, 7).unwrap().write(&epoch(8)).unwrap();
        let begun = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, &begun.as_bytes()[..3]).unwrap();
        HistoryFile::resume(&path, 7).unwrap().write(&epoch(8)).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), begun);
    }
}

#[test]
fn a_file_that_is_no_history_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, want) in [
        ("a.csv", "age,income\n30,1\n", "a.csv:1: the header of a history begins with the column epoch"),
        ("b.csv", "epoch,loss\n1,2\nx,3\n", "b.csv:3: this is no line of a history"),
        ("c.jsonl", "{\"epoch\":1}\n[]\n", "c.jsonl:2: this is no line of a history"),
        ("d.jsonl", "{\"epoch\":2}\n{\"epoch\":2}\n", "d.jsonl:2: epoch 2 follows epoch 2"),
        ("e.txt", "", "e.txt: a history's name must end in .jsonl or .csv"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let message = HistoryFile::resume(&path, 9).unwrap_err().to_string();
        assert!(message.ends_with(want), "{message}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
    let missing = folder.path().join("no/h.csv");
    assert!(HistoryFile::create(&missing).unwrap_err().to_string().contains("h.csv: cannot write"));
}

#[test]
fn a_metric_that_the_header_lacks_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let [_, csv] = paths(&folder);
    std::fs::write(&csv, "epoch,loss,val_loss\n").unwrap();
    let message = HistoryFile::resume(&csv, 0).unwrap().write(&epoch(1)).unwrap_err().to_string();
    assert!(message.contains("there is no column \"val_a"), "{message}");
}
