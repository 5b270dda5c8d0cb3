//! One table in many formats is one table: the files in `data` were written by pyarrow, openpyxl and XlsxWriter
//! (`xtask/golden/table_formats.py`). What is wrong with others is said, and damaged ones are errors.

use planish_io::{IoError, TableOptions, open_bytes, open_table};
use planish_tabular::{Column, RowSource, Table};
use std::path::{Path, PathBuf};

/// Formats of every build.
const LIGHT: &[&str] =
    &["table.csv.gz", "table.csv.zst", "table_utf16.csv", "table.jsonl", "table.json", "table.xlsx"];
/// Formats by columns.
const COLUMNAR: &[&str] = &[
    "table_snappy.parquet",
    "table_zstd.parquet",
    "table_none.parquet",
    "table_gzip.parquet",
    "table_lz4.parquet",
    "table_zoned.parquet",
    "table.arrow",
    "table.arrows",
    "table.feather",
];

fn data(name: &str) -> String {
    format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn formats() -> Vec<&'static str> {
    let columnar = if cfg!(feature = "columnar") { COLUMNAR } else { &[] };
    [LIGHT, columnar].concat()
}

fn read(path: &str, options: &TableOptions) -> Result<Table, String> {
    open_table(path, options).and_then(|mut rows| rows.read_all()).map_err(|e| e.to_string())
}

fn plain(path: &str) -> Result<Table, String> {
    read(path, &TableOptions::default())
}

/// All that a table holds, numbers by their bits.
fn contents(table: &Table) -> Vec<(String, Vec<String>)> {
    let column = |i: usize| {
        let cell = |row: usize| match table.column_at(i) {
            Column::Number(c) => format!("{:?}", c.at(row).map(|x| (x.hi.to_bits(), x.lo.to_bits()))),
            Column::Text(c) => format!("{:?}", c.at(row)),
        };
        let schema = &table.schema().columns[i];
        (format!("{} {:?}", schema.name, schema.kind), (0..table.rows()).map(cell).collect())
    };
    (0..table.schema().columns.len()).map(column).collect()
}

/// A new file of these bytes, in a folder that goes when the test ends.
fn written(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path: PathBuf = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

fn wrong(name: &str, options: &TableOptions) -> String {
    let said = read(&data(name), options).unwrap_err();
    said.strip_prefix(&format!("{}: ", data(name))).unwrap_or(&said).to_owned()
}

#[test]
fn the_same_table_is_read_of_every_format() {
    let wanted = contents(&plain(&data("table.csv")).unwrap());
    assert_eq!(wanted.len(), 6);
    assert_eq!(wanted[0].1.len(), 6);
    for format in formats() {
        assert_eq!(contents(&plain(&data(format)).unwrap()), wanted, "{format}");
    }
}

#[test]
fn columns_of_a_model_are_read_of_every_format_and_the_others_are_told() {
    let mut schema = plain(&data("table.csv")).unwrap().schema().clone();
    schema.columns.retain(|column| matches!(column.name.as_str(), "t" | "x"));
    let options = TableOptions::default().with_columns(schema);
    let wanted = contents(&read(&data("table.csv"), &options).unwrap());
    for format in formats() {
        let mut rows = open_table(&data(format), &options).unwrap();
        assert_eq!(contents(&rows.read_all().unwrap()), wanted, "{format}");
        assert_eq!(rows.ignored().len(), 4, "{format}");
    }
}

#[test]
fn a_pattern_reads_files_of_one_or_of_many_formats_as_one_table() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("p-1.csv", "a,b\n1,x\n"), ("p-2.csv", "a,b\n2,y"), ("p-3.csv", "a,b\n3,\"z\nz\"\n")]
    {
        written(folder.path(), name, text.as_bytes());
    }
    let pattern = folder.path().join("p-*.csv").display().to_string();
    let whole = written(folder.path(), "whole.csv", b"a,b\n1,x\n2,y\n3,\"z\nz\"\n");
    assert_eq!(contents(&plain(&pattern).unwrap()), contents(&plain(&whole).unwrap()));

    let other = written(folder.path(), "p-4.csv", b"a,c\n4,x\n");
    let said = plain(&pattern).unwrap_err();
    let first = folder.path().join("p-1.csv").display().to_string();
    assert_eq!(said, format!("{other}: column 2 is \"c\", and \"b\" in {first}"));
    written(folder.path(), "p-4.csv", b"a,b\n4,x\n5\n");
    assert_eq!(plain(&pattern).unwrap_err(), format!("{other}:3: the row has 1 fields, the header 2"));
    written(folder.path(), "p-4.csv", b"{\"a\":4,\"b\":\"x\"}\n");
    assert_eq!(plain(&pattern).unwrap_err(), format!("{other}: its format is another than that of {first}"));

    for (name, text) in [("q1.jsonl", "{\"a\":1}\n"), ("q2.jsonl", "{\"b\":2,\"a\":2}\n")] {
        written(folder.path(), name, text.as_bytes());
    }
    let united = plain(&folder.path().join("q?.jsonl").display().to_string()).unwrap();
    let whole = written(folder.path(), "q.jsonl", b"{\"a\":1}\n{\"b\":2,\"a\":2}\n");
    assert_eq!(contents(&united), contents(&plain(&whole).unwrap()));
    let nothing = folder.path().join("none-*.csv").display().to_string();
    let said = plain(&nothing).unwrap_err();
    assert_eq!(said, format!("{nothing}: no file has this name, nor fits it as a pattern"));
}

#[test]
fn json_that_cannot_be_a_table_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    for (text, said) in [
        (
            "{\"a\":1}\n{\"a\":[1,2]}\n",
            ":2: key \"a\" holds an array; a value can be a number, a text, true, false or null",
        ),
        ("{\"a\":1}\n{\"a\":2\n", ":2: it is no JSON object: EOF while parsing an object at character 6"),
        ("{\"a\":1}\n\n[3]\n", ":3: it is no JSON object: invalid type: sequence, expected an object"),
        ("{\"a\":1,\"a\":2}\n", ":1: the key \"a\" is there twice"),
        ("[{\"a\":1},\n {\"a\":", ":2: an object is opened here and never closed"),
        ("[{\"a\":1}\n", ":2: the array of objects is not closed: the file is not whole"),
        ("{}\n{}\n", ": there are no keys in its objects, so there are no columns"),
    ] {
        let path = written(folder.path(), "t.jsonl", text.as_bytes());
        assert_eq!(plain(&path).unwrap_err(), format!("{path}{said}"), "{text}");
    }
}

#[test]
fn keys_that_are_absent_are_missing_and_numbers_keep_their_digits() {
    let folder = tempfile::tempdir().unwrap();
    let text = "{\"a\":0.10000000000000000555}\n{\"b\":\"caf\\u00e9\"}\n{\"b\":null,\"a\":3}\n";
    let json = plain(&written(folder.path(), "t.ndjson", text.as_bytes())).unwrap();
    let csv = "a,b\n0.10000000000000000555,\n,caf\u{e9}\n3,\n";
    let csv = plain(&written(folder.path(), "t.csv", csv.as_bytes())).unwrap();
    assert_eq!(contents(&json), contents(&csv));
    let one = plain(&written(folder.path(), "o.jsonl", b"{\"a\":1}\n{\"a\":null}\n{\"a\":3}\n")).unwrap();
    assert_eq!(one.rows(), 3);
}

#[test]
fn a_workbook_gives_the_values_of_formulas_and_its_sheets_by_name_and_number() {
    let sheet = |name: &str| TableOptions { sheet: Some(name.to_owned()), ..TableOptions::default() };
    let sums = plain(&data("formulas.xlsx")).unwrap();
    let twice: Vec<f64> = sums.numbers("twice").unwrap().values().to_vec();
    assert_eq!(twice, [2.0, 5.0]);
    assert_eq!(sums.numbers("span").unwrap().values(), [129_600.0; 2]);
    for name in ["other", "2"] {
        assert_eq!(read(&data("table.xlsx"), &sheet(name)).unwrap().numbers("y").unwrap().values(), [5.0]);
    }
    let rows = open_table(&data("table.xlsx"), &TableOptions::default()).unwrap();
    assert!(
        rows.warnings()[0]
            .ends_with("sheet \"Sheet\" is read, of \"Sheet\", \"other\"; --sheet names another")
    );
    assert_eq!(
        wrong("table.xlsx", &sheet("third")),
        "there is no sheet \"third\"; there are \"Sheet\", \"other\""
    );
    assert_eq!(wrong("table.csv", &sheet("1")), "--sheet is for a workbook (.xlsx), and this is text");
    assert_eq!(
        wrong("uncomputed.xlsx", &TableOptions::default()),
        "cell Sheet!B2 is a formula that was never computed; open the workbook in Excel or LibreOffice and save it"
    );
}

#[test]
fn an_archive_and_options_of_other_formats_are_refused() {
    assert_eq!(
        wrong("archive.zip", &TableOptions::default()),
        "it is a ZIP archive with 4 files (a.csv, b.csv, c.csv, …), not a table; unpack it and name the file"
    );
    let semicolon = TableOptions { delimiter: Some(b';'), ..TableOptions::default() };
    assert_eq!(wrong("table.jsonl", &semicolon), "--delimiter is for delimited text, and this is JSON");
    let folder = tempfile::tempdir().unwrap();
    let said = plain(&written(folder.path(), "t.xlsx", b"a,b\n1,2\n")).unwrap_err();
    assert!(
        said.ends_with("it is called a workbook of Excel and is none; give it another name if it is text")
    );
    assert!(
        plain(&folder.path().display().to_string()).unwrap_err().ends_with("it is a folder, not a table")
    );
}

#[cfg(feature = "columnar")]
#[test]
fn types_of_parquet_are_read_as_text_and_nested_ones_are_named() {
    let types = plain(&data("types.parquet")).unwrap();
    assert_eq!(types.numbers("f32").unwrap().at(0), planish_tensor::Dd::parse_decimal("0.1"));
    assert_eq!(types.numbers("f32").unwrap().at(2).map(|x| x.hi), Some(16_777_216.0));
    assert_eq!(types.numbers("money").unwrap().at(1), planish_tensor::Dd::parse_decimal("-0.05"));
    assert_eq!(types.numbers("took").unwrap().at(0).map(|x| x.hi), Some(1.5));
    assert_eq!(types.numbers("__index_level_0__").unwrap().values(), [0.0, 1.0, 2.0]);
    assert_eq!(
        wrong("nested.parquet", &TableOptions::default()),
        "column \"tags\" holds lists, column \"at\" holds records of several fields (a struct), column \"raw\" holds bytes; \
         only numbers, texts, dates, times, true and false can be read; leave others out by --drop NAME"
    );
    let unused = ["tags", "at", "raw"].map(str::to_owned).to_vec();
    let options = TableOptions { unused, ..TableOptions::default() };
    assert_eq!(read(&data("nested.parquet"), &options).unwrap().numbers("a").unwrap().values(), [1.0, 2.0]);
}

#[cfg(not(feature = "columnar"))]
#[test]
fn a_build_without_formats_by_columns_says_so() {
    let said = wrong("table_none.parquet", &TableOptions::default());
    assert!(said.starts_with("it is Parquet, and this program was built without it: "), "{said}");
}

/// A file cut short or with wrong bytes is an error or a table, never the end of the program.
#[test]
fn damaged_files_of_every_format_never_panic() {
    let folder = tempfile::tempdir().unwrap();
    for format in formats() {
        let whole = std::fs::read(data(format)).unwrap();
        let mut state = 7_u64;
        for round in 0..120 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (place, bit) = ((state >> 20) as usize % whole.len(), 1_u8 << (state >> 61));
            let mut damaged = whole.clone();
            if round % 3 == 0 {
                damaged.truncate(place);
            } else {
                damaged[place] ^= bit;
            }
            let path = written(folder.path(), format, &damaged);
            let read = std::panic::catch_unwind(|| plain(&path).map(|table| table.rows()));
            assert!(read.is_ok(), "{format} round {round}");
        }
    }
}

#[test]
fn bytes_of_a_client_are_text_and_nothing_else() -> Result<(), IoError> {
    let text = std::fs::read(data("table_utf16.csv")).unwrap();
    assert_eq!(open_bytes("body", text, &TableOptions::default())?.read_all()?.rows(), 6);
    let packed = std::fs::read(data("table.csv.gz")).unwrap();
    assert!(
        open_bytes("body", packed, &TableOptions::default()).and_then(|mut rows| rows.read_all()).is_err()
    );
    Ok(())
}
