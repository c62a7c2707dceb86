//! How much memory reading something may take.

use std::fmt;

use peak_alloc::PeakAlloc;

const BYTES: usize = 64 << 20;
const BYTES_A_BYTE: usize = 512;
const BYTES_A_NODE: usize = 1024;

/// Most bytes that a text or file of this length may take, which makes so many nodes.
pub fn bound(length: usize, nodes: usize) -> usize {
    BYTES + BYTES_A_BYTE * length + BYTES_A_NODE * nodes
}

/// What work yields, and the most bytes that were allocated at one time for it. The allocator counts for all threads.
pub fn measured<T>(allocator: &PeakAlloc, work: impl FnOnce() -> T) -> (T, usize) {
    allocator.reset_peak_usage();
    let before = allocator.current_usage();
    let result = work();
    (result, allocator.peak_usage().saturating_sub(before))
}

/// Panics when something takes more than it may.
pub fn check_bound(name: &dyn fmt::Display, length: usize, nodes: usize, taken: usize) {
    let bound = bound(length, nodes);
    assert!(taken <= bound, "{name}: {taken} bytes, more than {bound}");
}
