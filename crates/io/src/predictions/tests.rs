//! What is written, and what is known again.

use super::lines::PART;
use super::*;
use planish_tabular::{DateOrder, Kind, Schema};
use planish_tensor::Matrix;
use std::io::{Read, Seek};

fn layout(classes: &[&str], format: &str, kept: &[&str]) -> PredictionLayout {
    let layout = PredictionLayout::of(classes.iter().map(|c| (*c).to_owned()).collect(), false);
    let format = PredictionFormat::of_name(format.as_ref()).unwrap();
    layout.format(format).keep(&kept.iter().map(|k| (*k).to_owned()).collect::<Vec<_>>()).unwrap()
}

fn written(layout: &PredictionLayout, table: &Table, block: PredictionBlock<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = PredictionWriter::with_layout("out", &mut out, layout.clone()).unwrap();
    writer.write_kept(table, block).unwrap();
    writer.finish().unwrap();
    out
}

/// Three rows of a text, a number and a date.
fn table() -> Table {
    let mut table = Table::new(Schema::new([
        ("id", Kind::Category),
        ("x", Kind::Number),
        ("day", Kind::Date(DateOrder::Dmy)),
    ]));
    for (line, row) in
        [["a, \"b\"", "1.50", "31/01/2024"], ["", "NA", ""], ["ü\n", "-0.00000001", "01/02/2024"]]
            .iter()
            .enumerate()
    {
        row.iter().enumerate().for_each(|(i, cell)| table.push_cell(i, cell).unwrap());
        table.end_row(line as u64);
    }
    table
}

#[test]
fn kept_columns_stand_in_front_of_the_predictions_in_every_format() {
    let numbers = Predictions::Numbers(vec![0.1, 1e16, f64::INFINITY]);
    let block = PredictionBlock::Predictions(&numbers);
    let kept = ["x", "id", "day"];
    let text = |name: &str| String::from_utf8(written(&layout(&[], name, &kept), &table(), block)).unwrap();
    let csv =
        "x,id,day,prediction\n1.5,\"a, \"\"b\"\"\",2024-01-31,0.1\n,,,1e16\n-1e-8,\"ü\n\",2024-02-01,inf\n";
    assert_eq!(text("p.csv"), csv);
    assert_eq!(text("p"), csv);
    let json = r#"{"x":1.5,"id":"a, \"b\"","day":"2024-01-31","prediction":0.1}
{"x":null,"id":null,"day":null,"prediction":1e16}
{"x":-1e-8,"id":"ü\n","day":"2024-02-01","prediction":null}
"#;
    assert_eq!(text("p.jsonl"), json);
    for (name, want) in [("p.csv.gz", csv), ("P.JSONL.GZ", json)] {
        let (mut unpacked, packed) = (String::new(), written(&layout(&[], name, &kept), &table(), block));
        flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, want, "{name}");
    }
}

#[test]
fn classes_have_their_probabilities_beside_them_at_any_number_of_threads() {
    let rows = 3 * PART + 7;
    let p = Matrix::from_fn(rows, 2, |i, j| if (i % 3 == 0) == (j == 0) { 0.75 } else { 0.25 });
    let predictions = Predictions::Probabilities(p.into());
    let block = PredictionBlock::Predictions(&predictions);
    let want: String =
        (0..rows).map(|i| if i % 3 == 0 { "\"a,\",0.75,0.25\n" } else { "b,0.25,0.75\n" }).collect();
    let want = format!("prediction,\"probability_a,\",probability_b\n{want}");
    let layout = layout(&["a,", "b"], "p.csv", &[]);
    let write = || written(&layout, &Table::new(Schema::default()), block);
    assert_eq!(write(), want.as_bytes());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    assert_eq!(pool.install(write), want.as_bytes());
}

/// A file in each format.
const NAMES: &[&str] = &[
    "p.csv",
    "p.csv.gz",
    "p.jsonl",
    "p.jsonl.gz",
    #[cfg(feature = "columnar")]
    "p.parquet",
];

fn known(bytes: &[u8], layout: &PredictionLayout) -> bool {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    are_predictions(file, layout)
}

#[cfg(feature = "columnar")]
#[test]
fn parquet_is_read_back_as_the_same_cells() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.parquet");
    let kept = ["x", "id", "day"];
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let file = std::fs::File::open(&path).unwrap();
        let reader = ::parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(file, 8).unwrap();
        reader.map(Result::unwrap).collect::<Vec<_>>()
    };
    let p = Matrix::from_fn(3, 2, |i, j| if i == j { 0.75 } else { 0.25 });
    let predictions = Predictions::Probabilities(p.into());
    let layout = layout(&["a", "b"], "p.parquet", &kept);
    let batches = read(&written(&layout, &table(), PredictionBlock::Predictions(&predictions)));
    let cells = format!("{batches:?}");
    for column in
        ["1.5,\n  null,\n  -1e-8", "\"a, \\\"b\\\"\",\n  null,\n  \"ü\\n\"", "\"2024-01-31\",\n  null"]
    {
        assert!(cells.contains(column), "{column}: {cells}");
    }
    let names: Vec<_> = batches[0].schema().fields().iter().map(|f| f.name().clone()).collect();
    assert_eq!(names, ["x", "id", "day", "prediction", "probability_a", "probability_b"]);
    // Without a row there are the columns alone.
    let mut empty = Vec::new();
    PredictionWriter::with_layout("out", &mut empty, layout.clone()).unwrap().finish().unwrap();
    assert!(read(&empty).is_empty() && known(&empty, &layout));
}

#[test]
fn what_was_written_is_known_and_other_tables_are_not() {
    let numbers = Predictions::Numbers(vec![0.1, 2.0, 3.0]);
    for name in NAMES {
        let kept = layout(&[], name, &["id", "x"]);
        let bytes = written(&kept, &table(), PredictionBlock::Predictions(&numbers));
        assert!(known(&bytes, &kept), "{name}");
        for other in [layout(&[], name, &[]), layout(&[], name, &["id", "day"])] {
            assert!(!known(&bytes, &other), "{name} {other:?}");
        }
        assert!(!known(b"x,y\n1,2\n", &kept));
    }
    let known = |text: &str| known(text.as_bytes(), &PredictionLayout::default());
    let header: String = (0..20_000).map(|i| format!(",probability_class {i}")).collect();
    assert!(known(&format!("prediction{header}\n")) && !known(&format!("prediction{header},mine\n")));
    assert!(known("prediction,obs_ci_lower\n") && !known("id,prediction\n") && !known(""));
}

#[test]
fn a_kept_column_cannot_be_taken_for_a_prediction() {
    let refused = |name: &str| {
        let layout = PredictionLayout::of(vec!["yes".to_owned()], false);
        layout.keep(&["id".to_owned(), name.to_owned()]).unwrap_err()
    };
    let clash = "cannot be kept: predictions have a column of this name";
    assert_eq!(refused("prediction"), format!("column prediction {clash}"));
    assert_eq!(refused("probability_yes"), format!("column probability_yes {clash}"));
    assert_eq!(refused("id"), "column id is named twice");
    for (name, ending) in
        [("a/p.Xlsx", ".xlsx:"), ("a/p.parquet.gz", ".parquet.gz:"), ("a/p.arrow.GZ", ".arrow.gz:")]
    {
        let refused = PredictionFormat::of_name(name.as_ref()).unwrap_err().to_string();
        assert!(refused.contains(&format!("{name}: predictions are not written as {ending}")), "{refused}");
    }
}
