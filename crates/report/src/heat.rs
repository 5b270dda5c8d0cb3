//! A confusion matrix as a table whose cells are the darker the larger their share of the row. A table, not a picture: its numbers can be
//! read, copied and heard.

use crate::text::{escape, shortened};
use std::fmt::Write;

/// The most letters of a class's name in a head.
const NAME: usize = 18;

/// Rows by true class and predicted class.
#[derive(Clone, Debug)]
pub struct Heat {
    /// The names of the classes.
    pub classes: Vec<String>,
    /// A row a true class, in it a cell a predicted class: the count as text, and its share of the row.
    pub cells: Vec<Vec<(String, f64)>>,
}

impl Heat {
    pub(crate) fn html(&self) -> String {
        let head = |name: &String| format!("<th scope=\"col\">{}</th>", escape(&shortened(name, NAME)));
        let heads: String = self.classes.iter().map(head).collect();
        let mut out = format!(
            "<p class=\"caption\">Rows of a true class (down) that were taken for a class (across), and their share of the true class.</p><div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Confusion matrix\"><table class=\"heat\"><thead><tr><th scope=\"col\">true \\ predicted</th>{heads}</tr></thead><tbody>"
        );
        for (truth, row) in self.cells.iter().enumerate() {
            let _ =
                write!(out, "<tr><th scope=\"row\">{}</th>", escape(&shortened(&self.classes[truth], NAME)));
            for (predicted, (text, share)) in row.iter().enumerate() {
                let class = if predicted == truth { "right" } else { "wrong" };
                let _ = write!(
                    out,
                    "<td class=\"{class}\" style=\"--share:{share:.3}\">{}<small>{:.1} %</small></td>",
                    escape(text),
                    100.0 * share
                );
            }
            out += "</tr>";
        }
        out + "</tbody></table></div>"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_has_its_count_and_share_and_names_are_escaped() {
        let cells = vec![vec![("3".to_owned(), 0.75), ("1".to_owned(), 0.25)]];
        let html = Heat { classes: vec!["<50K".to_owned(), ">50K".to_owned()], cells }.html();
        assert!(
            html.contains("<td class=\"wrong\" style=\"--share:0.250\">1<small>25.0 %</small></td>"),
            "{html}"
        );
        assert!(
            html.contains("<th scope=\"col\">&gt;50K</th>")
                && html.contains("<th scope=\"row\">&lt;50K</th>")
        );
    }
}
