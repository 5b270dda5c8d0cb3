//! How to read a table, options of many commands.

use super::settings::one_of;
use super::values;
use clap::Args;
use planish_io::{Header, TableOptions, TextEncoding, WishedKind};
use planish_tabular::DecimalMark;
use planish_tensor::Exec;

/// How to read a table.
#[derive(Args)]
pub(crate) struct TableArgs {
    /// Character between fields, or "tab"; found in the first line if not given
    #[arg(long, value_name = "CHAR", value_parser = values::delimiter)]
    delimiter: Option<u8>,
    /// Whether the first row holds the columns' names
    #[arg(long, default_value = "auto", value_parser = one_of(Header::CHOICES))]
    header: Header,
    /// Lines at the start of the file that are no part of the table
    #[arg(long, value_name = "N", default_value_t = 0)]
    skip: u64,
    /// Character that begins a line which is a comment
    #[arg(long, value_name = "CHAR", value_parser = values::comment)]
    comment: Option<u8>,
    /// Encoding of text that is not UTF-8, such as windows-1252 or latin1
    #[arg(long, value_name = "NAME")]
    encoding: Option<TextEncoding>,
    /// Sheet of a workbook, by name or number; the first if not given
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
}

/// How to find the kinds of a table's columns.
#[derive(Args)]
pub(crate) struct KindArgs {
    /// Kinds of columns that are not to be found: number, category, date, date-dmy, date-mdy, date-ymd
    #[arg(long, value_name = "COL:KIND,…", value_parser = values::kinds)]
    kind: Vec<Vec<(String, WishedKind)>>,
    /// Texts that stand for a missing value, beside NA, N/A, null, None, NaN, ?, -, . and nothing
    #[arg(long, value_name = "TEXT,…", value_parser = values::names, allow_hyphen_values = true)]
    na: Vec<Vec<String>>,
    /// Mark before the decimals of all numbers, . or ,; found for each column if not given
    #[arg(long, value_name = "CHAR", value_parser = values::decimal)]
    decimal: Option<DecimalMark>,
    /// Mark between the thousands of all numbers, . or ,
    #[arg(long, value_name = "CHAR", value_parser = values::thousands, conflicts_with = "decimal")]
    thousands: Option<DecimalMark>,
    /// Most memory for the table's columns, such as 500M or 4G; what is more goes to a temporary file; half of the machine's if not given
    #[arg(long, value_name = "BYTES", value_parser = values::bytes)]
    memory: Option<u64>,
}

impl TableArgs {
    pub(crate) fn options(&self, exec: Exec) -> TableOptions {
        TableOptions {
            delimiter: self.delimiter,
            header: self.header,
            skip: self.skip,
            comment: self.comment,
            encoding: self.encoding,
            sheet: self.sheet.clone(),
            exec: Some(exec),
            ..TableOptions::default()
        }
    }
}

impl KindArgs {
    /// Adds these to the options of a table.
    pub(crate) fn add_to(&self, options: TableOptions) -> TableOptions {
        TableOptions {
            kinds: self.kind.concat(),
            na: self.na.concat(),
            decimal: self.decimal.or(self.thousands),
            memory: self.memory,
            ..options
        }
    }

    /// Texts that stand for a missing value, beside the usual ones.
    pub(crate) fn na(&self) -> Vec<String> {
        self.na.concat()
    }
}
