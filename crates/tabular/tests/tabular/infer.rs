//! How the kind of a column is told from its cells.

use planish_tabular::{ColumnGuess, Kind};

fn guess(cells: &[&str]) -> ColumnGuess {
    let mut g = ColumnGuess::default();
    cells.iter().enumerate().for_each(|(i, c)| g.see(c, i as u64 + 2));
    g
}

#[test]
fn numbers_are_told_from_text() {
    assert_eq!(guess(&["1", ".5", "1e3", "-2"]).kind(), Kind::Number);
    assert_eq!(guess(&["1", "inf"]).kind(), Kind::Number);
    assert_eq!(guess(&["nan", "inf"]).kind(), Kind::Category);
    assert_eq!(guess(&["1", "x"]).kind(), Kind::Category);
    assert_eq!(guess(&[]).kind(), Kind::Number);
    let mut cells = vec!["1"; 20];
    cells.push("12a");
    assert_eq!(guess(&cells).suspicious_text(), Some((22, "12a")));
}
