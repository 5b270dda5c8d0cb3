//! One file, or what comes by standard input: opened by its format, and read as text.

use super::archive::check_workbook;
use super::bytes::{Bytes, Step};
#[cfg(feature = "columnar")]
use super::columnar::Columnar;
use super::decode;
use super::json::Json;
use super::packing::Packing;
use super::recognise::{Format, check_ending, recognise, wide};
use super::stream::Reader;
use super::workbook::read_sheet;
use crate::error::IoError;
use crate::table_options::{Header, TableOptions};

/// A table's file in one of the formats.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Text(Bytes),
    Json(Json),
    /// A workbook's file, and the text of its sheet.
    Sheet(Bytes, Bytes),
    #[cfg(feature = "columnar")]
    Columnar(Columnar),
}

impl Part {
    /// Recognises the format, with a note if a choice was made.
    pub(super) fn open(bytes: Bytes, options: &TableOptions) -> Result<(Part, Option<String>), IoError> {
        let packing = Packing::of(&bytes.head()?);
        let bytes = match packing {
            Some(packing) => bytes.then(Step::Unpack(packing))?,
            None => bytes,
        };
        let format = recognise(&bytes)?;
        refuse(&bytes.name, format, options)?;
        let part = match format {
            Format::Text => {
                check_ending(&bytes.name, packing.is_some())?;
                Part::text(bytes, options)?
            }
            Format::Json => Part::Json(Json::open(decoded(bytes, options)?, options)?),
            Format::Zip => {
                check_workbook(&bytes)?;
                let sheet = read_sheet(&bytes, options)?;
                bytes.check_unchanged()?;
                let text = Bytes::memory(&bytes.name, sheet.text);
                return Ok((Part::Sheet(bytes, text), sheet.note));
            }
            Format::Parquet | Format::ArrowFile | Format::ArrowStream => columnar(bytes, format, options)?,
        };
        Ok((part, None))
    }

    /// Text with delimiters.
    pub(super) fn text(bytes: Bytes, options: &TableOptions) -> Result<Part, IoError> {
        decoded(bytes, options).map(Part::Text)
    }

    /// Where the bytes lie.
    fn bytes(&self) -> &Bytes {
        match self {
            Part::Text(bytes) | Part::Sheet(bytes, _) => bytes,
            Part::Json(json) => json.bytes(),
            #[cfg(feature = "columnar")]
            Part::Columnar(columnar) => columnar.bytes(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.bytes().name
    }

    pub(super) fn is_read_once(&self) -> bool {
        self.bytes().is_read_once()
    }

    pub(super) fn check_unchanged(&self) -> Result<(), IoError> {
        self.bytes().check_unchanged()
    }

    /// Whether the text is made here of another format.
    pub(super) fn is_canonical(&self) -> bool {
        !matches!(self, Part::Text(_))
    }

    /// The text itself, where it is not made while it is read.
    pub(super) fn kept(&self) -> Option<&Bytes> {
        match self {
            Part::Text(bytes) | Part::Sheet(_, bytes) => Some(bytes),
            Part::Json(_) => None,
            #[cfg(feature = "columnar")]
            Part::Columnar(_) => None,
        }
    }

    /// The columns, where they are known without the text.
    pub(super) fn names(&self) -> Option<&[String]> {
        match self {
            Part::Text(_) | Part::Sheet(..) => None,
            Part::Json(json) => Some(json.names()),
            #[cfg(feature = "columnar")]
            Part::Columnar(columnar) => Some(columnar.names()),
        }
    }

    /// A reader of the text from its start; `header` is heeded where the text is made while it is read.
    pub(super) fn reader(&self, header: bool) -> Result<Reader, IoError> {
        match self {
            Part::Text(bytes) | Part::Sheet(_, bytes) => bytes.reader(0),
            Part::Json(json) => json.reader(header),
            #[cfg(feature = "columnar")]
            Part::Columnar(columnar) => columnar.reader(header),
        }
    }
}

#[cfg(feature = "columnar")]
fn columnar(bytes: Bytes, format: Format, options: &TableOptions) -> Result<Part, IoError> {
    Columnar::open(bytes, format, options).map(Part::Columnar)
}

#[cfg(not(feature = "columnar"))]
fn columnar(bytes: Bytes, format: Format, _: &TableOptions) -> Result<Part, IoError> {
    let format = format.name();
    let what = format!(
        "it is {format}, and this program was built without it: build it with --features full, or write the table as .csv or .jsonl"
    );
    Err(IoError::file(&bytes.name, what))
}

/// What is asked of a format that has nothing of the kind.
fn refuse(name: &str, format: Format, options: &TableOptions) -> Result<(), IoError> {
    let is_text = format == Format::Text;
    let asked = [
        ("--delimiter", options.delimiter.is_some() && !is_text, "delimited text"),
        ("--header", options.header != Header::Auto && !is_text, "delimited text"),
        ("--skip", options.skip > 0 && !is_text, "delimited text"),
        ("--comment", options.comment.is_some() && !is_text, "delimited text"),
        ("--encoding", options.encoding.is_some() && !is_text && format != Format::Json, "text"),
        ("--sheet", options.sheet.is_some() && format != Format::Zip, "a workbook (.xlsx)"),
    ];
    match asked.iter().find(|(_, is_wrong, _)| *is_wrong) {
        Some((option, _, wanted)) => {
            let what = format!("{option} is for {wanted}, and this is {}", format.name());
            Err(IoError::file(name, what))
        }
        None => Ok(()),
    }
}

/// The text in UTF-8, without a mark.
fn decoded(bytes: Bytes, options: &TableOptions) -> Result<Bytes, IoError> {
    let head = bytes.head()?;
    let marked = decode::mark(&head);
    if let (None, None, Some(wide)) = (options.encoding, marked, wide(&head)) {
        let what = format!("it seems to be UTF-16 without its mark; give --encoding {wide}");
        return Err(IoError::file(&bytes.name, what));
    }
    let encoding = match (options.encoding.map(|asked| asked.0), marked) {
        (Some(asked), Some((marked, _))) if asked != marked => {
            let (asked, marked) = (asked.name(), marked.name());
            let what = format!(
                "it begins with the mark of {marked}, and --encoding is {asked}; leave the option out"
            );
            return Err(IoError::file(&bytes.name, what));
        }
        (_, Some((encoding, _))) | (Some(encoding), None) => encoding,
        (None, None) => encoding_rs::UTF_8,
    };
    match marked {
        _ if encoding != encoding_rs::UTF_8 => bytes.then(Step::Decode(encoding)),
        Some((_, mark)) => bytes.then(Step::Skip(mark as u64)),
        None => Ok(bytes),
    }
}
