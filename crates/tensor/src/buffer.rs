//! `AlignedVec`: an owned, fixed-length buffer aligned to 64 bytes (a cache line, and a full AVX-512 vector).

use crate::scalar::Scalar;
use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

const ALIGN: usize = 64;

/// A slice of numbers on the heap, aligned to 64 bytes. Its length is fixed when it is made.
pub struct AlignedVec<T: Scalar> {
    ptr: NonNull<T>,
    len: usize,
}

impl<T: Scalar> AlignedVec<T> {
    /// `len` zeros. Memory comes zeroed from the system, untouched until used.
    ///
    /// # Panics
    /// If `len` elements exceed `isize::MAX` bytes.
    pub fn zeros(len: usize) -> Self {
        Self::try_zeros(len).unwrap_or_else(|| handle_alloc_error(Self::layout(len)))
    }

    /// As [`AlignedVec::zeros`], or `None` if the system has not the memory.
    pub fn try_zeros(len: usize) -> Option<Self> {
        if len == 0 {
            return Some(AlignedVec { ptr: NonNull::dangling(), len });
        }
        let layout = Layout::from_size_align(len.checked_mul(size_of::<T>())?, ALIGN).ok()?;
        // SAFETY: the layout's size is not zero; all-zero bytes are a valid f32 or f64.
        let raw = unsafe { alloc_zeroed(layout) };
        NonNull::new(raw.cast::<T>()).map(|ptr| AlignedVec { ptr, len })
    }

    /// A copy of the slice.
    pub fn from_slice(values: &[T]) -> Self {
        let mut out = Self::zeros(values.len());
        out.copy_from_slice(values);
        out
    }

    fn layout(len: usize) -> Layout {
        let bytes = len.checked_mul(size_of::<T>()).expect("buffer size overflows");
        Layout::from_size_align(bytes, ALIGN).expect("buffer size overflows")
    }
}

impl<T: Scalar> Drop for AlignedVec<T> {
    fn drop(&mut self) {
        if self.len > 0 {
            // SAFETY: `ptr` came from `alloc_zeroed` with this very layout and is freed once.
            unsafe { dealloc(self.ptr.as_ptr().cast(), Self::layout(self.len)) }
        }
    }
}

impl<T: Scalar> Deref for AlignedVec<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: `ptr` points to `len` initialised elements (dangling only when `len` is 0).
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_aligned_zeroed_and_cloned_by_value() {
        for len in [0, 1, 7, 64, 1000] {
            let mut a = AlignedVec::<f32>::zeros(len);
            assert_eq!(a.len(), len);
            assert!(len == 0 || a.as_ptr().addr().is_multiple_of(ALIGN));
            assert!(a.iter().all(|&x| x == 0.0));
            if len > 0 {
                a[len - 1] = 3.0;
                let b = a.clone();
                a[len - 1] = 4.0;
                assert_eq!(b[len - 1], 3.0);
            }
        }
    }
}
