//! Aligned buffers.

use planish_tensor::AlignedVec;

/// Buffers start on a cache line.
const ALIGN: usize = 64;
/// A huge page.
const HUGE: usize = 2 << 20;
/// Bytes from which a buffer is mapped.
const MAPPED: usize = 2 * HUGE;

#[test]
fn buffers_are_aligned_zeroed_and_cloned_by_value() {
    for len in [0, 1, 7, 64, 1000, MAPPED / 4, MAPPED / 4 + 1, 3 * MAPPED / 4 + 17] {
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

#[test]
fn a_large_buffer_starts_on_a_huge_page_and_a_small_one_comes_from_the_allocator() {
    let (small, large) = (AlignedVec::<f64>::zeros(MAPPED / 8 - 1), AlignedVec::<f64>::zeros(MAPPED / 8));
    assert!(large.as_ptr().addr().is_multiple_of(HUGE));
    // The allocator's own notes stand before what it gives.
    assert!(!small.as_ptr().addr().is_multiple_of(HUGE));
}

#[test]
fn memory_that_cannot_be_had_is_none() {
    assert!(AlignedVec::<f64>::try_zeros(usize::MAX).is_none());
    assert!(AlignedVec::<f32>::try_zeros(isize::MAX as usize / 4).is_none());
    assert!(AlignedVec::<f32>::try_zeros(1 << 55).is_none());
}

#[cfg(target_os = "linux")]
#[test]
fn asking_for_memory_takes_none() {
    let resident = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap()
    };
    let before = resident();
    let buffer = AlignedVec::<f32>::zeros(1 << 28);
    let after = resident();
    assert!(after < before + (512 << 10), "{before} KiB, then {after} KiB for {} numbers", buffer.len());
}
