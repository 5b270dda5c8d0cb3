//! How to read a table: which columns, and what cannot be seen in its bytes for sure.

use crate::others::OtherColumns;
use encoding_rs::Encoding;
use planish_tabular::{DateOrder, DecimalMark, Schema};
use planish_tensor::Exec;

/// How to read a table.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TableOptions {
    /// The columns to read, which must be there; others are ignored. Without them all are read, and their kinds found by a first pass.
    pub columns: Option<Schema>,
    /// Columns to read beside those.
    pub others: OtherColumns,
    /// The character between the fields of a CSV file; found in the first line if absent (comma, semicolon, tab or bar).
    pub delimiter: Option<u8>,
    /// Whether a CSV file has a header.
    pub header: Header,
    /// Kinds of columns that are told rather than found.
    pub kinds: Vec<(String, WishedKind)>,
    /// Texts that stand for a missing value, beside the usual ones.
    pub na: Vec<String>,
    /// The mark before the decimals of all numbers; found for each column if absent.
    pub decimal: Option<DecimalMark>,
    /// Lines at the start of a text that are no part of the table.
    pub skip: u64,
    /// The character that begins lines which are no part of it either.
    pub comment: Option<u8>,
    /// Columns that will not be used, whatever they hold.
    pub unused: Vec<String>,
    /// Bytes of memory for the columns of a table whose kinds are to be found; what is more goes to a temporary file. Half of the machine's
    /// if absent.
    pub memory: Option<u64>,
    /// Only the nearest `f64` of a decimal is needed, as networks do.
    pub without_rests: bool,
    /// How to run; one thread if absent.
    pub exec: Option<Exec>,
    /// The encoding of text that is not UTF-8 and does not begin with a mark that tells it.
    pub encoding: Option<TextEncoding>,
    /// The sheet of a workbook, by name or number from 1; the first if absent.
    pub sheet: Option<String>,
}

/// The kind of a column that is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WishedKind {
    /// Numbers, with signs or without.
    Number,
    /// Categories, whatever the texts look like.
    Category,
    /// Dates; the order of day and month is found if it is not told.
    Date(Option<DateOrder>),
}

impl WishedKind {
    /// The kinds by name.
    pub const CHOICES: [(&'static str, WishedKind); 6] = [
        ("number", WishedKind::Number),
        ("category", WishedKind::Category),
        ("date", WishedKind::Date(None)),
        ("date-ymd", WishedKind::Date(Some(DateOrder::Ymd))),
        ("date-dmy", WishedKind::Date(Some(DateOrder::Dmy))),
        ("date-mdy", WishedKind::Date(Some(DateOrder::Mdy))),
    ];
}

/// An encoding of text, by a name such as `windows-1252`, `latin1`, `utf-16le` or `shift_jis` (those of the WHATWG's standard).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TextEncoding(pub(crate) &'static Encoding);

impl std::str::FromStr for TextEncoding {
    type Err = String;

    fn from_str(name: &str) -> Result<TextEncoding, String> {
        let unknown = || {
            "no encoding of this name; such as windows-1252, latin1, utf-8, utf-16le, shift_jis".to_owned()
        };
        Encoding::for_label_no_replacement(name.as_bytes()).map(TextEncoding).ok_or_else(unknown)
    }
}

/// Whether the first row holds the columns' names.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Header {
    /// It does unless one of its cells is a number; consecutive years beside a text are names, too.
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
    /// Whether a column of this name is read; a format by columns leaves others unread.
    pub(crate) fn uses(&self, name: &str) -> bool {
        let is_asked = |schema: &Schema| schema.columns.iter().any(|column| column.name == name);
        self.columns.as_ref().is_none_or(is_asked) && !self.unused.iter().any(|unused| unused == name)
    }

    /// For a table of which these columns are read.
    #[must_use]
    pub fn with_columns(self, columns: Schema) -> TableOptions {
        TableOptions { columns: Some(columns), ..self }
    }
}
