//! The document: one HTML text with its style inside, which asks nobody for anything and needs no script.
//!
//! Its policy (a `meta` element) forbids the browser every request, so that even a mistake here could make none. Colours follow the reader's
//! scheme, light or dark; printed, it is light. The text is well-formed XML but for its first line and its named `meta` elements.

use crate::chart::Chart;
use crate::forest::Forest;
use crate::heat::Heat;
use crate::text::escape;
use std::fmt::Write;

const STYLE: &str = include_str!("page.css");
/// What every report begins with.
const HEAD: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<meta name=\"color-scheme\" content=\"light dark\"/>\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\"/>\n";

/// Whether a file that begins with these bytes is a [`Report`]'s document.
pub fn is_report(head: &[u8]) -> bool {
    head.starts_with(HEAD.as_bytes())
}

/// A report.
#[derive(Clone, Debug)]
pub struct Report {
    /// The title.
    pub title: String,
    /// A line or two below it.
    pub lead: Vec<String>,
    /// The sections.
    pub sections: Vec<Section>,
    /// The last line.
    pub foot: String,
}

/// A part of the report with a heading.
#[derive(Clone, Debug)]
pub struct Section {
    /// The heading.
    pub title: String,
    /// What stands in it.
    pub blocks: Vec<Block>,
}

/// What stands in a section.
#[derive(Clone, Debug)]
pub enum Block {
    /// A paragraph.
    Text(String),
    /// Names and values.
    Facts(Vec<[String; 2]>),
    /// A table.
    Table(Table),
    /// A confusion matrix.
    Heat(Heat),
    /// Pictures, side by side where there is room.
    Figures(Vec<Figure>),
    /// What is closed until it is asked for, under these words. Printed, it is left closed.
    Closed(String, Vec<Block>),
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    /// What it holds, in a sentence.
    pub caption: String,
    /// The heads of its columns.
    pub head: Vec<String>,
    /// Its rows: the first cell to the left, the others to the right.
    pub rows: Vec<Vec<String>>,
}

/// A picture with a title, and below it what it shows.
#[derive(Clone, Debug)]
pub struct Figure {
    title: String,
    note: String,
    /// Styles and names of lines.
    legend: Vec<(String, String)>,
    picture: Picture,
}

#[derive(Clone, Debug)]
pub(crate) enum Picture {
    Chart(Chart),
    Forest(Forest),
}

impl Report {
    /// The document.
    pub fn html(&self) -> String {
        let mut out = format!(
            "{HEAD}<title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<header><h1>{}</h1>",
            escape(&self.title),
            escape(&self.title)
        );
        self.lead.iter().for_each(|line| _ = write!(out, "<p>{}</p>", escape(line)));
        out += "</header>\n<main>\n";
        let mut figures = 0;
        for section in &self.sections {
            let _ = write!(out, "<section>\n<h2>{}</h2>\n", escape(&section.title));
            section.blocks.iter().for_each(|block| block.html(&mut figures, &mut out));
            out += "</section>\n";
        }
        let _ = write!(out, "</main>\n<footer>{}</footer>\n</body>\n</html>\n", escape(&self.foot));
        out
    }
}

impl Block {
    /// Writes the block; `figures` counts the pictures of the document.
    fn html(&self, figures: &mut usize, out: &mut String) {
        match self {
            Block::Text(text) => _ = writeln!(out, "<p>{}</p>", escape(text)),
            Block::Facts(facts) => {
                *out += "<dl>\n";
                for [name, value] in facts {
                    let _ = writeln!(out, "<div><dt>{}</dt><dd>{}</dd></div>", escape(name), escape(value));
                }
                *out += "</dl>\n";
            }
            Block::Table(table) => table.html(out),
            Block::Heat(heat) => *out += &heat.html(),
            Block::Figures(all) => {
                *out += "<div class=\"figures\">\n";
                for figure in all {
                    *figures += 1;
                    *out += &figure.html(*figures);
                }
                *out += "</div>\n";
            }
            Block::Closed(words, blocks) => {
                let _ = writeln!(out, "<details><summary>{}</summary>", escape(words));
                blocks.iter().for_each(|block| block.html(figures, out));
                *out += "</details>\n";
            }
        }
    }
}

impl Table {
    fn html(&self, out: &mut String) {
        let caption = escape(&self.caption);
        let _ = write!(
            out,
            "<p class=\"caption\">{caption}</p><div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\"><table><thead><tr>"
        );
        // A head without a name is one that only completes the cell before.
        let head = |h: &String| {
            if h.is_empty() {
                "<td></td>".to_owned()
            } else {
                format!("<th scope=\"col\">{}</th>", escape(h))
            }
        };
        self.head.iter().for_each(|h| *out += &head(h));
        *out += "</tr></thead><tbody>\n";
        for row in &self.rows {
            *out += "<tr>";
            for (i, cell) in row.iter().enumerate() {
                // A row is named by its first cell, if that says anything.
                let names_row = i == 0 && !cell.is_empty();
                let (open, close) = if names_row { ("th scope=\"row\"", "th") } else { ("td", "td") };
                let _ = write!(out, "<{open}>{}</{close}>", escape(cell));
            }
            // Rows of fewer cells are filled up.
            (row.len()..self.head.len()).for_each(|_| *out += "<td></td>");
            *out += "</tr>\n";
        }
        *out += "</tbody></table></div>\n";
    }
}

impl Figure {
    pub(crate) fn new(title: &str, note: &str, picture: Picture) -> Figure {
        Figure { title: title.to_owned(), note: note.trim().to_owned(), legend: Vec::new(), picture }
    }

    pub(crate) fn chart(title: &str, note: &str, chart: Chart) -> Figure {
        Figure::new(title, note, Picture::Chart(chart))
    }

    pub(crate) fn with_legend(mut self, legend: Vec<(String, String)>) -> Figure {
        self.legend = legend;
        self
    }

    /// The element; `id` tells its picture from others.
    pub(crate) fn html(&self, id: usize) -> String {
        let picture = match &self.picture {
            Picture::Chart(chart) => chart.html(id, &self.title),
            Picture::Forest(forest) => forest.html(id, &self.title),
        };
        let mut out = format!("<figure><h3>{}</h3>{picture}<figcaption>", escape(&self.title));
        if !self.legend.is_empty() {
            out += "<ul class=\"legend\">";
            for (class, name) in &self.legend {
                let _ = write!(
                    out,
                    "<li><svg viewBox=\"0 0 28 10\" aria-hidden=\"true\"><path class=\"line {class}\" d=\"M1 5H27\"/></svg>{}</li>",
                    escape(name)
                );
            }
            out += "</ul>";
        }
        let _ = writeln!(out, "<p>{}</p></figcaption></figure>", escape(&self.note));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_whole_and_its_texts_are_escaped() {
        let table = Table {
            caption: "numbers & names".to_owned(),
            head: vec!["term".to_owned(), "estimate".to_owned(), String::new()],
            rows: vec![vec!["<script>alert(1)</script>".to_owned(), "1".to_owned()]],
        };
        let facts = Block::Facts(vec![["a<b".to_owned(), "\"c\"".to_owned()]]);
        let blocks = vec![
            Block::Text("x > y".to_owned()),
            facts,
            Block::Closed("more".to_owned(), vec![Block::Table(table)]),
        ];
        let html = Report {
            title: "<m>".to_owned(),
            lead: vec!["lead".to_owned()],
            sections: vec![Section { title: "s&t".to_owned(), blocks }],
            foot: "foot".to_owned(),
        }
        .html();
        assert!(!html.contains("<script") && html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
        assert!(
            html.contains("<h1>&lt;m&gt;</h1>") && html.contains("<dt>a&lt;b</dt><dd>&quot;c&quot;</dd>")
        );
        assert_eq!(html.matches("<td></td>").count(), 2, "heads without a name and missing cells");
        assert!(html.starts_with("<!DOCTYPE html>") && html.ends_with("</html>\n"));
    }

    #[test]
    fn the_style_asks_no_other_host() {
        assert!(!STYLE.contains("http") && !STYLE.contains("url(") && !STYLE.contains("@import"));
    }
}
