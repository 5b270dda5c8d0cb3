//! How to read a table, an option of many commands.

use super::settings::one_of;
use super::values;
use clap::Args;
use planish_io::{Header, TableOptions};

/// How to read a table.
#[derive(Args)]
pub(crate) struct TableArgs {
    /// Character between fields, or "tab"; found in the first line if not given
    #[arg(long, value_name = "CHAR", value_parser = values::delimiter)]
    delimiter: Option<u8>,
    /// Whether the first row holds the columns' names
    #[arg(long, default_value = "auto", value_parser = one_of(Header::CHOICES))]
    header: Header,
}

impl TableArgs {
    pub(crate) fn options(&self) -> TableOptions {
        TableOptions { delimiter: self.delimiter, header: self.header, columns: None }
    }
}
