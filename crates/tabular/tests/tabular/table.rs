//! What a table keeps of its cells, and says of wrong ones.

use planish_tabular::{DateOrder, DecimalMark, Kind, Schema, Table};
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

#[test]
fn cells_of_dates_and_formatted_numbers_are_kept_as_numbers() {
    let schema = [("n", Kind::Formatted(DecimalMark::Comma)), ("d", Kind::Date(DateOrder::Dmy))];
    let mut t = Table::new(Schema::new(schema));
    for (n, d) in [("1.340,56", "02/01/1970"), ("NA", ""), ("7", "1970-01-01T00:00:01")] {
        t.push_cell(0, n).unwrap();
        t.push_cell(1, d).unwrap();
        t.end_row(0);
    }
    let numbers = |name| (0..3).map(|i| t.numbers(name).unwrap().at(i)).collect::<Vec<_>>();
    assert_eq!(numbers("n"), [Dd::parse_decimal("1340.56"), None, Some(Dd::from(7.0))]);
    assert_eq!(numbers("d"), [Some(Dd::from(86_400.0)), None, Some(Dd::ONE)]);
    assert_eq!(t.push_cell(0, "1.5"), Err("number"));
    assert_eq!(t.push_cell(1, "01/13/1970"), Err("date such as 31/01/2024"));
}
