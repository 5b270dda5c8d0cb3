//! TensorBoard event files: scalars by step, to be looked at with `tensorboard --logdir FOLDER` while training runs.
//!
//! A file is a sequence of TFRecords: the length (8 bytes, little-endian), its checksum, the data, their checksum; a checksum is CRC-32C,
//! rotated and shifted by a constant ("masked"). The data are a protocol-buffer `Event`, of which only these fields are written:
//! `wall_time = 1` (double), `step = 2` (int64), `file_version = 3` (string, the first event), `summary = 5` with `value = 1` with
//! `tag = 1` (string) and `simple_value = 2` (float), and `session_log = 7` with `status = 1`, by which a resumed run says that what
//! earlier files hold of its step and later ones is void. Sources: TensorFlow's `event.proto`, `summary.proto`, `record_writer.h`.

use crate::error::IoError;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

/// CRC-32C; iSCSI uses the same.
const CRC: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISCSI);
/// What the name of an event file begins with.
const BEGINNING: &str = "events.out.tfevents.";
/// `SessionLog.START`.
const START: u64 = 1;

/// An event file being written.
#[derive(Debug)]
pub struct EventFile {
    file: File,
    name: String,
}

impl EventFile {
    /// Begins a new file in a folder, which is made if it is not there. `wall_time` is in seconds since 1970; the file is named after it.
    ///
    /// # Errors
    /// A folder or file that cannot be written.
    pub fn create(folder: &Path, wall_time: f64) -> Result<EventFile, IoError> {
        crate::atomic::create_folder(folder)?;
        let (file, name) = new_file(folder, wall_time)?;
        let mut events = EventFile { file, name };
        events.write(&Message::event(wall_time, 0).bytes(3, b"brain.Event:2"))?;
        Ok(events)
    }

    /// As [`EventFile::create`], for a run that goes on with `step` as its next: TensorBoard forgets what the folder's earlier files
    /// hold of this step and later ones.
    ///
    /// # Errors
    /// As [`EventFile::create`].
    pub fn resume(folder: &Path, wall_time: f64, step: u64) -> Result<EventFile, IoError> {
        let mut events = EventFile::create(folder, wall_time)?;
        let start = Message::default().integer(1, START);
        events.write(&Message::event(wall_time, step).bytes(7, &start.0))?;
        Ok(events)
    }

    /// Appends a value; when this returns, the operating system has it.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn scalar(&mut self, wall_time: f64, step: u64, tag: &str, value: f64) -> Result<(), IoError> {
        let value = Message::default().bytes(1, tag.as_bytes()).float(2, value as f32);
        let summary = Message::default().bytes(1, &value.0);
        self.write(&Message::event(wall_time, step).bytes(5, &summary.0))
    }

    /// Writes one record in one piece.
    fn write(&mut self, event: &Message) -> Result<(), IoError> {
        self.file.write_all(&record(&event.0)).map_err(IoError::system(&self.name, "write"))
    }
}

/// TensorBoard reads the files of a folder in the order of their names, so files of one second are numbered.
/// Whether a folder has event files.
pub(crate) fn has_events(folder: &Path) -> bool {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.into_iter().any(|file| file.file_name().to_string_lossy().starts_with(BEGINNING))
}

fn new_file(folder: &Path, wall_time: f64) -> Result<(File, String), IoError> {
    for number in 0..1000 {
        let path = folder.join(format!("{BEGINNING}{:010}.{number:03}.planish", wall_time.max(0.0) as u64));
        let name = path.display().to_string();
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            other => return Ok((other.map_err(IoError::system(&name, "write"))?, name)),
        }
    }
    Err(IoError::file(&folder.display().to_string(), "it has a thousand event files of this second"))
}

/// A TFRecord.
fn record(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let mut out = Vec::with_capacity(data.len() + 16);
    out.extend(length);
    out.extend(masked_crc(&length).to_le_bytes());
    out.extend(data);
    out.extend(masked_crc(data).to_le_bytes());
    out
}

fn masked_crc(data: &[u8]) -> u32 {
    CRC.checksum(data).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// A protocol-buffer message being put together: each field a key (number and wire type) and its value.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    /// An event that happened then, at that step. As in every message, a zero is not written.
    fn event(wall_time: f64, step: u64) -> Message {
        let mut event = Message::default().key(1, 1);
        event.0.extend(wall_time.to_le_bytes());
        if step > 0 { event.integer(2, step) } else { event }
    }

    fn integer(self, field: u64, value: u64) -> Message {
        self.key(field, 0).varint(value)
    }

    fn bytes(self, field: u64, value: &[u8]) -> Message {
        let mut message = self.key(field, 2).varint(value.len() as u64);
        message.0.extend(value);
        message
    }

    fn float(self, field: u64, value: f32) -> Message {
        let mut message = self.key(field, 5);
        message.0.extend(value.to_le_bytes());
        message
    }

    fn key(self, field: u64, wire_type: u64) -> Message {
        self.varint(field << 3 | wire_type)
    }

    /// Seven bits a byte, the lowest first; the eighth bit says that more follow.
    fn varint(mut self, mut value: u64) -> Message {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
        self
    }
}

#[cfg(test)]
mod tests;
