//! What a file is, by its first bytes, whatever it is called. What is no table is named with what to do about it.

use super::bytes::Bytes;
use crate::error::IoError;

/// What the bytes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Format {
    /// Fields between delimiters, or what a later reader will find wrong with it.
    Text,
    /// JSON objects, a line each, or all in one array.
    Json,
    Parquet,
    ArrowFile,
    ArrowStream,
    /// A ZIP archive, as workbooks of Excel are.
    Zip,
}

impl Format {
    pub(super) fn name(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Json => "JSON",
            Format::Parquet => "Parquet",
            Format::ArrowFile => "Arrow",
            Format::ArrowStream => "Arrow stream",
            Format::Zip => "a workbook",
        }
    }
}

/// A kind of file that is no table: bytes at a place, what it is, and what to do.
type Foreign = (usize, &'static [u8], &'static str, &'static str);

const SAVE_AS: &str = "save the table as .csv or .xlsx";
const TO_TEXT: &str = "write the table as .csv or .parquet with the program that made it";
const PACK: &str = "unpack it, or compress it by gzip or zstd";
const NO_TABLE: &str = "name the file of the table";

const FOREIGN: &[Foreign] = &[
    (0, b"%PDF", "a PDF document", SAVE_AS),
    (0, b"\x89PNG", "a PNG picture", NO_TABLE),
    (0, b"\xff\xd8\xff", "a JPEG picture", NO_TABLE),
    (0, b"GIF8", "a GIF picture", NO_TABLE),
    (0, b"\x7fELF", "a program", NO_TABLE),
    (0, b"MZ\x90\0", "a program", NO_TABLE),
    (0, b"\xcf\xfa\xed\xfe", "a program", NO_TABLE),
    (
        0,
        b"SQLite format 3\0",
        "an SQLite database",
        "write the table of it as .csv: sqlite3 -header -csv FILE 'select * from TABLE'",
    ),
    (8, b"DUCK", "a DuckDB database", "write the table of it: copy TABLE to 'table.parquet'"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file (.xls, .doc)", "save it as .xlsx or .csv"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file", TO_TEXT),
    (0, b"\x80\x02", "a pickle of Python", "write the table by to_csv or to_parquet"),
    (0, b"\x80\x03", "a pickle of Python", "write the table by to_csv or to_parquet"),
    (0, b"\x80\x04", "a pickle of Python", "write the table by to_csv or to_parquet"),
    (0, b"\x80\x05", "a pickle of Python", "write the table by to_csv or to_parquet"),
    (
        0,
        b"\x93NUMPY",
        "an array of NumPy (.npy)",
        "write it by numpy.savetxt with delimiter=',' and a header",
    ),
    (
        0,
        b"X\n\0\0\0",
        "an R object (.rds)",
        "write it by write.csv(readRDS(FILE), \"table.csv\", row.names = FALSE)",
    ),
    (0, b"RDX", "R's workspace (.RData)", "write the table by write.csv in R"),
    (0, b"<stata_dta>", "a Stata file (.dta)", TO_TEXT),
    (0, b"$FL2", "an SPSS file (.sav)", TO_TEXT),
    (12, b"\xc2\xea\x81\x60\xb3\x14\x11\xcf", "a SAS data set (.sas7bdat)", TO_TEXT),
    (0, b"HEADER RECORD*******LIBRARY", "a SAS transport file (.xpt)", TO_TEXT),
    (0, b"Obj\x01", "an Avro file", "write the table as .parquet or .csv"),
    (0, b"ORC", "an ORC file", "write the table as .parquet or .csv"),
    (0, b"FEA1", "a Feather file of version 1", "write it anew as Feather version 2 or .parquet"),
    (0, b"BZh", "compressed by bzip2", PACK),
    (0, b"\xfd7zXZ\0", "compressed by xz", PACK),
    (0, b"\x04\x22\x4d\x18", "compressed by lz4", PACK),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it"),
    (0, b"Rar!\x1a\x07", "a RAR archive", "unpack it"),
    (257, b"ustar", "a tar archive", "unpack it, or name several files by a pattern such as 'part-*.csv'"),
    (8, b"{\"__metadata__\"", "a model", "name the file of a table"),
    (0, b"<?xml", "an XML document", SAVE_AS),
    (0, b"<!DOCTYPE html", "a web page", "fetch the file itself"),
    (0, b"<!doctype html", "a web page", "fetch the file itself"),
    (0, b"<html", "a web page", "fetch the file itself"),
];

/// What these bytes, unpacked but not decoded, are; an error for what is no table.
pub(super) fn recognise(bytes: &Bytes) -> Result<Format, IoError> {
    let (name, head) = (&bytes.name, bytes.head()?);
    if head.is_empty() {
        return Err(IoError::file(name, "the file is empty"));
    }
    let is_there = |(at, magic, ..): &&Foreign| head.get(*at..).is_some_and(|part| part.starts_with(magic));
    // ORC and GIF8 are words as well: what is text all through is a table.
    if let Some((_, _, what, advice)) = FOREIGN.iter().find(is_there)
        && (is_binary(&head) || head.starts_with(b"<") || head.starts_with(b"%PDF"))
    {
        return Err(IoError::file(name, format!("it is {what}, not a table; {advice}")));
    }
    let format = if head.starts_with(b"PAR1") {
        Format::Parquet
    } else if head.starts_with(b"ARROW1") {
        Format::ArrowFile
    } else if head.starts_with(&[0xff; 4]) && head.len() >= 8 {
        Format::ArrowStream
    } else if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        Format::Zip
    } else if is_json(&head) {
        Format::Json
    } else {
        Format::Text
    };
    if format != Format::Text {
        return Ok(format);
    }
    let is_marked = super::decode::mark(&head).is_some();
    if !is_marked && is_binary(&head) && wide(&head).is_none() {
        return Err(IoError::file(
            name,
            format!("it is not text, and no format that is known here; {SAVE_AS}"),
        ));
    }
    let is_json = [".jsonl", ".ndjson"].iter().any(|end| name.ends_with(end));
    Ok(if is_json { Format::Json } else { Format::Text })
}

/// An error for text that is called by a format's ending; `is_packed` if it was unpacked before.
pub(super) fn check_ending(name: &str, is_packed: bool) -> Result<(), IoError> {
    let is_named = |(_, endings): &&(_, &[&str])| endings.iter().any(|end| name.ends_with(end));
    match NAMED.iter().find(is_named).filter(|_| !is_packed) {
        Some((what, _)) => {
            let what = format!("it is called {what} and is none; give it another name if it is text");
            Err(IoError::file(name, what))
        }
        None => Ok(()),
    }
}

/// Formats that are known by their first bytes, with the endings of their names.
const NAMED: &[(&str, &[&str])] = &[
    ("Parquet", &[".parquet"]),
    ("an Arrow file", &[".arrow", ".feather"]),
    ("a workbook of Excel", &[".xlsx", ".xlsm"]),
    ("a gzip file", &[".gz"]),
    ("a Zstandard file", &[".zst"]),
];

/// Whether the first characters are those of a JSON object, or of an array of objects.
fn is_json(head: &[u8]) -> bool {
    let mut signs =
        head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).iter().filter(|b| !b.is_ascii_whitespace());
    match signs.next() {
        Some(b'{') => true,
        Some(b'[') => signs.next() == Some(&b'{'),
        _ => false,
    }
}

/// Whether more than a twentieth of the bytes are control characters, which text has not.
fn is_binary(head: &[u8]) -> bool {
    let controls = head.iter().filter(|&&b| b < 32 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b));
    controls.count() * 20 > head.len()
}

/// The name of UTF-16 without a mark, if every second byte is zero, as it is in English text.
pub(super) fn wide(head: &[u8]) -> Option<&'static str> {
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|&&b| b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let is_wide = even.max(odd) * 5 > head.len() * 2 && even.min(odd) * 20 < head.len();
    is_wide.then_some(if odd > even { "utf-16le" } else { "utf-16be" })
}
