//! What is said of names that are not there.

use planish_tabular::{DateOrder, DecimalMark, Kind, Schema};

#[test]
fn an_unknown_name_suggests_the_nearest() {
    let schema = Schema::new([("median_house_value", Kind::Number), ("age", Kind::Number)]);
    let say = |name| schema.position(name).unwrap_err().to_string();
    assert_eq!(
        say("median_house_vale"),
        r#"there is no column "median_house_vale"; did you mean "median_house_value"?"#
    );
    assert_eq!(say("Age"), r#"there is no column "Age"; did you mean "age"?"#);
    assert_eq!(say("weight"), r#"there is no column "weight"; the columns are median_house_value, age"#);
}

#[test]
fn kinds_are_stored_as_before_and_the_new_ones_with_their_facts() {
    for (kind, stored, name) in [
        (Kind::Number, r#""number""#, "number"),
        (Kind::Category, r#""category""#, "category"),
        (Kind::Formatted(DecimalMark::Comma), r#"{"formatted":"comma"}"#, "number"),
        (Kind::Date(DateOrder::Dmy), r#"{"date":"dmy"}"#, "date"),
    ] {
        assert_eq!(serde_json::to_string(&kind).unwrap(), stored);
        assert_eq!(serde_json::from_str::<Kind>(stored).unwrap(), kind);
        assert_eq!(kind.name(), name);
    }
}
