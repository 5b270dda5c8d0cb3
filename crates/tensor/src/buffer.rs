//! `AlignedVec`: an owned, fixed-length buffer aligned to 64 bytes (a cache line, and a full AVX-512 vector).
//!
//! A buffer of 4 MiB or more is mapped straight from the system: zeroed there, and only when it is touched, so that asking
//! for memory costs none. It starts on 2 MiB and is advised for huge pages, which spare the first touch most of its page faults
//! and every later pass its misses of the TLB (`docs/performance.md` has figures). Smaller ones come from the allocator, with room to move
//! their start to a line's: asked for the alignment itself, it would cut the buffer out of a larger block and give the rest back, which
//! takes longer than a small product.

use crate::scalar::Scalar;
use memmap2::MmapMut;
use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

const ALIGN: usize = 64;
/// The alignment of whatever comes from the allocator.
const NATURAL: usize = 16;
/// A huge page of x86-64, and of most AArch64 systems.
const HUGE: usize = 2 << 20;
/// Bytes from which a buffer is mapped.
const MAPPED: usize = 2 * HUGE;

/// A slice of numbers on the heap, aligned to 64 bytes (from 4 MiB on to 2 MiB). Its length is fixed when it is made.
pub struct AlignedVec<T: Scalar> {
    ptr: NonNull<T>,
    len: usize,
    /// Bytes between the start of what the allocator gave and the buffer.
    before: usize,
    /// The mapping that a large buffer lies in; none if it came from the allocator.
    map: Option<MmapMut>,
}

impl<T: Scalar> AlignedVec<T> {
    /// `len` zeros. A large buffer's memory comes zeroed from the system, untouched until used.
    ///
    /// # Panics
    /// If `len` elements exceed `isize::MAX` bytes.
    pub fn zeros(len: usize) -> Self {
        let layout = || Self::layout(len).expect("buffer size overflows");
        Self::try_zeros(len).unwrap_or_else(|| handle_alloc_error(layout()))
    }

    /// As [`AlignedVec::zeros`], or `None` if the system has not the memory.
    pub fn try_zeros(len: usize) -> Option<Self> {
        if len == 0 {
            return Some(AlignedVec { ptr: NonNull::dangling(), len, before: 0, map: None });
        }
        let (bytes, layout) = (len.checked_mul(size_of::<T>())?, Self::layout(len)?);
        if bytes >= MAPPED {
            return Self::map_zeros(len, bytes);
        }
        // SAFETY: the layout's size is not zero.
        let raw = NonNull::new(unsafe { alloc_zeroed(layout) })?;
        let before = raw.align_offset(ALIGN);
        // SAFETY: `raw` is aligned to `NATURAL`, so `before` is at most what `layout` adds to the buffer's bytes.
        let ptr = unsafe { raw.add(before) }.cast();
        Some(AlignedVec { ptr, len, before, map: None })
    }

    /// `len` zeros of `bytes` bytes in a mapping of their own.
    fn map_zeros(len: usize, bytes: usize) -> Option<Self> {
        let mut map = MmapMut::map_anon(bytes.checked_add(HUGE)?).ok()?;
        let start = map.as_ptr().align_offset(HUGE);
        // Whole huge pages alone, so that no memory beyond the buffer is taken. A system without them says no; nothing is lost.
        #[cfg(target_os = "linux")]
        let _ = map.advise_range(memmap2::Advice::HugePage, start, bytes / HUGE * HUGE);
        let ptr = NonNull::new(map.get_mut(start..start + bytes)?.as_mut_ptr().cast::<T>())?;
        Some(AlignedVec { ptr, len, before: 0, map: Some(map) })
    }

    /// A copy of the slice.
    pub fn from_slice(values: &[T]) -> Self {
        let mut out = Self::zeros(values.len());
        out.copy_from_slice(values);
        out
    }

    /// What a buffer from the allocator needs.
    fn layout(len: usize) -> Option<Layout> {
        let bytes = len.checked_mul(size_of::<T>())?;
        Layout::from_size_align(bytes.checked_add(ALIGN - NATURAL)?, NATURAL).ok()
    }
}

impl<T: Scalar> Drop for AlignedVec<T> {
    fn drop(&mut self) {
        if self.map.is_none()
            && self.len > 0
            && let Some(layout) = Self::layout(self.len)
        {
            // SAFETY: `alloc_zeroed` gave the bytes from `before` ahead of `ptr` with this very layout, and they are freed once.
            unsafe { dealloc(self.ptr.as_ptr().cast::<u8>().sub(self.before), layout) }
        }
    }
}

impl<T: Scalar> AsRef<[T]> for AlignedVec<T> {
    fn as_ref(&self) -> &[T] {
        self
    }
}

impl<T: Scalar> Deref for AlignedVec<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: `ptr` points to `len` elements of initialised bytes, all of which are numbers (dangling only when `len` is 0), which the allocator or `map`
        // keeps until `self` is dropped; nothing else reaches into the mapping.
        unsafe { std::slice::from_raw_parts(self.ptr.as_ptr(), self.len) }
    }
}

impl<T: Scalar> DerefMut for AlignedVec<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as in `deref`, and the buffer is uniquely owned.
        unsafe { std::slice::from_raw_parts_mut(self.ptr.as_ptr(), self.len) }
    }
}

// SAFETY: the buffer is uniquely owned and its elements are plain numbers.
unsafe impl<T: Scalar> Send for AlignedVec<T> {}
// SAFETY: shared access only reads.
unsafe impl<T: Scalar> Sync for AlignedVec<T> {}

impl<T: Scalar> Clone for AlignedVec<T> {
    fn clone(&self) -> Self {
        Self::from_slice(self)
    }
}

impl<T: Scalar> Default for AlignedVec<T> {
    fn default() -> Self {
        Self::zeros(0)
    }
}

impl<T: Scalar> std::fmt::Debug for AlignedVec<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: Scalar> PartialEq for AlignedVec<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}
