//! What both pipelines make of dates.

use planish_tabular::date::parse_date;
use planish_tabular::{
    CellProfile, DateOrder, Design, DesignBuilder, Encoder, Formula, Kind, Notes, Rows, Schema, Table,
};
use planish_tensor::dd::DdVec;

const DAY: f64 = 86_400.0;

fn seconds(text: &str) -> f64 {
    parse_date(text, DateOrder::Ymd).unwrap()
}

/// A table of a column of dates and a target.
fn table<'t>(dates: impl IntoIterator<Item = &'t str>) -> Table {
    let mut t = Table::new(Schema::new([("when", Kind::Date(DateOrder::Ymd)), ("y", Kind::Number)]));
    for date in dates {
        t.push_cell(0, date).unwrap();
        t.push_number(1, Some(1.0));
        t.end_row(0);
    }
    t
}

/// Days from this one on, every so many.
fn days(first: &str, n: usize, step: usize) -> Vec<String> {
    let from = seconds(first);
    (0..n).map(|i| planish_tabular::calendar::text(from + (i * step) as f64 * DAY)).collect()
}

fn of(texts: &[String]) -> impl Iterator<Item = &str> {
    texts.iter().map(String::as_str)
}

fn builder(t: &Table) -> DesignBuilder {
    let mut builder = DesignBuilder::new(t.schema(), "y", &[]);
    builder.push_rows(t, Rows::Between(0, t.rows()));
    builder
}

fn fit(t: &Table) -> Design {
    builder(t).finish().unwrap()
}

fn terms(design: &Design, t: &Table, notes: &mut Notes) -> Vec<Vec<f64>> {
    let mut terms = vec![DdVec::zeros(t.rows()); design.width()];
    let bound = design.bind(t).unwrap();
    bound.write_rows(Rows::Between(0, t.rows()), 0, &mut terms, notes);
    (0..t.rows()).map(|row| terms.iter().map(|term| term.hi[row]).collect()).collect()
}

#[test]
fn a_short_span_of_dates_is_days_since_the_first_for_a_linear_model() {
    let t = table(["2024-01-03", "2024-01-01T12:00", "", "2024-01-08"]);
    let design = fit(&t);
    assert_eq!(design.names(), ["when", "when[missing]"]);
    let mut notes = Notes::default();
    let mean = (2.0 + 0.5 + 7.0) / 3.0;
    assert_eq!(terms(&design, &t, &mut notes), [[2.0, 0.0], [0.5, 0.0], [mean, 1.0], [7.0, 0.0]]);
    assert_eq!(notes.imputed["when"], 1);
    assert_eq!(terms(&design, &table(["2023-12-31"]), &mut notes), [[-1.0, 0.0]]);
    assert_eq!(builder(&t).notes().imputed["when"], 1);
}

#[test]
fn three_weeks_of_days_have_weekdays_and_no_months() {
    // 2024-01-01 is a Monday.
    let texts = days("2024-01-01", 20, 1);
    let workdays: Vec<String> =
        texts.into_iter().enumerate().filter(|(i, _)| i % 7 < 5).map(|(_, t)| t).collect();
    let design = fit(&table(of(&workdays)));
    let names = ["when", "when[weekday=Tue]", "when[weekday=Wed]", "when[weekday=Thu]", "when[weekday=Fri]"];
    assert_eq!(design.names(), names);
    let mut notes = Notes::default();
    let rows = terms(&design, &table(["2024-01-01", "2024-01-11", "2024-01-13", ""]), &mut notes);
    assert_eq!(rows[0], [0.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(rows[1], [10.0, 0.0, 0.0, 1.0, 0.0]);
    // A Saturday was not seen: the average training row, as when the date is missing.
    assert_eq!(rows[2], [12.0, 0.2, 0.2, 0.2, 0.2]);
    assert_eq!(rows[3][1..], [0.2, 0.2, 0.2, 0.2]);
    assert_eq!((notes.unknown["when"], notes.imputed["when"]), (1, 1));
}

#[test]
fn two_years_of_months_have_months_and_no_weekdays() {
    let months = |n: i32| -> Vec<String> {
        (0..n).map(|i| format!("{}-{:02}-01", 2022 + i / 12, i % 12 + 1)).collect()
    };
    assert_eq!(fit(&table(of(&months(23)))).names(), ["when"]);
    let design = fit(&table(of(&months(24))));
    let mut names = vec!["when".to_owned()];
    names.extend((2..=12).map(|m| format!("when[month={m:02}]")));
    assert_eq!(design.names(), names);
    let rows = terms(&design, &table(["2024-03-15"]), &mut Notes::default());
    let mut expected = vec![0.0; 12];
    (expected[0], expected[2]) = (804.0, 1.0);
    assert_eq!(rows, [expected]);
    // The ends of months have no weekdays either.
    let ends: Vec<String> =
        months(24).iter().map(|t| planish_tabular::calendar::text(seconds(t) - DAY)).collect();
    assert_eq!(fit(&table(of(&ends))).width(), 12);
    // Years have neither.
    assert_eq!(
        fit(&table(
            (1990..2020).map(|y| y.to_string() + "-01-01").collect::<Vec<_>>().iter().map(String::as_str)
        ))
        .names(),
        ["when"]
    );
}

#[test]
fn powers_and_products_of_a_date_are_of_its_days_and_models_without_an_intercept_have_all_months() {
    let mut t = Table::new(Schema::new([
        ("when", Kind::Date(DateOrder::Ymd)),
        ("x", Kind::Number),
        ("y", Kind::Number),
    ]));
    for (date, x) in [("2024-01-01", 5.0), ("2024-01-03", 7.0)] {
        t.push_cell(0, date).unwrap();
        t.push_number(1, Some(x));
        t.push_number(2, Some(1.0));
        t.end_row(0);
    }
    let formula = Formula {
        powers: vec![("when".to_owned(), 2)],
        interactions: vec![("when".to_owned(), "x".to_owned())],
    };
    let mut builder = DesignBuilder::new(t.schema(), "y", &[]).with_formula(&formula).unwrap();
    builder.push_rows(&t, Rows::Between(0, 2));
    let design = builder.finish().unwrap();
    assert_eq!(design.names(), ["when", "when^2", "x", "when:x"]);
    assert_eq!(terms(&design, &t, &mut Notes::default())[1], [2.0, 4.0, 7.0, 14.0]);

    let texts = days("2022-01-01", 800, 10);
    let bare = table(of(&texts));
    let mut builder = DesignBuilder::new(bare.schema(), "y", &[]).with_intercept(false);
    builder.push_rows(&bare, Rows::Between(0, bare.rows()));
    let design = builder.finish().unwrap();
    assert_eq!(design.names()[1..3], ["when[month=01]", "when[month=02]"]);
    assert_eq!(design.width(), 1 + 12 + 6);
}

#[test]
fn rows_that_are_read_once_have_days_since_1970_alone() {
    let texts = days("2022-01-01", 800, 1);
    let t = table(of(&texts));
    let mut builder = DesignBuilder::new(t.schema(), "y", &[]).unseen();
    let declared = builder.declared().unwrap();
    builder.push_rows(&t, Rows::Between(0, t.rows()));
    let design = builder.finish().unwrap();
    assert_eq!((declared.names(), design.names()), (vec!["when".to_owned()], vec!["when".to_owned()]));
    let days = |d: &Design| terms(d, &table(["1970-01-31"]), &mut Notes::default());
    assert_eq!((days(&declared), days(&design)), (vec![vec![30.0]], vec![vec![30.0]]));
}

#[test]
fn a_network_sees_days_the_year_and_the_cycles_that_vary() {
    let t = table(["2023-01-02", "2024-01-01T18:00", "", "2024-07-01T06:00"]);
    let encoder = Encoder::fit(&t, &[0, 1, 2, 3], &["y"]).unwrap();
    let names = [
        "when",
        "when[year]",
        "when[month sin]",
        "when[month cos]",
        "when[day of year sin]",
        "when[day of year cos]",
        "when[hour sin]",
        "when[hour cos]",
        "when[missing]",
    ];
    assert_eq!(encoder.names(), names);
    let mut notes = Notes::default();
    let x = encoder.encode(&t, &mut notes).unwrap().numbers;
    assert_eq!(notes.imputed["when"], 1);
    assert_eq!(x.row(2), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    // January has gone none of the year, July half of it; six is a quarter of the day, eighteen three.
    assert_eq!((x.row(0)[2], x.row(0)[3]), (0.0, 1.0));
    assert_eq!((x.row(3)[2].abs() < 1e-7, x.row(3)[3]), (true, -1.0));
    assert_eq!((x.row(1)[6], x.row(3)[6]), (-1.0, 1.0));
    assert_eq!(x.row(1)[1], x.row(3)[1]);
    assert_eq!(x.row(0)[1] + 2.0 * x.row(1)[1], 0.0);
    let sum: f32 = (0..4).map(|i| x.row(i)[0]).sum();
    assert!(sum.abs() < 1e-6, "{sum}");
}

#[test]
fn a_network_sees_no_cycle_that_does_not_vary() {
    let names = |texts: &[&str]| {
        let t = table(texts.iter().copied());
        let rows: Vec<u32> = (0..t.rows() as u32).collect();
        Encoder::fit(&t, &rows, &["y"]).unwrap().names()
    };
    assert_eq!(names(&["2024-01-01", "2024-01-01"]), ["when"]);
    let days =
        ["when", "when[weekday sin]", "when[weekday cos]", "when[day of year sin]", "when[day of year cos]"];
    assert_eq!(names(&["2024-01-01", "2024-01-02"]), days);
    assert_eq!(names(&["2023-01-01", "2024-01-01"]), ["when", "when[year]"]);
}

#[test]
fn a_profile_of_dates_has_their_kind_and_their_seconds() {
    let t = table(["2024-01-01", "2024-01-03"]);
    let (first, last) = (seconds("2024-01-01"), seconds("2024-01-03"));
    let encoder = Encoder::fit(&t, &[0, 1], &["y"]).unwrap();
    let design = fit(&t);
    for profiles in [encoder.profiles(), design.profiles()] {
        assert_eq!(profiles.len(), 1);
        let CellProfile::Number { kind, typical, range, bins } = profiles[0].cells else { panic!("dates") };
        assert_eq!((kind, range), (Kind::Date(DateOrder::Ymd), Some([first, last])));
        assert_eq!(typical, seconds("2024-01-02"));
        assert_eq!(bins.unwrap().place(Some(last)), 1);
    }
    let texts = days("2022-01-01", 800, 1);
    let long = fit(&table(of(&texts)));
    assert_eq!(long.profiles().len(), 1);
}

#[test]
fn pipelines_with_dates_and_formatted_numbers_are_stored_and_checked() {
    let texts = days("2022-01-01", 800, 1);
    let t = table(of(&texts));
    let design = fit(&t);
    let text = serde_json::to_string(&design).unwrap();
    let read: Design = serde_json::from_str(&text).unwrap();
    assert_eq!((read.validate(), &read), (Ok(()), &design));
    let wrong: Design = serde_json::from_str(&text.replace("weekday=Tue", "weekday=Tag")).unwrap();
    assert!(wrong.validate().is_err());
    let rows: Vec<u32> = (0..t.rows() as u32).collect();
    let encoder = Encoder::fit(&t, &rows, &["y"]).unwrap();
    let text = serde_json::to_string(&encoder).unwrap();
    let read: Encoder = serde_json::from_str(&text).unwrap();
    assert_eq!((read.validate(), &read), (Ok(()), &encoder));
    let day = text.find("\"days\":[").unwrap();
    let end = day + text[day..].find(']').unwrap();
    let wrong = format!("{}\"days\":[0,0{}", &text[..day], &text[end..]);
    assert!(serde_json::from_str::<Encoder>(&wrong).unwrap().validate().is_err());
}

#[test]
fn a_pipeline_of_numbers_is_stored_without_their_kind() {
    let mut t = Table::new(Schema::new([("x", Kind::Number), ("y", Kind::Number)]));
    for x in [1.0, 2.0] {
        t.push_number(0, Some(x));
        t.push_number(1, Some(x));
        t.end_row(0);
    }
    let design = serde_json::to_string(&fit(&t)).unwrap();
    let encoder = serde_json::to_string(&Encoder::fit(&t, &[0, 1], &["y"]).unwrap()).unwrap();
    for stored in [design, encoder] {
        assert!(
            !stored.contains("kind") && !stored.contains("since") && !stored.contains("season"),
            "{stored}"
        );
    }
}
