//! What is said of names that are not there.

use planish_tabular::{Kind, Schema};

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
