//! A file's bytes in memory of our own, where no change of the file reaches them. They are read in pieces on all cores, each hashed while it
//! is in a core's cache, and numbers stay where they were read to: a model's parameters are in memory once.

use super::hash::verify;
use crate::error::IoError;
use planish_tensor::AlignedVec;
use std::fs::File;
use std::io;

/// Bytes on the boundary of a cache line, and from 4 MiB on in huge pages where the system has them.
pub(super) struct Own {
    memory: AlignedVec<f32>,
    len: usize,
}

impl Own {
    /// Reads a file of `len` bytes, the first of which are those of `head`: its header and what stands before it. With them, whether what
    /// follows is known to be finite numbers.
    ///
    /// # Errors
    /// A file that cannot be read, has become shorter, or does not have its hash; more memory than there is.
    pub(super) fn read(
        name: &str,
        file: &Positioned,
        len: usize,
        head: &[u8],
    ) -> Result<(Own, bool), IoError> {
        let memory = AlignedVec::try_zeros(len.div_ceil(size_of::<f32>()));
        let mut own = Own { memory: memory.ok_or_else(|| IoError::memory(name))?, len };
        let finite = verify(name, &head[8..], own.bytes_mut(), &|start, part: &mut [u8]| {
            // What the header was read as is what is hashed and believed, though the file should change meanwhile.
            let known = &head[start.min(head.len())..(start + part.len()).min(head.len())];
            let (first, rest) = part.split_at_mut(known.len());
            first.copy_from_slice(known);
            file.read_exact(rest, (start + known.len()) as u64)?;
            Ok(&*part)
        })?;
        Ok((own, finite))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.memory)[..self.len]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut bytemuck::cast_slice_mut(&mut self.memory)[..self.len]
    }

    /// The `count` numbers from the byte `start` on, if they lie as numbers do in this machine's memory.
    ///
    /// # Errors
    /// The bytes back, if they do not.
    pub(super) fn numbers(self, start: usize, count: usize) -> Result<OwnNumbers, Own> {
        let first = start / size_of::<f32>();
        let end = first.saturating_add(count);
        let lies = start.is_multiple_of(size_of::<f32>()) && end <= self.len / size_of::<f32>();
        if cfg!(target_endian = "little") && lies {
            Ok(OwnNumbers { memory: self.memory, first, end })
        } else {
            Err(self)
        }
    }
}

/// Numbers that were read from a file.
pub(super) struct OwnNumbers {
    memory: AlignedVec<f32>,
    first: usize,
    end: usize,
}

impl AsRef<[f32]> for OwnNumbers {
    fn as_ref(&self) -> &[f32] {
        &self.memory[self.first..self.end]
    }
}

/// A file that several threads read from at once, each where it likes.
pub(super) struct Positioned {
    #[cfg(unix)]
    file: File,
    #[cfg(not(unix))]
    file: std::sync::Mutex<File>,
}

impl Positioned {
    #[cfg(unix)]
    pub(super) fn new(file: File) -> Positioned {
        Positioned { file }
    }

    #[cfg(not(unix))]
    pub(super) fn new(file: File) -> Positioned {
        Positioned { file: file.into() }
    }

    /// Fills the buffer with the bytes from `offset` on.
    ///
    /// # Errors
    /// A file that cannot be read, or that ends before.
    #[cfg(unix)]
    pub(super) fn read_exact(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, buffer, offset)
    }

    #[cfg(not(unix))]
    pub(super) fn read_exact(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        use std::io::{Read, Seek, SeekFrom};
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_outside_or_askew_is_refused() {
        let own = || Own { memory: AlignedVec::zeros(64), len: 255 };
        assert_eq!(own().bytes().len(), 255);
        assert!(own().numbers(62, 4).is_err());
        assert!(own().numbers(64, 48).is_err());
        assert!(own().numbers(64, usize::MAX).is_err());
        assert!(own().numbers(64, 47).is_ok_and(|n| n.as_ref().len() == 47));
    }
}
