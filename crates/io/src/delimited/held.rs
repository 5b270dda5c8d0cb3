//! The columns of a table that was read: piece by piece in memory, and, beyond a limit, in a file without a name that ends with the process.

use super::piece::{Cells, Lines, NumberFacts, Parsed};
use crate::error::IoError;
use planish_tabular::Dictionary;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex};

/// Pieces of a table. Text has codes into one dictionary a column, which whoever reads has.
pub(super) struct Held {
    pieces: Vec<Place>,
    /// Bytes in memory, and the most that may be.
    bytes: u64,
    limit: u64,
    disk: Option<Mutex<File>>,
}

enum Place {
    Memory(Arc<Parsed>),
    /// From this byte of the file on; the columns without their cells.
    Disk {
        at: u64,
        shape: Vec<Shape>,
        lines: Lines,
    },
}

/// What a column that lies on disk is made of.
enum Shape {
    Nothing,
    Numbers { rests: bool, facts: NumberFacts },
    Text,
}

impl Held {
    /// No piece yet; this many bytes may be kept in memory.
    pub(super) fn new(limit: u64) -> Held {
        Held { pieces: Vec::new(), bytes: 0, limit, disk: None }
    }

    pub(super) fn pieces(&self) -> usize {
        self.pieces.len()
    }

    /// Adds a piece.
    ///
    /// # Errors
    /// A disk that cannot take it.
    pub(super) fn push(&mut self, piece: Parsed) -> Result<(), IoError> {
        let place = self.place(piece)?;
        self.pieces.push(place);
        Ok(())
    }

    /// Puts another piece in the place of one.
    ///
    /// # Errors
    /// As [`Held::push`].
    pub(super) fn replace(&mut self, number: usize, piece: Parsed) -> Result<(), IoError> {
        if let Place::Memory(old) = &self.pieces[number] {
            self.bytes -= old.bytes();
        }
        self.pieces[number] = self.place(piece)?;
        Ok(())
    }

    fn place(&mut self, piece: Parsed) -> Result<Place, IoError> {
        let bytes = piece.bytes();
        if self.bytes + bytes <= self.limit {
            self.bytes += bytes;
            return Ok(Place::Memory(Arc::new(piece)));
        }
        let failed = || IoError::system("the temporary file of the table's columns", "write");
        let file = match &mut self.disk {
            Some(file) => file,
            none => none.insert(Mutex::new(tempfile::tempfile().map_err(failed())?)),
        };
        let file = file.get_mut().expect("no thread panics while it has the file");
        let at = file.seek(SeekFrom::End(0)).map_err(failed())?;
        let shape = piece.columns.iter().map(|cells| write(file, cells)).collect::<Result<_, _>>();
        Ok(Place::Disk { at, shape: shape.map_err(failed())?, lines: piece.lines })
    }

    /// A piece.
    ///
    /// # Errors
    /// A disk that cannot give it back.
    pub(super) fn piece(&self, number: usize) -> Result<Arc<Parsed>, IoError> {
        let (at, shape, lines) = match &self.pieces[number] {
            Place::Memory(piece) => return Ok(piece.clone()),
            Place::Disk { at, shape, lines } => (*at, shape, lines),
        };
        let failed = || IoError::system("the temporary file of the table's columns", "read");
        let disk = self.disk.as_ref().expect("a piece lies on disk");
        let mut file = disk.lock().expect("no thread panics while it has the file");
        file.seek(SeekFrom::Start(at)).map_err(failed())?;
        let rows = lines.len();
        let columns = shape.iter().map(|shape| read(&mut file, shape, rows)).collect::<Result<_, _>>();
        Ok(Arc::new(Parsed { columns: columns.map_err(failed())?, lines: lines.clone() }))
    }
}

impl Parsed {
    /// About how much memory it takes.
    fn bytes(&self) -> u64 {
        let of = |cells: &Cells| match cells {
            Cells::Nothing => 0,
            Cells::Numbers { hi, lo, .. } => 8 * (hi.len() + lo.len()),
            Cells::Text { codes, .. } => 4 * codes.len(),
        };
        self.columns.iter().map(|cells| of(cells) as u64 + 64).sum::<u64>() + 64
    }
}

fn write(file: &mut File, cells: &Cells) -> std::io::Result<Shape> {
    Ok(match cells {
        Cells::Nothing => Shape::Nothing,
        Cells::Numbers { hi, lo, facts } => {
            file.write_all(bytemuck::cast_slice(hi))?;
            file.write_all(bytemuck::cast_slice(lo))?;
            Shape::Numbers { rests: !lo.is_empty(), facts: *facts }
        }
        Cells::Text { codes, .. } => {
            file.write_all(bytemuck::cast_slice(codes))?;
            Shape::Text
        }
    })
}

fn read(file: &mut File, shape: &Shape, rows: usize) -> std::io::Result<Cells> {
    let mut numbers = |n: usize| {
        let mut values = vec![0.0_f64; n];
        file.read_exact(bytemuck::cast_slice_mut(&mut values)).map(|()| values)
    };
    Ok(match shape {
        Shape::Nothing => Cells::Nothing,
        Shape::Numbers { rests, facts } => {
            let hi = numbers(rows)?;
            let lo = numbers(if *rests { rows } else { 0 })?;
            Cells::Numbers { hi, lo, facts: *facts }
        }
        Shape::Text => {
            let mut codes = vec![0_u32; rows];
            file.read_exact(bytemuck::cast_slice_mut(&mut codes))?;
            Cells::Text { codes, dictionary: Arc::new(Dictionary::default()) }
        }
    })
}
