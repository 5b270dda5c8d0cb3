//! Tables as people have them: columns that number the rows, numbers with signs, dates, codes, words for a missing value. What was assumed is said in
//! a short line, and evaluating and predicting the same file needs no option.

use planish_tests::program::{Ran, run, succeed};
use serde_json::Value;
use std::path::Path;

/// A table of 40 rows under this header.
fn table(header: &str, row: impl Fn(usize) -> String) -> String {
    let rows: String = (0..40).map(|i| row(i) + "\n").collect();
    format!("{header}\n{rows}")
}

/// A header, the rows under it, and a note about them.
type Case = (&'static str, Box<dyn Fn(usize) -> String>, &'static str);

/// A number that is no simple function of the row.
fn y(i: usize) -> usize {
    (i * 7919 + i * i * 31) % 97
}

/// Trains least squares on a table, evaluates it and predicts its rows; what was said, and the terms.
fn terms(content: impl AsRef<[u8]>, options: &[&str]) -> (Ran, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    std::fs::write(dir.join("t.csv"), content).unwrap();
    let train = [&["train", "t.csv", "--target", "y", "--model", "ols", "-o", "m"][..], options].concat();
    let trained = succeed(dir, &train);
    assert!(trained.err.lines().all(|line| line.chars().count() <= 260), "{}", trained.err);
    succeed(dir, &["evaluate", "m", "t.csv"]);
    let predicted = succeed(dir, &["predict", "m", "t.csv"]);
    assert!(predicted.out.starts_with("prediction\n"));
    let inspected = succeed(dir, &["inspect", "m", "--json"]).json();
    let term = |c: &Value| c["term"].as_str().unwrap().to_owned();
    (trained, inspected["coefficients"].as_array().unwrap().iter().skip(1).map(term).collect())
}

fn refused(content: impl AsRef<[u8]>, options: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.csv"), content).unwrap();
    let train = [&["train", "t.csv", "--target", "y", "--model", "ols", "-o", "m"][..], options].concat();
    let ran = run(folder.path(), &train);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(!Path::new(&folder.path().join("m")).exists());
    ran.err
}

#[test]
fn columns_that_are_no_features_are_left_out_with_one_note() {
    let x = |i: usize| (i * 37) % 41;
    let cases: [Case; 6] = [
        (
            ",x,y",
            Box::new(move |i| format!("{i},{},{}", x(i), y(i))),
            "left out column column_1 (numbers or names the rows)",
        ),
        (
            "\"\",\"x\",\"y\"",
            Box::new(move |i| format!("\"car {i}\",{},{}", x(i), y(i))),
            "left out column column_1 (numbers or names the rows)",
        ),
        (
            "x,y,,,",
            Box::new(move |i| format!("{},{},,,", x(i), y(i))),
            "left out columns column_3 (empty), column_4 (empty), column_5 (empty)",
        ),
        (
            "x,unit,again,y",
            Box::new(move |i| format!("{0},kg,{0},{1}", x(i), y(i))),
            "left out columns unit (constant), again (equals \"x\")",
        ),
        (
            "id,x,y",
            Box::new(move |i| format!("98765432109876543{i:02},{},{}", x(i), y(i))),
            "left out column id (its texts tell the rows apart)",
        ),
        (
            "note,x,y",
            Box::new(move |i| format!("\"sent back on day {i} as the parcel was broken\",{},{}", x(i), y(i))),
            "left out column note (free text)",
        ),
    ];
    for (header, row, note) in cases {
        let (trained, terms) = terms(table(header, row), &[]);
        assert_eq!(terms, ["x"], "{header}");
        assert!(trained.err.contains(note), "{header}: {}", trained.err);
        assert_eq!(trained.err.matches("left out").count(), 1, "{}", trained.err);
    }
}

#[test]
fn numbers_with_signs_are_numbers_and_a_note_says_so() {
    let cents = |i: usize| (i * 37) % 90 + 10;
    let cases: [Case; 5] = [
        (
            "x,y",
            Box::new(move |i| format!("\"{},3{}\",{}", i + 1, cents(i), y(i))),
            "read as numbers: \"x\" (1,310)",
        ),
        ("x,y", Box::new(move |i| format!("{}%,{}", cents(i), y(i))), "read as numbers: \"x\" (10%)"),
        (
            "x\ty",
            Box::new(move |i| format!("$1,2{}.50\t{}", cents(i), y(i))),
            "read as numbers: \"x\" ($1,210.50)",
        ),
        ("x;y", Box::new(move |i| format!("{},5;{}", cents(i), y(i))), "read as numbers: \"x\" (10,5)"),
        ("x,y", Box::new(move |i| format!("\"({})\",{}", cents(i), y(i))), "read as numbers: \"x\" ((10))"),
    ];
    for (header, row, note) in cases {
        let (trained, terms) = terms(table(header, row), &[]);
        assert_eq!(terms, ["x"], "{note}");
        assert!(trained.err.contains(note), "{note}: {}", trained.err);
    }
    // A target with signs is predicted as a plain number.
    let content = table("x,y", |i| format!("{},\"$1,{:03}\"", cents(i), y(i)));
    assert_eq!(terms(content, &[]).1, ["x"]);
}

#[test]
fn every_word_for_a_missing_value_leaves_a_column_numeric() {
    for word in
        ["", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "?", "-", ".", "#N/A", "<NA>", "\\N"]
    {
        let content = table("x,z,y", |i| {
            let x = if i % 10 == 3 { word.to_owned() } else { ((i * 37) % 41).to_string() };
            let y = if i % 10 == 7 { word.to_owned() } else { y(i).to_string() };
            format!("{x},{},{y}", (i * 11) % 13)
        });
        let (trained, terms) = terms(content, &[]);
        assert_eq!(terms, ["x", "x[missing]", "z"], "{word:?}");
        assert!(trained.err.contains("x in 4 rows"), "{}", trained.err);
        assert!(trained.out.contains("36 rows (4 without a target left out)"), "{}", trained.out);
    }
    let content =
        table("x,y", |i| format!("{},{}", if i % 9 == 0 { -999 } else { (i * 37 % 41) as i64 }, y(i)));
    assert_eq!(terms(content, &["--na", "-999"]).1, ["x", "x[missing]"]);
}

#[test]
fn dates_are_dates_in_every_order_and_one_that_is_ambiguous_is_refused() {
    let (day, month) = (|i: usize| 1 + (i * 17) % 28, |i: usize| 1 + (i * 5) % 12);
    let mut all = Vec::new();
    for order in 0..3 {
        let content = table("when,y", |i| {
            let (day, month) = (day(i), month(i));
            let when = match order {
                0 => format!("2024-{month:02}-{day:02}"),
                1 => format!("{day:02}/{month:02}/2024"),
                _ => format!("{month:02}/{day:02}/2024"),
            };
            format!("{when},{}", y(i))
        });
        let (trained, terms) = terms(content, &[]);
        assert!(trained.err.contains("read as dates: \"when\""), "{}", trained.err);
        assert_eq!(terms[0], "when");
        all.push(terms);
    }
    assert!(all[0] == all[1] && all[1] == all[2], "{all:?}");
    let ambiguous = table("when,y", |i| format!("{:02}/{:02}/2024,{}", 1 + i % 12, 1 + (i * 5) % 12, y(i)));
    assert!(refused(&ambiguous, &[]).contains("--kind when:date-dmy or --kind when:date-mdy"));
    assert_eq!(terms(&ambiguous, &["--kind", "when:date-dmy"]).1[0], "when");
    let dropped = table("when,x,y", |i| {
        format!("{:02}/{:02}/2024,{},{}", 1 + i % 12, 1 + (i * 5) % 12, (i * 37) % 41, y(i))
    });
    assert_eq!(terms(dropped, &["--drop", "when"]).1, ["x"]);
}

#[test]
fn codes_are_categories_and_kinds_can_be_told() {
    let zip = table("zip,y", |i| format!("0{},{}", 1000 + i % 3, y(i)));
    let (trained, found) = terms(&zip, &[]);
    assert_eq!(found, ["zip[01001]", "zip[01002]"]);
    assert!(
        trained.err.contains("read as categories, as their digits are codes, not numbers: zip"),
        "{}",
        trained.err
    );
    assert_eq!(terms(&zip, &["--kind", "zip:number"]).1, ["zip"]);
    let plain = table("a,\"b, c\",y", |i| format!("{}, \"{}\", {}", i % 4, (i * 37) % 41, y(i)));
    assert_eq!(terms(&plain, &["--kind", "a:category"]).1, ["a[1]", "a[2]", "a[3]", "b, c"]);
    assert_eq!(terms(&plain, &["--drop", "\"b, c\""]).1, ["a"]);
}

#[test]
fn what_is_no_table_is_refused_with_its_place() {
    let odd = |cell: &str| {
        table("x,y", |i| format!("{},{}", if i == 7 { cell.to_owned() } else { i.to_string() }, y(i)))
    };
    for cell in ["1e400", "Infinity", "-inf"] {
        assert!(
            refused(odd(cell), &[])
                .contains(&format!("t.csv:9:1: expected a finite number in column \"x\", found {cell:?}"))
        );
    }
    for cell in ["0x10", "1_000"] {
        // All other cells are numbers: said, and then all texts are different.
        assert!(
            refused(odd(cell), &[])
                .contains(&format!("t.csv:9: column \"x\" is taken as categories because of {cell:?}"))
        );
    }
    assert!(refused(odd("\0"), &[]).contains("t.csv:9: there is a NUL byte"));
    assert!(refused("x,y\n1,\"2\n3,4\n", &[]).contains("t.csv:2: a quote is opened here and never closed"));
}

#[test]
fn wide_long_and_small_tables_are_read() {
    let names: Vec<String> = (0..3000).map(|j| format!("c{j}")).collect();
    let wide = table(&(names.join(",") + ",y"), |i| {
        let cells: Vec<String> = (0..3000).map(|j| ((i * 31 + j * 17 + i * j) % 101).to_string()).collect();
        format!("{},{}", cells.join(","), y(i))
    });
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    std::fs::write(dir.join("t.csv"), wide).unwrap();
    succeed(dir, &["train", "t.csv", "--target", "y", "--epochs", "1", "--hidden", "4", "-o", "m"]);
    let long = table("t,x,y", |i| {
        format!("{},{},{}", if i == 5 { "a".repeat(10_000_000) } else { "b".to_owned() }, (i * 37) % 41, y(i))
    });
    assert_eq!(terms(long, &["--drop", "t"]).1, ["x"]);
    assert_eq!(terms("x,y\n1,3\n2,5\n3,4\n4,9\n5,8\n6,12\n7,11\n8,15\n", &[]).1, ["x"]);
}
