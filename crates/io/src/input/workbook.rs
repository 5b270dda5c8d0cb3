//! Workbooks of Excel (`.xlsx`), read by the crate `calamine`: one sheet, whose first row with a cell is the header. A formula counts by the
//! value that was computed when the workbook was saved. A workbook is read whole, as its format needs; its text is kept.

use super::bytes::Bytes;
use super::canonical::{Lines, date, double, guarded, time};
use super::stream::Seekable;
use crate::error::IoError;
use crate::table_options::TableOptions;
use calamine::{DataRef, ExcelDateTime, Reader, SheetType, Xlsx, XlsxError};
use std::io::BufReader;

/// A sheet's text, and what is to be said of the choice of sheet.
pub(super) struct Sheet {
    pub(super) text: Vec<u8>,
    pub(super) note: Option<String>,
}

type Book = Xlsx<BufReader<Seekable>>;

/// Reads the sheet that is asked for, or the first.
pub(super) fn read_sheet(bytes: &Bytes, options: &TableOptions) -> Result<Sheet, IoError> {
    guarded(&bytes.name, "workbook's", || {
        let failed = |e: XlsxError| damaged(&bytes.name, &e);
        let mut book = Book::new(BufReader::new(bytes.seekable("a workbook")?)).map_err(failed)?;
        let (sheet, note) = choose(&bytes.name, &book, options.sheet.as_deref())?;
        let extent = Extent::of(&bytes.name, &mut book, &sheet)?;
        let text = write(&mut book, &sheet, &extent).map_err(failed)?;
        Ok(Sheet { text, note })
    })
}

fn damaged(name: &str, reason: &XlsxError) -> IoError {
    IoError::file(name, format!("the workbook's data are damaged or protected ({reason})"))
}

/// The sheet by its name, or by its number.
fn choose(name: &str, book: &Book, asked: Option<&str>) -> Result<(String, Option<String>), IoError> {
    let sheets = book.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let sheets: Vec<&str> = sheets.map(|sheet| sheet.name.as_str()).collect();
    let listed = || {
        let names: Vec<String> = sheets.iter().take(10).map(|sheet| format!("{sheet:?}")).collect();
        let more = if sheets.len() > 10 { format!(" and {} more", sheets.len() - 10) } else { String::new() };
        format!("{}{more}", names.join(", "))
    };
    let Some(first) = sheets.first() else {
        return Err(IoError::file(name, "the workbook has no sheet of cells"));
    };
    let Some(asked) = asked else {
        let several = || format!("{name}: sheet {first:?} is read, of {}; --sheet names another", listed());
        return Ok(((*first).to_owned(), (sheets.len() > 1).then(several)));
    };
    let by_number = || asked.parse::<usize>().ok().and_then(|n| sheets.get(n.checked_sub(1)?));
    match sheets.iter().find(|sheet| **sheet == asked).or_else(by_number) {
        Some(sheet) => Ok(((*sheet).to_owned(), None)),
        None => Err(IoError::file(name, format!("there is no sheet {asked:?}; there are {}", listed()))),
    }
}

/// The columns in which a sheet has cells.
struct Extent {
    first: u32,
    last: u32,
}

impl Extent {
    /// Looks at all cells.
    fn of(name: &str, book: &mut Book, sheet: &str) -> Result<Extent, IoError> {
        let failed = |e: XlsxError| damaged(name, &e);
        let mut cells = book.worksheet_cells_reader(sheet).map_err(failed)?;
        let (mut extent, mut computed, mut uncomputed) = (None, false, None);
        while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(failed)? {
            let is_empty = is_empty(&cell.value);
            if cell.formula.is_some() {
                computed |= !is_empty;
                uncomputed = uncomputed.or(Some(cell.pos));
            }
            if !is_empty || cell.formula.is_some() {
                let (_, column) = cell.pos;
                let Extent { first, last } = extent.unwrap_or(Extent { first: column, last: column });
                extent = Some(Extent { first: first.min(column), last: last.max(column) });
            }
        }
        if let (Some((row, column)), false) = (uncomputed, computed) {
            let place = format!("{sheet}!{}{}", letters(column), row + 1);
            let what = format!(
                "cell {place} is a formula that was never computed; open the workbook in Excel or LibreOffice and save it"
            );
            return Err(IoError::file(name, what));
        }
        extent.ok_or_else(|| IoError::file(name, format!("sheet {sheet:?} is empty")))
    }
}

/// The cells as text, a line a row that has any.
fn write(book: &mut Book, sheet: &str, extent: &Extent) -> Result<Vec<u8>, XlsxError> {
    let width = (extent.last - extent.first + 1) as usize;
    let (mut lines, mut row, mut at) = (Lines::default(), Vec::<DataRef<'_>>::new(), None);
    let mut cells = book.worksheet_cells_reader(sheet)?;
    loop {
        let cell = cells.next_cell_with_formula_metadata()?;
        let place = cell.as_ref().map(|cell| cell.pos);
        if place.map(|(row, _)| row) != at && !row.is_empty() {
            row.iter().for_each(|value| write_cell(value, &mut lines));
            (row.len()..width).for_each(|_| lines.missing());
            lines.end_row();
            row.clear();
        }
        let (Some(cell), Some((number, column))) = (cell, place) else { return Ok(lines.into_text()) };
        at = Some(number);
        let value = cell.value;
        if !is_empty(&value) && (extent.first..=extent.last).contains(&column) {
            let column = (column - extent.first) as usize;
            if row.len() <= column {
                row.resize(column + 1, DataRef::Empty);
            }
            row[column] = value;
        }
    }
}

/// Whether a cell stands for nothing: an error such as `#N/A` does.
fn is_empty(value: &DataRef<'_>) -> bool {
    match value {
        DataRef::Empty | DataRef::Error(_) => true,
        DataRef::String(text) => text.is_empty(),
        DataRef::SharedString(text) => text.is_empty(),
        DataRef::Int(_)
        | DataRef::Float(_)
        | DataRef::Bool(_)
        | DataRef::DateTime(_)
        | DataRef::DateTimeIso(_)
        | DataRef::DurationIso(_) => false,
    }
}

fn write_cell(value: &DataRef<'_>, lines: &mut Lines) {
    match value {
        DataRef::Empty | DataRef::Error(_) => lines.missing(),
        DataRef::Int(x) => lines.text(&x.to_string()),
        DataRef::Float(x) => lines.cell(|out| double(out, *x)),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => lines.text(text),
        DataRef::SharedString(text) => lines.text(text),
        DataRef::Bool(x) => lines.text(if *x { "true" } else { "false" }),
        DataRef::DateTime(moment) => lines.cell(|out| write_moment(moment, out)),
    }
}

/// A day, a time of day, or both; a length of time as hours, minutes and seconds.
fn write_moment(moment: &ExcelDateTime, out: &mut Vec<u8>) {
    let days = moment.as_f64();
    if moment.is_duration() || (0.0..1.0).contains(&days) {
        let seconds = (days * 86_400_000.0).round() / 1000.0;
        return if moment.is_duration() { double(out, seconds) } else { time(out, seconds as u32, 0, 3) };
    }
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    date(out, i64::from(year), month, day);
    let second = u32::from(hour) * 3600 + u32::from(minute) * 60 + u32::from(second);
    if second > 0 || milli > 0 {
        out.push(b'T');
        time(out, second, u64::from(milli), 3);
    }
}

/// A column's letters: A, B … Z, AA …
fn letters(column: u32) -> String {
    let (mut n, mut letters) = (column + 1, Vec::new());
    while n > 0 {
        letters.push(b'A' + ((n - 1) % 26) as u8);
        n = (n - 1) / 26;
    }
    letters.iter().rev().map(|&b| char::from(b)).collect()
}
