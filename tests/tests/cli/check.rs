//! `planish check`: a line a column, what to worry about, a second table, JSON and the page.

use planish_tests::program::{data, penguins, run, run_with_input, succeed};
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;

fn write(dir: &Path, name: &str, text: &str) {
    std::fs::write(dir.join(name), text).unwrap();
}

/// A number from 0 to 1 without a pattern.
fn noise(i: usize) -> f64 {
    let mut x = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// The check of a table as JSON.
fn checked(dir: &Path, args: &[&str]) -> Value {
    succeed(dir, &[&["check"], args, &["--json"]].concat()).json()
}

fn column<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["columns"].as_array().unwrap().iter().find(|c| c["name"] == name).unwrap()
}

/// The line of a worry.
fn worry<'a>(report: &'a Value, kind: &str) -> Option<&'a str> {
    let worries = report["worries"].as_array().unwrap();
    worries.iter().find(|w| w["worry"] == kind).map(|w| w["line"].as_str().unwrap())
}

#[test]
fn the_penguins_have_a_line_a_column_and_the_numbers_of_r() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let ran = succeed(dir, &["check", &penguins(), "--target", "species"]);
    assert_eq!(ran.err, "");
    let report = checked(dir, &[&penguins(), "--target", "species"]);
    let mass = &column(&report, "body_mass_g")["numbers"];
    // summary(penguins$body_mass_g)
    let of = |key: &str| mass[key].as_f64().unwrap();
    assert_eq!((of("least"), of("median"), of("largest")), (2700.0, 4050.0, 6300.0));
    assert!((of("mean") - 4201.754).abs() < 1e-3 && (of("sd") - 801.9545).abs() < 1e-4);
    let first = &column(&report, "island")["levels"][0];
    assert_eq!((&first["level"], first["rows"].as_u64()), (&"Biscoe".into(), Some(168)));
    assert_eq!(
        (report["rows"].as_u64(), report["target"]["classes"].as_array().unwrap().len()),
        (Some(344), 3)
    );
    // The text has the same.
    let line = ran.out.lines().find(|l| l.trim_start().starts_with("body_mass_g")).unwrap();
    let cells: Vec<&str> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    assert_eq!(cells[..7], ["body_mass_g", "number, whole", "0.6 %", "94", "2700", "4050", "6300"]);
    assert!(
        ran.out.contains("target species: 3 classes: Adelie 44 %, Gentoo 36 %, Chinstrap 20 %"),
        "{}",
        ran.out
    );
    assert!(ran.out.lines().all(|l| l.chars().count() <= 120), "{}", ran.out);
    for worry in report["worries"].as_array().unwrap() {
        assert!(ran.out.contains(worry["line"].as_str().unwrap()));
    }
}

#[test]
fn tables_that_ship_have_no_leak() {
    let folder = tempfile::tempdir().unwrap();
    for (table, target, task) in [
        ("adult_sample.csv", "income", "classify"),
        ("california_housing_train.csv", "median_house_value", "regress"),
    ] {
        let report = checked(folder.path(), &[&data(table), "--target", target]);
        assert_eq!((worry(&report, "leakage"), &report["target"]["task"]), (None, &task.into()), "{table}");
        assert_eq!(worry(&report, "identifiers"), None, "{table}");
    }
}

#[test]
fn a_leak_identifiers_copies_and_constants_are_told_the_most_severe_first() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let mut text = "key,n,total,twice,same,gaps,wide,small,x,y\n".to_owned();
    for i in 0..400 {
        let (x, y) = (noise(i), u32::from(noise(i + 4000) > 0.7));
        let gap = if i % 10 < 6 { String::new() } else { format!("{:.3}", noise(i + 900)) };
        let _ = writeln!(
            text,
            "k{i},{i},{},{},5,{gap},{:.0},{:.9},{x:.4},{}",
            f64::from(y) * 40.0 + noise(i + 1000),
            if i == 7 { 'b' } else { 'a' },
            1e9 * noise(i + 7000),
            1e-3 * noise(i + 8000),
            ["no", "yes"][y as usize]
        );
    }
    let last = text.lines().last().unwrap().to_owned();
    write(dir, "t.csv", &format!("{text}{last}\n{last}\n"));
    let report = checked(dir, &["t.csv", "--target", "y"]);
    assert_eq!(report["copies"]["rows"], 2);
    assert_eq!(
        worry(&report, "copies"),
        Some("copies: 2 rows (0.5 %) are copies of an earlier one, in every column")
    );
    let leak = worry(&report, "leakage").unwrap();
    assert!(leak.starts_with("leakage: a column that alone predicts y: total ("), "{leak}");
    assert_eq!(column(&report, "total")["alone"]["suspicious"], true);
    assert_eq!(column(&report, "x")["alone"]["suspicious"], false);
    assert!(column(&report, "y")["alone"].is_null());
    assert_eq!(worry(&report, "near_constant"), Some("nearly constant: twice (a in 99.8 %)"));
    // A copy of its row, so that keys are no longer all different.
    let unique = text.replace("key", "key2");
    write(dir, "u.csv", &unique);
    let report = checked(dir, &["u.csv", "--target", "y"]);
    let kinds: Vec<&str> =
        report["worries"].as_array().unwrap().iter().map(|w| w["worry"].as_str().unwrap()).collect();
    assert_eq!(kinds[0], "leakage");
    assert!(kinds.contains(&"missing") && kinds.contains(&"units_far_apart"), "{kinds:?}");
}

#[test]
fn classes_of_few_rows_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let mut text = "x,y\n".to_owned();
    (0..1000)
        .for_each(|i| _ = writeln!(text, "{:.4},{}", noise(i), if i % 250 == 3 { "rare" } else { "usual" }));
    write(dir, "t.csv", &text);
    let report = checked(dir, &["t.csv", "--target", "y"]);
    assert_eq!(
        worry(&report, "imbalance"),
        Some("imbalance: y is usual in 99.6 % and rare in 0.4 % of the rows")
    );
    assert_eq!(worry(&report, "leakage"), None);
}

#[test]
fn a_second_table_is_compared() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let row =
        |i: usize, shift: f64, city: &str| format!("{:.5},{:.5},{city}", noise(i) + shift, noise(i + 9000));
    let cities = ["Bonn", "Kiel", "Ulm"];
    let mut train = "moved,still,city,y\n".to_owned();
    (0..600).for_each(|i| _ = writeln!(train, "{},{:.3}", row(i, 0.0, cities[i % 3]), noise(i + 77)));
    let mut test = "city,moved,still,new\n".to_owned();
    for i in 0..400 {
        let cells = row(i + 50_000, 0.5, if i < 20 { "Rom" } else { cities[i % 3] });
        let (numbers, city) = cells.rsplit_once(',').unwrap();
        let _ = writeln!(test, "{city},{numbers},1{i}");
    }
    // Thirty rows of the training file, in another order of columns.
    for i in 0..30 {
        let cells = row(i, 0.0, cities[i % 3]);
        let (numbers, city) = cells.rsplit_once(',').unwrap();
        let _ = writeln!(test, "{city},{numbers},5");
    }
    write(dir, "train.csv", &train);
    write(dir, "test.csv", &test);
    let report = checked(dir, &["train.csv", "--target", "y", "--against", "test.csv"]);
    let against = &report["against"];
    assert_eq!((&against["in_both"]["rows"], &against["in_both"]["of"]), (&30.into(), &430.into()));
    assert_eq!((&against["lacking"][0], &against["additional"][0]), (&"y".into(), &"new".into()));
    let compared = |name: &str| {
        against["columns"].as_array().unwrap().iter().find(|c| c["name"] == name).unwrap().clone()
    };
    assert!(compared("moved")["drift"].as_f64().unwrap() > 0.25 && compared("moved")["drifted"] == true);
    assert!(compared("still")["drift"].as_f64().unwrap() < 0.1 && compared("still")["drifted"] == false);
    let city = compared("city");
    assert_eq!(
        (&city["unseen_levels"], &city["unseen_rows"], &city["unseen"][0]),
        (&1.into(), &20.into(), &"Rom".into())
    );
    assert_eq!(worry(&report, "lacking_columns"), None, "test rows have no target");
    let both = worry(&report, "rows_in_both").unwrap();
    assert_eq!(both, "30 rows of test.csv (7.0 %) are in the first table too, by all columns that both have");
    assert_eq!(
        worry(&report, "unseen_levels"),
        Some("levels that only test.csv has: city (1 level in 4.7 % of its rows)")
    );
    assert!(worry(&report, "drift").unwrap().contains(": moved ("), "{report}");
    // A table beside itself has not drifted, and has all of its rows.
    let same = checked(dir, &["train.csv", "--against", "train.csv"]);
    assert_eq!(same["against"]["in_both"]["rows"], 600);
    assert_eq!((worry(&same, "drift"), worry(&same, "unseen_levels")), (None, None));
    let text = succeed(dir, &["check", "train.csv", "--against", "test.csv"]).out;
    assert!(text.lines().all(|l| l.starts_with("- ") || l.chars().count() <= 120), "{text}");
}

#[test]
fn columns_of_another_kind_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(dir, "a.csv", "x,c\n1,u\n2,v\n");
    write(dir, "b.csv", "x,c\nmuch,u\nlittle,v\n");
    let report = checked(dir, &["a.csv", "--against", "b.csv"]);
    assert_eq!(
        worry(&report, "other_kinds"),
        Some("columns of another kind in b.csv: x (number, there category)")
    );
}

#[test]
fn small_empty_and_wide_tables_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(dir, "one.csv", "a,b\n1,x\n");
    assert_eq!(checked(dir, &["one.csv", "--target", "b"])["rows"], 1);
    write(dir, "eight.csv", "a,b,y\n1,x,0\n2,y,1\n3,z,0\n4,u,1\n5,v,0\n6,w,1\n7,s,0\n8,t,1\n");
    let eight = checked(dir, &["eight.csv", "--target", "y"]);
    assert_eq!((worry(&eight, "leakage"), worry(&eight, "identifiers")), (None, None));
    write(dir, "empty_column.csv", "a,b,c\n1,,u\n2,,v\n");
    succeed(dir, &["check", "empty_column.csv", "-o", "e.html"]);
    let mut wide = (0..3000).map(|c| format!("c{c}")).collect::<Vec<_>>().join(",") + "\n";
    for i in 0..30 {
        wide += &(0..3000).map(|c| format!("{:.3}", noise(3000 * i + c))).collect::<Vec<_>>().join(",");
        wide += "\n";
    }
    write(dir, "wide.csv", &wide);
    let ran = succeed(dir, &["check", "wide.csv", "--target", "c2999", "-o", "w.html"]);
    assert!(ran.out.contains("30 rows, 3,000 columns") && ran.out.contains("c2998"));
    let long = |l: &&str| l.chars().count() > 200;
    assert_eq!(ran.out.lines().find(long), None);
    let refused = run(dir, &["check", "eight.csv", "--target", "yy"]);
    assert!(
        refused.code == 1
            && refused.err.contains("eight.csv: ")
            && refused.err.contains("the columns are a, b, y")
    );
    let refused = run(dir, &["check", "-", "--against", "-"]);
    assert!(refused.code == 2 && refused.err.contains("cannot both be standard input"));
    let piped = run_with_input(dir, &["check", "-"], b"a,b\n1,x\n2,y\n");
    assert!(piped.code == 0 && piped.out.starts_with("standard input: 2 rows, 2 columns"), "{}", piped.out);
}

#[test]
fn names_are_shown_as_names_in_text_and_page() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let mut text =
        "<script>alert(1)</script>,\"two\nlines\",🐧🐧,\"a very long name indeed, which goes on and on\"\n"
            .to_owned();
    (0..50).for_each(|i| _ = writeln!(text, "{},<b>x{}</b>,😀{},\"a\nb\"", i * i % 17, i % 4, i % 3));
    write(dir, "t.csv", &text);
    let ran = succeed(dir, &["check", "t.csv", "-o", "t.html"]);
    assert!(
        ran.out.contains(r#""two\nlines""#) && ran.out.contains("🐧🐧") && ran.out.contains("wrote t.html ("),
        "{}",
        ran.out
    );
    assert!(!ran.out.contains("two\nlines"));
    let html = std::fs::read_to_string(dir.join("t.html")).unwrap();
    assert!(!html.contains("<script") && html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(html.contains("&lt;b&gt;x1&lt;/b&gt;") && html.contains("Content-Security-Policy"));
    // A page takes the place of a page, and of nothing else.
    succeed(dir, &["check", "t.csv", "-o", "t.html"]);
    let refused = run(dir, &["check", "t.csv", "-o", "t.csv"]);
    assert!(refused.code == 1 && refused.err.contains("this file is read"), "{}", refused.err);
    let refused = run(dir, &["check", "t.csv", "--json", "-o", "-"]);
    assert_eq!(refused.code, 2);
    assert!(succeed(dir, &["check", "t.csv", "-o", "-"]).out.starts_with("<!DOCTYPE html>"));
}

#[test]
fn threads_change_nothing_and_samples_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let mut text = "x,k,y\n".to_owned();
    (0..150_000).for_each(|i| _ = writeln!(text, "{:.6},k{},{:.6}", noise(i), i % 7, noise(i + 1_000_000)));
    write(dir, "t.csv", &text);
    let of = |threads: &str| succeed(dir, &["check", "t.csv", "--target", "y", "--threads", threads]).out;
    let (one, three) = (of("1"), of("3"));
    assert_eq!(one, three);
    assert!(one.contains("are of every 4th row") && one.contains('~') && one.contains(">100,000"), "{one}");
    let report = checked(dir, &["t.csv"]);
    assert_eq!(column(&report, "x")["distinct"]["more"], true);
    assert_eq!(column(&report, "k")["levels"][0]["rows"], 21_429);
}
