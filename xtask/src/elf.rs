//! Reads from a Linux executable what says whether it is static: its interpreter, its shared libraries, its
//! symbols.
//!
//! Only 64-bit little-endian files are read. A dynamic executable names its loader in a PT_INTERP segment and
//! each shared library in a DT_NEEDED entry of its PT_DYNAMIC segment; a static one has neither (a static
//! position-independent one has a PT_DYNAMIC segment, for its own relocations). A stripped one has no section
//! of type SHT_SYMTAB.
//!
//! Source: the System V ABI, chapters 4 and 5, and `elf.h`.

use anyhow::{Context, Result, bail, ensure};

const PT_LOAD: u64 = 1;
const PT_DYNAMIC: u64 = 2;
const PT_INTERP: u64 = 3;
const DT_NULL: u64 = 0;
const DT_NEEDED: u64 = 1;
const DT_STRTAB: u64 = 5;
const SHT_SYMTAB: u64 = 2;

/// What an executable says about how it is linked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Executable {
    /// The loader it asks for, such as `/lib64/ld-linux-x86-64.so.2`.
    pub interpreter: Option<String>,
    /// The shared libraries it asks for, such as `libc.so.6`.
    pub needed: Vec<String>,
    /// Whether it still has its symbol table.
    pub has_symbols: bool,
}

/// Reads the headers of an executable.
///
/// # Errors
/// When the bytes are not a 64-bit little-endian ELF file, or a header points outside it.
pub fn read(bytes: &[u8]) -> Result<Executable> {
    ensure!(bytes.starts_with(b"\x7fELF\x02\x01"), "not a 64-bit little-endian ELF file");
    let file = File { bytes };
    let segments = file.segments()?;
    let mut executable = Executable { has_symbols: file.has_symbols()?, ..Executable::default() };
    for segment in &segments {
        match segment.kind {
            PT_INTERP => executable.interpreter = Some(file.string(segment.offset)?),
            PT_DYNAMIC => executable.needed = file.needed(segment, &segments)?,
            _ => {}
        }
    }
    Ok(executable)
}

struct Segment {
    kind: u64,
    offset: u64,
    address: u64,
    size: u64,
}

struct File<'a> {
    bytes: &'a [u8],
}

impl File<'_> {
    /// The unsigned integer of `size` bytes at `offset`.
    fn number(&self, offset: u64, size: u64) -> Result<u64> {
        let range = usize::try_from(offset)?..usize::try_from(offset.saturating_add(size))?;
        let bytes = self.bytes.get(range).with_context(|| format!("the file ends before byte {offset}"))?;
        Ok(bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    /// The zero-terminated string at `offset`.
    fn string(&self, offset: u64) -> Result<String> {
        let rest = self.bytes.get(usize::try_from(offset)?..).context("a string outside the file")?;
        let end = rest.iter().position(|&byte| byte == 0).context("a string without an end")?;
        Ok(String::from_utf8_lossy(&rest[..end]).into_owned())
    }

    /// The program headers: e_phoff, e_phentsize and e_phnum say where they are.
    fn segments(&self) -> Result<Vec<Segment>> {
        let (start, size, count) = (self.number(32, 8)?, self.number(54, 2)?, self.number(56, 2)?);
        let mut segments = Vec::new();
        for index in 0..count {
            let at = start.saturating_add(index * size);
            segments.push(Segment {
                kind: self.number(at, 4)?,
                offset: self.number(at.saturating_add(8), 8)?,
                address: self.number(at.saturating_add(16), 8)?,
                size: self.number(at.saturating_add(32), 8)?,
            });
        }
        Ok(segments)
    }

    /// Whether a section header (e_shoff, e_shentsize, e_shnum) is of type SHT_SYMTAB.
    fn has_symbols(&self) -> Result<bool> {
        let (start, size, count) = (self.number(40, 8)?, self.number(58, 2)?, self.number(60, 2)?);
        for index in 0..count {
            if self.number(start.saturating_add(index * size).saturating_add(4), 4)? == SHT_SYMTAB {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The names in the DT_NEEDED entries of the dynamic segment.
    fn needed(&self, dynamic: &Segment, segments: &[Segment]) -> Result<Vec<String>> {
        let (mut names, mut strings) = (Vec::new(), None);
        for index in 0..dynamic.size / 16 {
            let at = dynamic.offset.saturating_add(index * 16);
            match (self.number(at, 8)?, self.number(at.saturating_add(8), 8)?) {
                (DT_NULL, _) => break,
                (DT_NEEDED, name) => names.push(name),
                (DT_STRTAB, address) => strings = Some(file_offset(address, segments)?),
                _ => {}
            }
        }
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let strings = strings.context("shared libraries, but no table of their names")?;
        names.into_iter().map(|name| self.string(strings.saturating_add(name))).collect()
    }
}

/// Where in the file the byte lies that is loaded at `address`.
fn file_offset(address: u64, segments: &[Segment]) -> Result<u64> {
    for segment in segments.iter().filter(|segment| segment.kind == PT_LOAD) {
        if let Some(inside) = address.checked_sub(segment.address).filter(|&inside| inside < segment.size) {
            return Ok(segment.offset.saturating_add(inside));
        }
    }
    bail!("no segment holds the address {address:#x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file header, then the given program headers (type, offset, size), then the bytes they speak of.
    fn file(segments: &[(u64, u64, u64)], tail: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 64];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        bytes[32] = 64;
        bytes[54] = 56;
        bytes[56] = u8::try_from(segments.len()).unwrap();
        for &(kind, offset, size) in segments {
            let mut header = [0; 56];
            header[0] = u8::try_from(kind).unwrap();
            header[8..16].copy_from_slice(&offset.to_le_bytes());
            header[16..24].copy_from_slice(&offset.to_le_bytes());
            header[32..40].copy_from_slice(&size.to_le_bytes());
            bytes.extend(header);
        }
        bytes.extend(tail);
        bytes
    }

    #[test]
    #[cfg(all(
        target_os = "linux",
        target_env = "gnu",
        target_pointer_width = "64",
        target_endian = "little"
    ))]
    fn the_running_test_executable_is_dynamic() {
        let own = read(&std::fs::read("/proc/self/exe").unwrap()).unwrap();
        assert!(own.interpreter.is_some_and(|loader| loader.contains("ld-linux")));
        assert!(own.needed.iter().any(|name| name.starts_with("libc.so")), "{:?}", own.needed);
    }

    #[test]
    fn a_file_with_loaded_segments_only_is_static_and_stripped() {
        assert_eq!(read(&file(&[(PT_LOAD, 0, 64)], &[])).unwrap(), Executable::default());
    }

    #[test]
    fn an_interpreter_and_a_library_are_read_by_name() {
        // The strings begin after three program headers, the dynamic entries after the strings.
        let strings = 64 + 3 * 56;
        let mut tail = b"ld.so\0\0libm.so\0 ".to_vec();
        for number in [DT_STRTAB, strings, DT_NEEDED, 7, DT_NULL, 0] {
            tail.extend(number.to_le_bytes());
        }
        let segments = [(PT_INTERP, strings, 6), (PT_LOAD, strings, 64), (PT_DYNAMIC, strings + 16, 48)];
        let executable = read(&file(&segments, &tail)).unwrap();
        assert_eq!(executable.interpreter.as_deref(), Some("ld.so"));
        assert_eq!(executable.needed, ["libm.so"]);
    }

    #[test]
    fn a_truncated_or_foreign_file_is_an_error() {
        assert!(read(b"#!/bin/sh").is_err());
        assert!(read(&file(&[(PT_DYNAMIC, 1 << 40, 48)], &[])).is_err());
        assert!(read(&file(&[(PT_LOAD, 0, 64)], &[])[..100]).is_err());
    }
}
