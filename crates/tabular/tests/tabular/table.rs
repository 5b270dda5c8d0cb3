//! What a table keeps of its cells, and says of wrong ones.

use planish_tabular::{Kind, Schema, Table};
use planish_tensor::Dd;

#[test]
fn the_rest_of_a_decimal_is_kept_where_there_is_one() {
    let mut t = Table::new(Schema::new([("x", Kind::Number)]));
    for x in [Some("2"), Some("0.1"), None] {
        t.push_decimal(0, x.and_then(Dd::parse_decimal));
        t.end_row(7);
    }
    let c = t.numbers("x").unwrap();
    assert_eq!(c.at(0), Some(Dd::from(2.0)));
    assert_eq!(c.at(1), Dd::parse_decimal("0.1"));
    assert_eq!(c.at(2), None);
    let picked = t.select(&[1]);
    assert_eq!(picked.numbers("x").unwrap().at(0), Dd::parse_decimal("0.1"));
    t.clear();
    assert_eq!(t.rows(), 0);
}

#[test]
fn text_where_numbers_are_expected_is_named_with_its_line() {
    let mut t = Table::new(Schema::new([("x", Kind::Category)]));
    for (line, x) in [(2, "1"), (3, "many")] {
        t.push_text(0, Some(x));
        t.end_row(line);
    }
    assert_eq!(
        t.numbers("x").unwrap_err().to_string(),
        r#"column "x" must hold numbers, found "many" in line 3"#
    );
}
