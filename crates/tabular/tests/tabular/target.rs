//! Tasks, classes and labels.

use planish_tabular::{DateOrder, Kind, Label, Schema, Table, Target, Task};

fn numbers(values: &[f64]) -> Table {
    let mut t = Table::new(Schema::new([("y", Kind::Number)]));
    for &v in values {
        t.push_number(0, Some(v));
        t.end_row(0);
    }
    t
}

fn texts<'a>(values: impl IntoIterator<Item = &'a str>) -> Table {
    let mut t = Table::new(Schema::new([("y", Kind::Category)]));
    for (i, text) in values.into_iter().enumerate() {
        t.push_text(0, Some(text).filter(|text| !text.is_empty()));
        t.end_row(i as u64 + 2);
    }
    t
}

#[test]
fn texts_and_two_different_numbers_are_classes_and_all_else_is_a_number() {
    let task = |values: &[f64]| Task::infer(&numbers(values), "y").unwrap();
    assert_eq!(task(&[0.0, 1.0, 1.0, 0.0]), Task::Classify);
    assert_eq!(task(&[2.5, 1.0, f64::NAN, 1.0, 2.5]), Task::Classify);
    assert_eq!(task(&[0.0, -0.0, 1.0, 1.0]), Task::Classify);
    assert_eq!(task(&[1.0, 2.0, 3.0].repeat(1000)), Task::Regress);
    assert_eq!(task(&[0.5; 30]), Task::Regress);
    assert_eq!(Task::infer(&texts(["a", "", "b", "a", "b"]), "y"), Ok(Task::Classify));
    assert!(Task::infer(&texts(["a"]), "z").unwrap_err().to_string().contains("no column \"z\""));
}

#[test]
fn dates_are_no_target() {
    let mut t = Table::new(Schema::new([("y", Kind::Date(DateOrder::Ymd))]));
    t.push_cell(0, "2024-01-31").unwrap();
    t.end_row(2);
    let refused = Task::infer(&t, "y").unwrap_err().to_string();
    assert!(refused.starts_with("the target \"y\" holds dates, which cannot be predicted"), "{refused}");
}

#[test]
fn what_is_hardly_a_class_is_refused_until_somebody_insists() {
    let refused = |t: &Table| Task::infer(t, "y").unwrap_err().to_string();
    let names: Vec<String> = (0..101).map(|i| format!("n{i}")).collect();
    let repeated =
        |n: usize, times: usize| texts(names[..n].iter().map(String::as_str).cycle().take(n * times));
    assert_eq!(Task::infer(&repeated(100, 2), "y"), Ok(Task::Classify));
    let why = "is it an identifier or free text? --task classify takes them for classes all the same; for a number give --task regress, and --kind y:number where it is read as text";
    assert_eq!(
        refused(&repeated(101, 9)),
        format!("the target \"y\" has more than 100 different values: {why}")
    );
    assert_eq!(
        refused(&texts(["a", "b", "c", "a", "b"])),
        format!("the target \"y\" has 3 different values in 5 rows: {why}")
    );
    assert!(refused(&numbers(&[1.0, 2.0])).contains("2 different values in 2 rows"));
    let rows: Vec<u32> = (0..101).collect();
    assert_eq!(Target::fit(&repeated(101, 1), "y", Task::Classify, &rows).unwrap().classes().len(), 101);
}

#[test]
fn the_first_text_among_numbers_is_named_wherever_it_stands() {
    let mut values: Vec<String> = (0..300).map(|i| i.to_string()).collect();
    let refused = |values: &[String]| {
        Task::infer(&texts(values.iter().map(String::as_str)), "y").unwrap_err().to_string()
    };
    assert!(refused(&values).contains("more than 100"), "numbers that are read as text are no typing error");
    values[250] = "2so".to_owned();
    values[260] = "2xo".to_owned();
    assert_eq!(
        refused(&values),
        "line 252: the target \"y\" holds numbers, and here \"2so\": correct it; --task classify takes all of them for classes"
    );
}

#[test]
fn numeric_classes_are_sorted_as_numbers_and_matched_in_any_notation() {
    let t = numbers(&[10.0, 2.0, 2.0]);
    let target = Target::fit(&t, "y", Task::Classify, &[0, 1, 2]).unwrap();
    assert_eq!(target.classes(), ["2", "10"]);
    let mut text = Table::new(Schema::new([("y", Kind::Category)]));
    text.push_text(0, Some("2.0"));
    text.end_row(5);
    text.push_text(0, Some("3"));
    text.end_row(6);
    assert_eq!(target.labels(&text.select(&[0])).unwrap(), [Some(Label::Class(0))]);
    assert_eq!(
        target.labels(&text).unwrap_err().to_string(),
        r#"line 6: unknown label "3" in target column "y": the model knows 2, 10"#
    );
}

#[test]
fn text_classes_that_look_alike_as_numbers_stay_apart() {
    let mut t = Table::new(Schema::new([("y", Kind::Category)]));
    for y in ["01", "1", "b"] {
        t.push_text(0, Some(y));
        t.end_row(0);
    }
    let target = Target::fit(&t, "y", Task::Classify, &[0, 1, 2]).unwrap();
    assert_eq!(target.labels(&t).unwrap(), [0, 1, 2].map(|c| Some(Label::Class(c))));
    let zeros = numbers(&[0.0, -0.0, 1.0]);
    assert_eq!(Target::fit(&zeros, "y", Task::Classify, &[0, 1, 2]).unwrap().classes(), ["0", "1"]);
}

#[test]
fn targets_of_any_size_have_a_finite_scale() {
    for scale in [1e300, 1e160, 1e-163] {
        let t = numbers(&[scale, 2.0 * scale, 3.0 * scale]);
        let Target::Number { mean, sd, .. } = Target::fit(&t, "y", Task::Regress, &[0, 1, 2]).unwrap() else {
            panic!()
        };
        assert!((mean / scale - 2.0).abs() < 1e-12 && (sd / scale - (2.0_f64 / 3.0).sqrt()).abs() < 1e-12);
    }
    let t = numbers(&[1e-320, 2e-320]);
    assert!(Target::fit(&t, "y", Task::Regress, &[0, 1]).is_err());
}

#[test]
fn a_constant_target_is_refused() {
    let t = numbers(&[7.0; 4]);
    for task in [Task::Classify, Task::Regress] {
        let e = Target::fit(&t, "y", task, &[0, 1, 2, 3]).unwrap_err().to_string();
        assert_eq!(e, r#"the target "y" is constant (7) in the training rows: there is nothing to learn"#);
    }
}
