//! The arenas of a checkpoint file: each its little-endian numbers, then a BLAKE3 hash of the header's hash, the arena's place and these
//! bytes, so that no block can stand in for another. They are written and read through a small buffer.

use super::header::{Header, Kind};
use crate::error::IoError;
use planish_train::{Arena, ArenaMut};
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

/// Numbers that are converted at a time.
const CHUNK: usize = 1 << 14;

fn hasher(header: &[u8], place: usize) -> blake3::Hasher {
    let mut hasher = blake3::Hasher::new();
    hasher.update(header);
    hasher.update(&(place as u64).to_le_bytes());
    hasher
}

/// Writes the head of a file and the arenas.
pub(super) fn write(head: &[u8], arenas: &[Arena<'_, f32>], out: &mut dyn Write) -> std::io::Result<()> {
    out.write_all(head)?;
    let mut bytes = vec![0; 4 * CHUNK];
    for (place, (_, arena)) in arenas.iter().enumerate() {
        let mut hasher = hasher(&head[24..56], place);
        for chunk in arena.chunks(CHUNK) {
            let bytes = &mut bytes[..4 * chunk.len()];
            bytes.chunks_exact_mut(4).zip(chunk).for_each(|(b, x)| b.copy_from_slice(&x.to_le_bytes()));
            hasher.update(bytes);
            out.write_all(bytes)?;
        }
        out.write_all(hasher.finalize().as_bytes())?;
    }
    Ok(())
}

/// As [`write`], of bytes as they are.
pub(super) fn write_bytes(
    head: &[u8],
    lists: impl Iterator<Item: AsRef<[u8]>>,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    out.write_all(head)?;
    for (place, list) in lists.enumerate() {
        let mut hasher = hasher(&head[24..56], place);
        hasher.update(list.as_ref());
        out.write_all(list.as_ref())?;
        out.write_all(hasher.finalize().as_bytes())?;
    }
    Ok(())
}

/// A checkpoint file whose head has been read and believed.
#[derive(Debug)]
pub(super) struct Reader {
    name: String,
    header: Header,
    hash: [u8; 32],
    file: BufReader<File>,
}

impl Reader {
    pub(super) fn open(path: &Path, kind: Kind) -> Result<Reader, IoError> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(IoError::system(&name, "read"))?;
        let mut file = BufReader::with_capacity(1 << 16, file);
        let (header, hash) = Header::read(&name, &mut file, kind)?;
        Ok(Reader { name, header, hash, file })
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    /// Reads everything and checks every hash.
    pub(super) fn verify(mut self) -> Result<(), IoError> {
        for place in 0..self.header.arenas.len() {
            self.block(place, |_, _| {})?;
        }
        self.end()
    }

    /// Fills the arenas, which must be those of the file.
    pub(super) fn fill(mut self, arenas: &mut [ArenaMut<'_, f32>]) -> Result<(), IoError> {
        let expected = arenas.iter().map(|(name, a)| (*name, a.len() as u64));
        if !expected.eq(self.header.arenas.iter().map(|(name, len)| (name.as_str(), *len))) {
            return Err(IoError::file(&self.name, "it holds the numbers of another network or optimizer"));
        }
        for (place, (_, arena)) in arenas.iter_mut().enumerate() {
            self.block(place, |at, bytes| {
                let to = &mut arena[at / 4..(at + bytes.len()) / 4];
                to.iter_mut()
                    .zip(bytes.chunks_exact(4))
                    .for_each(|(x, b)| *x = f32::from_le_bytes(std::array::from_fn(|i| b[i])));
            })?;
        }
        self.end()
    }

    /// The bytes of all blocks, each with its name.
    pub(super) fn lists(mut self) -> Result<Vec<(String, Vec<u8>)>, IoError> {
        let mut all = Vec::with_capacity(self.header.arenas.len());
        for place in 0..self.header.arenas.len() {
            let mut bytes = Vec::new();
            self.block(place, |_, piece| bytes.extend_from_slice(piece))?;
            all.push((self.header.arenas[place].0.clone(), bytes));
        }
        self.end()?;
        Ok(all)
    }

    /// Reads one block, handing on where each piece begins and its bytes.
    fn block(&mut self, place: usize, mut take: impl FnMut(usize, &[u8])) -> Result<(), IoError> {
        let all = self.header.bytes(place);
        let damaged = || {
            let what = format!("the checkpoint is damaged or cut short in {:?}", self.header.arenas[place].0);
            IoError::file(&self.name, what)
        };
        let mut hasher = hasher(&self.hash, place);
        let mut buffer = vec![0; 4 * CHUNK];
        let mut at = 0;
        while at < all {
            let count = (all - at).min(4 * CHUNK as u64) as usize;
            let bytes = &mut buffer[..count];
            self.file.read_exact(bytes).map_err(|_| damaged())?;
            hasher.update(bytes);
            take(at as usize, bytes);
            at += count as u64;
        }
        let mut hash = [0; 32];
        self.file.read_exact(&mut hash).map_err(|_| damaged())?;
        if hasher.finalize() != hash { Err(damaged()) } else { Ok(()) }
    }

    /// An error if there is more.
    fn end(&mut self) -> Result<(), IoError> {
        match self.file.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(IoError::file(&self.name, "there is something after the end of the checkpoint")),
            Err(e) => Err(IoError::system(&self.name, "read")(e)),
        }
    }
}
