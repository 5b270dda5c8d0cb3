//! Columns of dates: read in their order, features of every model, the order of folds; refused where they cannot be used.

use planish_tests::program::{run, succeed};
use serde_json::Value;
use std::path::Path;

/// A file of days from 2022 on, in this order of day, month and year, with a target that rises by 2 a day and is 50 higher in March.
fn write_table(dir: &Path, name: &str, rows: usize, form: impl Fn(&str, &str, &str) -> String) {
    let mut text = "when,y\n".to_owned();
    let days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let (mut year, mut month, mut day) = (2022, 0, 1);
    for row in 0..rows {
        let [y, m, d] = [year.to_string(), format!("{:02}", month + 1), format!("{day:02}")];
        let target = 2 * row + if month == 2 { 50 } else { 0 };
        text += &format!("\"{}\",{target}.5\n", form(&y, &m, &d));
        day += 1;
        if day > days[month] {
            (month, day) = (month + 1, 1);
        }
        if month == 12 {
            (year, month) = (year + 1, 0);
        }
    }
    std::fs::write(dir.join(name), text).unwrap();
}

fn predictions(dir: &Path, model: &str, dates: &str) -> Vec<f64> {
    std::fs::write(dir.join("new.csv"), format!("when\n{dates}\n")).unwrap();
    let text = succeed(dir, &["predict", model, "new.csv"]).out;
    text.lines().skip(1).map(|line| (line.parse::<f64>().unwrap() * 1e6).round() / 1e6).collect()
}

#[test]
fn a_linear_model_of_dates_knows_their_trend_and_their_months_in_every_order() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir, "ymd.csv", 730, |y, m, d| format!("{y}-{m}-{d}"));
    write_table(dir, "dmy.csv", 730, |y, m, d| format!("{d}.{m}.{y}"));
    write_table(dir, "mdy.csv", 730, |y, m, d| format!("{m}/{d}/{y}"));
    for (name, dates) in [
        ("ymd", "2022-01-02\n2024-03-01"),
        ("dmy", "02.01.2022\n01.03.2024"),
        ("mdy", "01/02/2022\n2024-03-01"),
    ] {
        let (data, model) = (format!("{name}.csv"), format!("{name}.model"));
        let ran = succeed(dir, &["train", &data, "--target", "y", "--model", "linear", "-o", &model]);
        assert!(ran.err.contains("read as dates"), "{}", ran.err);
        assert_eq!(predictions(dir, &model, dates), [2.5, 1630.5], "{name}");
        let shown = succeed(dir, &["inspect", &model]).out;
        assert!(shown.contains("when[month=03]") && shown.contains("when[weekday=Tue]"), "{shown}");
        let scores = succeed(dir, &["evaluate", &model, &data, "--json"]).json();
        assert!(scores.to_string().contains("rmse"), "{scores}");
        let columns = succeed(dir, &["inspect", &model, "--json"]).json()["columns"].to_string();
        assert!(columns.contains("\"date\""), "{columns}");
    }
    std::fs::write(dir.join("wrong.csv"), "when\n13/01/2024\n").unwrap();
    let ran = run(dir, &["predict", "mdy.model", "wrong.csv"]);
    let wanted = "wrong.csv:2:1: expected a date such as 01/31/2024 in column \"when\", found \"13/01/2024\"";
    assert!(ran.code == 1 && ran.err.contains(wanted), "{}", ran.err);
}

#[test]
fn days_that_could_be_months_are_an_error_that_names_the_option() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let rows: String = (0..40).map(|i| format!("0{}/0{}/2024,{i}\n", i % 9 + 1, i % 7 + 1)).collect();
    std::fs::write(dir.join("t.csv"), format!("when,y\n{rows}")).unwrap();
    let train = ["train", "t.csv", "--target", "y", "--model", "ols", "-o", "m"];
    let ran = run(dir, &train);
    assert!(ran.code == 1 && ran.err.contains("--kind when:date-dmy"), "{}", ran.err);
    succeed(dir, &[&train[..], &["--kind", "when:date-mdy"]].concat());
    let shown = succeed(dir, &["inspect", "m", "--json"]).json();
    assert!(shown["columns"].to_string().contains("mdy"), "{}", shown["columns"]);
}

#[test]
fn a_network_has_the_cycles_of_dates_and_folds_in_their_order_leave_them_out() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir, "t.csv", 120, |y, m, d| format!("{d}/{m}/{y} 12:00"));
    let text = std::fs::read_to_string(dir.join("t.csv")).unwrap();
    let with_x: String = text
        .lines()
        .enumerate()
        .map(|(i, line)| {
            line.to_owned() + &if i == 0 { ",x".to_owned() } else { format!(",{}", i * i % 13) } + "\n"
        })
        .collect();
    std::fs::write(dir.join("t.csv"), with_x).unwrap();
    let train = ["train", "t.csv", "--target", "y", "--epochs", "2", "--hidden", "4", "-o", "m"];
    succeed(dir, &train);
    let shown = succeed(dir, &["inspect", "m", "--json"]).json();
    let names: Vec<&str> = shown["features"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let wanted = ["when", "when[month sin]", "when[month cos]", "when[weekday sin]", "when[weekday cos]"];
    assert_eq!(names[..5], wanted);
    assert!(!names.iter().any(|n| n.contains("hour") || n.contains("year]")), "{names:?}");
    std::fs::remove_file(dir.join("m")).unwrap();
    let ran = succeed(dir, &[&train[..], &["--folds", "3", "--time", "when"]].concat());
    assert!(ran.err.contains("the dates of column \"when\" are the order of the rows"), "{}", ran.err);
    let shown = succeed(dir, &["inspect", "m", "--json"]).json();
    assert_eq!(shown["features"], serde_json::json!(["x"]));
}

#[test]
fn dates_are_read_once_as_days_since_1970_and_are_no_target() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir, "t.csv", 59, |y, m, d| format!("{d}/{m}/{y}"));
    let once = ["train", "t.csv", "--target", "y", "--model", "ols", "--one-pass", "-o", "m"];
    succeed(dir, &[&once[..], &["--columns", "when:date=dmy,y:number"]].concat());
    assert_eq!(predictions(dir, "m", "02/01/2022\n2022-01-03"), [2.5, 4.5]);
    let ran = run(dir, &[&once[..8], &["no", "--columns", "when:date=ydm,y:number"]].concat());
    assert!(ran.code == 2 && ran.err.contains("day:date=dmy"), "{}", ran.err);
    for model in ["mlp", "linear"] {
        let ran = run(dir, &["train", "t.csv", "--target", "when", "--model", model, "-o", "no"]);
        let wanted = "the target \"when\" holds dates, which cannot be predicted";
        assert!(ran.code == 1 && ran.err.contains(wanted), "{model}: {}", ran.err);
    }
}
