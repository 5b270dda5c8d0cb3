//! What CSV files may look like, and what is said of those that are wrong.

use super::*;

fn open(text: impl Into<Vec<u8>>) -> Result<CsvSource, IoError> {
    CsvSource::open(Input::memory("t.csv", text.into()), &TableOptions::default())
}

fn read(text: &str) -> Result<Table, String> {
    open(text).and_then(|mut s| s.read_all()).map_err(|e| e.to_string())
}

fn numbers(t: &Table, column: &str) -> Vec<Option<f64>> {
    let c = t.numbers(column).unwrap();
    (0..t.rows()).map(|i| c.at(i).map(Dd::to_f64)).collect()
}

#[test]
fn delimiters_quotes_and_missing_values_are_understood() {
    for text in [
        "a,b\n1,x\n.5,\"y, \"\"z\"\"\"\n",
        "a;b\r\n1;x\r\n.5;\"y, \"\"z\"\"\"\r\n",
        "\u{feff}a\tb\n 1 \t x \n.5\t\"y, \"\"z\"\"\"",
        "a|b\n\n1|x\n.5|\"y, \"\"z\"\"\"\n",
    ] {
        let t = read(text).unwrap();
        assert_eq!(numbers(&t, "a"), [Some(1.0), Some(0.5)], "{text:?}");
        assert_eq!(t.text("b").unwrap().at(1), Some("y, \"z\""));
    }
    let t = read("a,b\n1e3,x\nNA,?\n?,\n,NA\n").unwrap();
    assert_eq!(numbers(&t, "a"), [Some(1000.0), None, None, None]);
    assert!((1..4).all(|i| t.text("b").unwrap().at(i).is_none()));
}

#[test]
fn a_column_without_a_name_gets_one_and_blank_lines_are_skipped() {
    let t = read(",b\n0,x\n  \n1,y\n\n").unwrap();
    assert_eq!(numbers(&t, "column_1"), [Some(0.0), Some(1.0)]);
}

#[test]
fn a_first_row_with_a_number_is_no_header() {
    let t = read("1,x\n2,y\n").unwrap();
    assert_eq!(numbers(&t, "column_1"), [Some(1.0), Some(2.0)]);
}

#[test]
fn the_decimal_beyond_f64_is_kept() {
    let t = read("x\n0.1\n").unwrap();
    assert_eq!(t.numbers("x").unwrap().at(0), Dd::parse_decimal("0.1"));
}

#[test]
fn wrong_files_are_named_with_their_place() {
    for (text, message) in [
        ("", "t.csv: the file is empty"),
        ("a,b\n", "t.csv: there are no rows below the header"),
        ("a,b\n1,2\n3\n", "t.csv:3: the row has 1 fields, the header 2"),
        ("a,b\n1,2\n3,4,5\n", "t.csv:3: the row has 3 fields, the header 2"),
        ("a,b\nx,\"y\nz,w\n", "t.csv:2: a quote is opened here and never closed"),
        ("a,b\nx,y\nz,w\n\"p,q\n", "t.csv:4: a quote is opened here and never closed"),
        ("a,b\nx,y\nz,\"w", "t.csv:3: a quote is opened here and never closed"),
        ("a,a\n1,2\n", "t.csv:1: columns 1 and 2 have the same name \"a\""),
        ("a,b\n1,2\n1,inf\n", "t.csv:3:2: expected a finite number in column \"b\", found \"inf\""),
        ("a,b\n1,2\nNaN,2\n", "t.csv:3:1: expected a finite number in column \"a\", found \"NaN\""),
        ("a,b\n1,2\n1e999,2\n", "t.csv:3:1: expected a finite number in column \"a\", found \"1e999\""),
    ] {
        assert_eq!(read(text).unwrap_err(), message, "{text:?}");
    }
    let latin1 = open(b"a,b\n1,caf\xe9\n").err().unwrap();
    assert_eq!(latin1.to_string(), "t.csv:2: field 2 in column \"b\" is not UTF-8 text");
}

#[test]
fn a_stray_word_among_numbers_is_pointed_out() {
    let mut text = "a\n".to_owned();
    (0..30).for_each(|i| text.push_str(&format!("{i}\n")));
    text.push_str("12a\n");
    let source = open(text).unwrap();
    assert!(
        source.warnings()[0].starts_with("t.csv:32: column \"a\" is taken as categories because of \"12a\"")
    );
}

#[test]
fn blocks_cover_the_file_and_it_can_be_read_again() {
    let mut text = "x\n".to_owned();
    (0..10_000).for_each(|i| text.push_str(&format!("{i}\n")));
    let mut source = open(text).unwrap();
    for _ in 0..2 {
        source.rewind().unwrap();
        let mut sizes = Vec::new();
        let take = |block: &Table| {
            sizes.push(block.rows());
            Ok(())
        };
        source.for_each_block(|e| e, take).unwrap();
        assert_eq!(sizes, [4096, 4096, 1808]);
    }
}
