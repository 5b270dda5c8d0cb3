//! JSON: an object a line (JSON lines), or one array of objects. The columns are the keys in the order in which they first appear in any
//! object; a key that an object has not is missing there. Numbers keep the digits that are written.
//!
//! A first pass finds the keys. Objects are cut out of the stream one at a time, so that memory is that of one object.

use super::bytes::Bytes;
use super::canonical::{Lines, LinesReader, PIECE, quoted};
use super::stream::Reader;
use crate::error::IoError;
use crate::table_options::TableOptions;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::sync::Arc;

/// The longest object that is read.
const LONGEST: usize = 1 << 28;

/// Objects as rows.
#[derive(Clone, Debug)]
pub(super) struct Json {
    bytes: Bytes,
    columns: Columns,
}

/// The columns in order, with their places, and which are asked for.
#[derive(Clone, Debug, Default)]
struct Columns {
    names: Arc<Vec<String>>,
    places: Arc<HashMap<String, usize>>,
    used: Arc<Vec<bool>>,
}

impl Columns {
    fn of(names: Vec<String>, options: &TableOptions) -> Columns {
        let places = names.iter().enumerate().map(|(i, name)| (name.clone(), i)).collect();
        let used = names.iter().map(|name| options.uses(name)).collect();
        Columns { names: names.into(), places: Arc::new(places), used: Arc::new(used) }
    }
}

impl Json {
    /// Finds the columns.
    pub(super) fn open(bytes: Bytes, options: &TableOptions) -> Result<Json, IoError> {
        let mut names: Vec<String> = Vec::new();
        if bytes.is_read_once() {
            let schema = options.columns.iter().flat_map(|schema| &schema.columns);
            names.extend(schema.map(|column| column.name.clone()));
        } else {
            let mut places: HashMap<String, usize> = HashMap::new();
            let mut objects = Objects::new(&bytes)?;
            while let Some(object) = objects.next()? {
                for (i, (Key(key), _)) in object.parse::<IgnoredAny>()?.0.into_iter().enumerate() {
                    // Most objects have the same keys in the same order.
                    if names.get(i).is_none_or(|name| *name != key) && !places.contains_key(key.as_ref()) {
                        places.insert(key.clone().into_owned(), names.len());
                        names.push(key.into_owned());
                    }
                }
            }
            bytes.check_unchanged()?;
        }
        if names.is_empty() {
            return Err(IoError::file(
                &bytes.name,
                "there are no keys in its objects, so there are no columns",
            ));
        }
        let columns = Columns::of(names, options);
        Ok(Json { bytes, columns })
    }

    pub(super) fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    pub(super) fn names(&self) -> &[String] {
        &self.columns.names
    }

    /// The same objects with these columns.
    pub(super) fn with_names(self, names: Vec<String>, options: &TableOptions) -> Json {
        Json { columns: Columns::of(names, options), ..self }
    }

    /// The rows as text.
    pub(super) fn reader(&self, header: bool) -> Result<Reader, IoError> {
        let (columns, mut objects, mut header) = (self.columns.clone(), Objects::new(&self.bytes)?, header);
        let more = move |lines: &mut Lines| {
            if std::mem::take(&mut header) {
                lines.header(columns.names.iter().map(String::as_str));
            }
            while lines.len() < PIECE {
                let Some(object) = objects.next()? else { return Ok(false) };
                object.write(&columns, lines)?;
            }
            Ok(true)
        };
        Ok(Box::new(LinesReader::new(Box::new(more))))
    }
}

/// An object's text and where it begins.
struct Object<'a> {
    file: &'a str,
    line: u64,
    text: &'a [u8],
}

impl<'a> Object<'a> {
    fn parse<V: Deserialize<'a>>(&self) -> Result<Entries<'a, V>, IoError> {
        serde_json::from_slice(self.text).map_err(|e| {
            let (all, line) = (e.to_string(), self.line + e.line().saturating_sub(1) as u64);
            let reason = all.split(" at line ").next().unwrap_or_default();
            let place = if e.column() > 0 { format!(" at character {}", e.column()) } else { String::new() };
            IoError::row(self.file, line, format!("it is no JSON object: {reason}{place}"))
        })
    }

    fn wrong(&self, what: String) -> IoError {
        IoError::row(self.file, self.line, what)
    }

    /// Adds the object as a row.
    fn write(&self, columns: &Columns, lines: &mut Lines) -> Result<(), IoError> {
        let mut values: Vec<Option<&RawValue>> = vec![None; columns.names.len()];
        for (i, (Key(key), value)) in self.parse::<&RawValue>()?.0.into_iter().enumerate() {
            let is_next = columns.names.get(i).is_some_and(|name| *name == key);
            let place = if is_next { Some(i) } else { columns.places.get(key.as_ref()).copied() };
            let Some(place) = place else { continue };
            if values[place].replace(value).is_some() {
                return Err(self.wrong(format!("the key {key:?} is there twice")));
            }
        }
        for (place, value) in values.iter().enumerate() {
            match value.filter(|_| columns.used[place]) {
                Some(value) => self.cell(&columns.names[place], value.get(), lines)?,
                None => lines.missing(),
            }
        }
        lines.end_row();
        Ok(())
    }

    fn cell(&self, key: &str, value: &str, lines: &mut Lines) -> Result<(), IoError> {
        match value.as_bytes().first() {
            Some(b'n') => lines.missing(),
            Some(b'"') => {
                let text = serde_json::from_str::<Key<'_>>(value);
                let Key(text) = text.map_err(|_| self.wrong(format!("the text of key {key:?} is broken")))?;
                lines.cell(|out| quoted(out, &text));
            }
            Some(opening @ (b'{' | b'[')) => {
                let what = if *opening == b'{' { "an object" } else { "an array" };
                let can = "a value can be a number, a text, true, false or null";
                return Err(self.wrong(format!("key {key:?} holds {what}; {can}")));
            }
            // Digits, `true` or `false` as they are written.
            _ => lines.cell(|out| out.extend_from_slice(value.as_bytes())),
        }
        Ok(())
    }
}

/// A text, borrowed where no character of it is escaped.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// The keys and values of an object in the order in which they are written.
struct Entries<'a, V>(Vec<(Key<'a>, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Entries<'de, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor(std::marker::PhantomData))
    }
}

struct EntriesVisitor<V>(std::marker::PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for EntriesVisitor<V> {
    type Value = Entries<'de, V>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}

/// Cuts a stream into objects.
struct Objects {
    name: String,
    reader: BufReader<Reader>,
    is_array: bool,
    /// Whether the array is closed.
    is_closed: bool,
    /// The line that is read next, from 1.
    line: u64,
    text: Vec<u8>,
}

impl Objects {
    fn new(bytes: &Bytes) -> Result<Objects, IoError> {
        let is_array = bytes.head()?.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'[');
        let reader = BufReader::with_capacity(PIECE, bytes.reader(0)?);
        Ok(Objects {
            name: bytes.name.clone(),
            reader,
            is_array,
            is_closed: false,
            line: 1,
            text: Vec::new(),
        })
    }

    fn next(&mut self) -> Result<Option<Object<'_>>, IoError> {
        self.text.clear();
        let line = if self.is_array { self.next_in_array()? } else { self.next_line()? };
        Ok(line.map(|line| Object { file: &self.name, line, text: &self.text }))
    }

    /// Takes the next line that is not blank.
    fn next_line(&mut self) -> Result<Option<u64>, IoError> {
        loop {
            let ended = self.take_until(|b| b == b'\n')?;
            let line = self.line;
            self.line += 1;
            self.text.truncate(self.text.trim_ascii_end().len());
            if !self.text.is_empty() {
                return Ok(Some(line));
            }
            if !ended {
                return Ok(None);
            }
        }
    }

    /// Takes the next object of the array, after the bracket or comma before it.
    fn next_in_array(&mut self) -> Result<Option<u64>, IoError> {
        loop {
            let Some(b) = self.peek()? else {
                let what = "the array of objects is not closed: the file is not whole";
                return if self.is_closed {
                    Ok(None)
                } else {
                    Err(IoError::row(&self.name, self.line, what))
                };
            };
            match b {
                b'{' if !self.is_closed => break,
                b']' => self.is_closed = true,
                b'\n' => self.line += 1,
                b',' | b'[' if !self.is_closed => {}
                b if b.is_ascii_whitespace() => {}
                _ => {
                    let what = format!("expected an object of the array, found {:?}", char::from(b));
                    return Err(IoError::row(&self.name, self.line, what));
                }
            }
            self.reader.consume(1);
        }
        let (line, mut lines) = (self.line, 0);
        let (mut depth, mut in_text, mut is_escaped) = (0_u32, false, false);
        let is_whole = self.take_until(|b| {
            lines += u64::from(b == b'\n');
            match b {
                _ if is_escaped => is_escaped = false,
                b'\\' if in_text => is_escaped = true,
                b'"' => in_text = !in_text,
                b'{' | b'[' if !in_text => depth += 1,
                b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
        })?;
        self.line += lines;
        let what = "an object is opened here and never closed";
        if is_whole { Ok(Some(line)) } else { Err(IoError::row(&self.name, line, what)) }
    }

    fn peek(&mut self) -> Result<Option<u8>, IoError> {
        let ready = self.reader.fill_buf().map_err(IoError::system(&self.name, "read"))?;
        Ok(ready.first().copied())
    }

    /// Adds bytes to the text up to one that is the last, and says whether there was one before the end.
    fn take_until(&mut self, mut is_last: impl FnMut(u8) -> bool) -> Result<bool, IoError> {
        loop {
            let ready = self.reader.fill_buf().map_err(IoError::system(&self.name, "read"))?;
            if ready.is_empty() {
                return Ok(false);
            }
            let end = ready.iter().position(|&b| is_last(b));
            let n = end.map_or(ready.len(), |end| end + 1);
            self.text.extend_from_slice(&ready[..n]);
            self.reader.consume(n);
            if end.is_some() {
                return Ok(true);
            }
            if self.text.len() > LONGEST {
                let what = "an object of more than 256 MiB begins here";
                return Err(IoError::row(&self.name, self.line, what));
            }
        }
    }
}
