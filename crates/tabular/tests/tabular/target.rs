//! Tasks, classes and labels.

use planish_tabular::{Kind, Label, Schema, Table, Target, Task};

fn numbers(values: &[f64]) -> Table {
    let mut t = Table::new(Schema::new([("y", Kind::Number)]));
    for &v in values {
        t.push_number(0, Some(v));
        t.end_row(0);
    }
    t
}

#[test]
fn the_task_follows_from_the_target() {
    let zeros_and_ones: Vec<f64> = (0..40).map(|i| f64::from(i % 2)).collect();
    assert_eq!(Task::infer(numbers(&zeros_and_ones).column_at(0)), Task::Classify);
    assert_eq!(Task::infer(numbers(&[1.0, 2.0, 3.0]).column_at(0)), Task::Regress);
    assert_eq!(Task::infer(numbers(&[0.5; 30]).column_at(0)), Task::Regress);
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
