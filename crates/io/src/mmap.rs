//! Files mapped into memory, read only, for who asks for it: a model of a gigabyte is opened without being copied, and several processes
//! that serve it share its pages.
//!
//! The bytes of a mapping are the file's, for as long as it lives. Planish replaces its files by renaming, which leaves a mapping
//! its old file. Who writes into a mapped file in place changes the numbers under the model; who cuts it short ends the process
//! with SIGBUS at the next touch of what is gone. No system call prevents that, so nothing is mapped that was not asked for;
//! [`Map::is_whole`] notices a file that was cut while it was being verified and whose lost pages have not been asked for.

use memmap2::{Mmap, MmapOptions};
use std::fs::File;

/// A mapped file.
#[derive(Debug)]
pub(crate) struct Map {
    file: File,
    map: Mmap,
}

impl Map {
    /// Maps a file of `len` bytes.
    pub(crate) fn new(file: File, len: usize) -> std::io::Result<Map> {
        // SAFETY: the mapping is read only and private to this type, which hands out shared slices of plain numbers alone, valid
        // whatever their bits. That nobody changes the file meanwhile cannot be proved; the head of this file says what then.
        let map = unsafe { MmapOptions::new().len(len).map(&file)? };
        Ok(Map { file, map })
    }

    /// The file's bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Whether the file still has the length that it was mapped with.
    pub(crate) fn is_whole(&self) -> bool {
        self.file.metadata().is_ok_and(|m| m.len() == self.map.len() as u64)
    }

    /// The `count` numbers from the byte `start` on, if they lie as numbers do in this machine's memory.
    ///
    /// # Errors
    /// The map back, if they do not.
    pub(crate) fn numbers(self, start: usize, count: usize) -> Result<MappedNumbers, Map> {
        let end = count.saturating_mul(size_of::<f32>()).saturating_add(start);
        let aligned = |bytes: &[u8]| bytes.as_ptr().addr().is_multiple_of(align_of::<f32>());
        if cfg!(target_endian = "little") && self.map.get(start..end).is_some_and(aligned) {
            Ok(MappedNumbers { map: self.map, start, end })
        } else {
            Err(self)
        }
    }
}

/// Numbers in a mapped file.
#[derive(Debug)]
pub(crate) struct MappedNumbers {
    map: Mmap,
    start: usize,
    end: usize,
}

impl AsRef<[f32]> for MappedNumbers {
    fn as_ref(&self) -> &[f32] {
        bytemuck::cast_slice(&self.map[self.start..self.end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(bytes: &[u8]) -> (tempfile::NamedTempFile, Map) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let map = Map::new(File::open(file.path()).unwrap(), bytes.len()).unwrap();
        (file, map)
    }

    #[test]
    fn numbers_are_those_of_the_file() {
        for count in [1, 15, 16, 17, 1023, 1024] {
            let numbers: Vec<f32> = (1..=count).map(|i| i as f32).collect();
            let bytes: Vec<u8> =
                [0; 64].into_iter().chain(numbers.iter().flat_map(|x| x.to_le_bytes())).collect();
            let (_file, map) = mapped(&bytes);
            assert_eq!(map.bytes(), bytes);
            assert_eq!(map.numbers(64, count as usize).unwrap().as_ref(), numbers);
        }
    }

    #[test]
    fn what_lies_outside_or_askew_is_refused() {
        assert!(mapped(&[0; 256]).1.numbers(62, 4).is_err());
        assert!(mapped(&[0; 256]).1.numbers(64, 49).is_err());
        assert!(mapped(&[0; 256]).1.numbers(64, usize::MAX).is_err());
        assert!(mapped(&[0; 256]).1.numbers(64, 48).is_ok());
        assert!(mapped(&[0; 256]).1.numbers(60, 49).is_ok());
    }

    #[test]
    fn a_file_cut_short_is_noticed() {
        let (file, map) = mapped(&[1; 100]);
        assert!(map.is_whole());
        file.as_file().set_len(99).unwrap();
        assert!(!map.is_whole());
    }
}
