//! Whatever a table comes as, a reader of it gives UTF-8 text with fields between delimiters.
//!
//! `bytes` are files, memory or a stream; `packing` and `decode` are steps on the way from them. `recognise` tells formats by their
//! content, and `part` opens a file by its format. A format that is no delimited text (`json`, `workbook`, `columnar`) is converted while
//! it is read, to a canonical one: commas, a header, quotes as in RFC 4180, nothing between commas for what is missing, and `""` for a
//! missing cell that is alone in its row. `several` makes one table of many files.

mod archive;
mod bytes;
mod canonical;
#[cfg(feature = "columnar")]
mod columnar;
mod decode;
mod header;
mod json;
mod packing;
mod part;
mod recognise;
mod several;
mod stream;
mod workbook;

use crate::error::IoError;
use crate::table_options::TableOptions;
use bytes::Bytes;
use part::Part;
use several::Several;
use std::io::Read;

pub(crate) use header::holds_names;
pub(crate) use several::files_of;

/// A table's text, which can be read again, with the name that messages give it.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) name: String,
    form: Form,
    /// What a reader should know of how it was opened, a sentence each.
    pub(crate) notes: Vec<String>,
}

#[derive(Clone, Debug)]
enum Form {
    One(Part),
    Several(Several),
}

impl Input {
    /// What to do about text that is not UTF-8.
    pub(crate) const ENCODING_ADVICE: &str =
        "if it was saved by Excel or on Windows, give --encoding windows-1252";

    /// A file, all files that fit a pattern, or standard input for `-`.
    pub(crate) fn open(path: &str, options: &TableOptions) -> Result<Input, IoError> {
        let files = files_of(path)?;
        if let [file] = &files[..] {
            return Input::of(Bytes::open(file)?, options);
        }
        if options.skip > 0 || options.comment.is_some() {
            return Err(IoError::file(
                path,
                "--skip and --comment are for one file, and the pattern fits several",
            ));
        }
        let (mut parts, mut notes) = (Vec::new(), Vec::new());
        for file in &files {
            let (part, note) = Part::open(Bytes::open(file)?, options)?;
            parts.push(part);
            notes.extend(note.filter(|_| notes.is_empty()));
        }
        let form = Form::Several(Several::new(parts, options)?);
        Ok(Input { name: path.to_owned(), form, notes })
    }

    /// As [`Input::open`], but standard input is read once: nothing is kept of it.
    pub(crate) fn open_once(path: &str, options: &TableOptions) -> Result<Input, IoError> {
        if path == "-" { Input::of(Bytes::open_once(path)?, options) } else { Input::open(path, options) }
    }

    /// Text in memory, of a client that must not make us unpack anything: no format is recognised, only the marks of UTF-8 and UTF-16.
    pub(crate) fn memory(name: &str, text: Vec<u8>) -> Result<Input, IoError> {
        let part = Part::text(Bytes::memory(name, text), &TableOptions::default())?;
        Ok(Input { name: name.to_owned(), form: Form::One(part), notes: Vec::new() })
    }

    fn of(bytes: Bytes, options: &TableOptions) -> Result<Input, IoError> {
        let name = bytes.name.clone();
        let (part, note) = Part::open(bytes, options)?;
        Ok(Input { name, form: Form::One(part), notes: note.into_iter().collect() })
    }

    fn parts(&self) -> Vec<&Part> {
        match &self.form {
            Form::One(part) => vec![part],
            Form::Several(several) => several.parts().collect(),
        }
    }

    /// Whether the text is one that is made here of another format, so that its lines are not the file's.
    pub(crate) fn is_canonical(&self) -> bool {
        self.parts().iter().any(|part| part.is_canonical())
    }

    /// Whether the text can be read only once.
    pub(crate) fn is_read_once(&self) -> bool {
        self.parts().iter().any(|part| part.is_read_once())
    }

    /// The first bytes, at most 64 KiB.
    pub(crate) fn head(&self) -> Result<Vec<u8>, IoError> {
        if let Form::One(part) = &self.form
            && let Some(text) = part.kept()
        {
            return text.head();
        }
        if self.is_read_once() {
            // What is made while it is read once has no head but its header.
            return Ok(Vec::new());
        }
        let mut head = Vec::new();
        let read = self.reader(0)?.take(bytes::HEAD).read_to_end(&mut head);
        read.map_err(IoError::system(&self.name, "read"))?;
        Ok(head)
    }

    /// A reader of the text from this byte on.
    pub(crate) fn reader(&self, from: u64) -> Result<Box<dyn Read + Send>, IoError> {
        let reader = match &self.form {
            Form::One(part) => match part.kept() {
                Some(text) => return text.reader(from),
                None => part.reader(true)?,
            },
            Form::Several(several) => several.reader(),
        };
        bytes::Step::Skip(from).through(&self.name, reader)
    }

    /// The file of a line of the text, and the line in it; or the row, where the text is made of another format.
    pub(crate) fn place(&self, line: u64) -> (String, u64) {
        match &self.form {
            // Rows are counted, not the header.
            _ if self.is_canonical() => (self.name.clone(), line.saturating_sub(1).max(1)),
            Form::Several(several) => several.place(line).unwrap_or_else(|| (self.name.clone(), line)),
            Form::One(_) => (self.name.clone(), line),
        }
    }

    /// An error if a file was written to since it was opened: what was read of it may be of no one table.
    pub(crate) fn check_unchanged(&self) -> Result<(), IoError> {
        self.parts().iter().try_for_each(|part| part.check_unchanged())
    }
}

#[cfg(test)]
mod tests;
