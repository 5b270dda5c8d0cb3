//! What the parts of a report are put together from.

use planish_report::{Block, Section};

/// A section of blocks, unless there is none.
pub(super) fn section(title: &str, blocks: Vec<Block>) -> Option<Section> {
    (!blocks.is_empty()).then(|| Section { title: title.to_owned(), blocks })
}

/// A table from rows of cells, the first of which is the head.
pub(super) fn table(caption: &str, mut rows: Vec<Vec<String>>) -> Block {
    let head = if rows.is_empty() { Vec::new() } else { rows.remove(0) };
    Block::Table(planish_report::Table { caption: caption.to_owned(), head, rows })
}
