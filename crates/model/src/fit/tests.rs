//! Models of tables with dates and formatted numbers, from the fit to predictions of other rows.

use super::{fit_linear, fit_linear_once, fit_network};
use crate::linear_settings::LinearSettings;
use crate::model::Model;
use crate::network_settings::NetworkSettings;
use crate::predict::Predictions;
use planish_tabular::{DateOrder, DecimalMark, Kind, Notes, Schema, Table, TableSource, calendar, date};
use planish_tensor::{Exec, Isa};
use planish_train::FitOptions;
use std::collections::BTreeMap;

const KINDS: [(&str, Kind); 2] =
    [("when", Kind::Date(DateOrder::Dmy)), ("y", Kind::Formatted(DecimalMark::Point))];

/// Days of 2022 and 2023, and a target that rises with them and jumps in March.
fn table() -> Table {
    let mut t = Table::new(Schema::new(KINDS));
    let first = date::parse_date("2022-01-01", DateOrder::Ymd).unwrap();
    for day in 0..730 {
        let text = calendar::text(first + f64::from(day) * calendar::DAY);
        let (year, month, of_month) = (&text[..4], &text[5..7], &text[8..]);
        t.push_cell(0, &format!("{of_month}/{month}/{year}")).unwrap();
        let y = day + if month == "03" { 5000 } else { 1000 };
        t.push_cell(1, &format!("{},{:03}.5", y / 1000, y % 1000)).unwrap();
        t.end_row(0);
    }
    t
}

fn linear() -> Model {
    fit_linear(Exec::best(), &mut TableSource::new(&table()), &LinearSettings::new("y")).unwrap()
}

fn network() -> Model {
    let fit = FitOptions { epochs: 2, ..NetworkSettings::fit() };
    let settings = NetworkSettings { hidden: vec![4], fit, ..NetworkSettings::new("y") };
    fit_network(Exec::best(), &table(), &settings, &mut ()).unwrap()
}

/// Rows of these dates, as a file with the model's columns would give them.
fn rows(model: &Model, dates: &[&str]) -> Table {
    let mut t = Table::new(model.features());
    for date in dates {
        t.push_cell(0, date).unwrap();
        t.end_row(0);
    }
    t
}

fn numbers(model: &Model, dates: &[&str]) -> Vec<f64> {
    let exec = Exec::serial(Isa::SCALAR);
    match model.predict(exec, &rows(model, dates), &mut Notes::default()).unwrap() {
        Predictions::Numbers(y) => y,
        Predictions::Probabilities(_) => panic!("numbers"),
    }
}

#[test]
fn a_linear_model_knows_the_trend_and_the_months_of_dates() {
    let model = linear();
    let y = numbers(&model, &["02/01/2022", "01/01/2024", "01/03/2024"]);
    let rounded: Vec<f64> = y.iter().map(|y| (y * 1e6).round() / 1e6).collect();
    assert_eq!(rounded, [1001.5, 1730.5, 5790.5]);
    let names = model.linear().unwrap().design.names();
    assert_eq!((names.len(), &names[..2]), (18, &["when".to_owned(), "when[month=02]".to_owned()][..]));
}

#[test]
fn models_read_the_dates_and_the_target_as_they_were_written_in_training() {
    for model in [linear(), network()] {
        assert_eq!(model.features(), Schema::new([KINDS[0]]));
        assert_eq!(model.features_and_target(), Schema::new(KINDS));
        let same = numbers(&model, &["03/04/2023", "2023-04-03", "3 Apr 2023"]);
        assert_eq!((same[0], same[0]), (same[1], same[2]));
        let exec = Exec::best();
        let evaluation = model.evaluate(exec, &mut TableSource::new(&table())).unwrap();
        assert!(evaluation.metrics["rmse"].is_finite());
        let proof = model.prove(exec).unwrap();
        assert_eq!((proof.len(), &proof), (4, &model.prove(Exec::serial(Isa::SCALAR)).unwrap()));
        assert_eq!(model.record().written["y"], KINDS[1].1);
    }
}

#[test]
fn dates_are_neither_predicted_nor_weights() {
    let kinds = [("when", Kind::Date(DateOrder::Ymd)), ("y", Kind::Number)];
    let mut t = Table::new(Schema::new(kinds));
    for i in 0..20 {
        t.push_number(0, Some(f64::from(i) * calendar::DAY));
        t.push_number(1, Some(f64::from(i * i)));
        t.end_row(0);
    }
    let network = fit_network(Exec::best(), &t, &NetworkSettings::new("when"), &mut ());
    let refused = r#"the target "when" holds dates, which cannot be predicted: make numbers of them, such as the days from one day on"#;
    assert_eq!(network.unwrap_err().to_string(), refused);
    let linear = fit_linear(Exec::best(), &mut TableSource::new(&t), &LinearSettings::new("when"));
    assert_eq!(linear.unwrap_err().to_string(), refused);
    let settings = LinearSettings { weights: Some("when".to_owned()), ..LinearSettings::new("y") };
    let weighted = fit_linear(Exec::best(), &mut TableSource::new(&t), &settings);
    let refused = r#"column "when" holds dates, which cannot be weights of rows"#;
    assert_eq!(weighted.unwrap_err().to_string(), refused);
}

#[test]
fn one_pass_over_dates_is_a_fit_of_the_days_since_1970() {
    let t = table();
    let settings = LinearSettings::new("y");
    let once = fit_linear_once(Exec::best(), &mut TableSource::new(&t), &settings, &BTreeMap::new()).unwrap();
    assert_eq!(once.linear().unwrap().design.names(), ["when"]);
    // The same line, begun elsewhere.
    let mut days = Table::new(Schema::new([("when", Kind::Number), KINDS[1]]));
    for row in 0..t.rows() {
        days.push_number(0, t.numbers("when").unwrap().at(row).map(|x| x.hi / calendar::DAY));
        days.push_decimal(1, t.numbers("y").unwrap().at(row));
        days.end_row(0);
    }
    let plain =
        fit_linear_once(Exec::best(), &mut TableSource::new(&days), &settings, &BTreeMap::new()).unwrap();
    assert_eq!(once.coefficient_tables(), plain.coefficient_tables());
}
