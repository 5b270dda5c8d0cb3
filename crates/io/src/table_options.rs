//! How to read a table: which columns, and what cannot be seen in its bytes for sure.

use planish_tabular::Schema;

/// How to read a table.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TableOptions {
    /// The columns to read, which must be there; others are ignored. Without them all are read, and their kinds found by a first pass.
    pub columns: Option<Schema>,
    /// The character between the fields of a CSV file; found in the first line if absent (comma, semicolon, tab or bar).
    pub delimiter: Option<u8>,
    /// Whether a CSV file has a header.
    pub header: Header,
}

/// Whether the first row holds the columns' names.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Header {
    /// It does unless one of its cells is a number.
    #[default]
    Auto,
    /// It does.
    Yes,
    /// It does not: columns are named `column_1`, `column_2` …
    No,
}

impl Header {
    /// Each with its name and a line about it.
    pub const CHOICES: &'static [(&'static str, Header, &'static str)] = &[
        ("auto", Header::Auto, "A first row without any number is the header"),
        ("yes", Header::Yes, "The first row is the header"),
        ("no", Header::No, "There is no header: columns are named column_1, column_2 …"),
    ];
}

impl TableOptions {
    /// For a table of which these columns are read.
    #[must_use]
    pub fn with_columns(self, columns: Schema) -> TableOptions {
        TableOptions { columns: Some(columns), ..self }
    }
}
