//! Counts allocations on the heap, and their bytes, while counting is on. For tests and benchmarks of what must not allocate, or
//! must not take more than it was said to:
//!
//! ```
//! use pixelflume_heap_counter::{Counting, counted, peak};
//! use std::alloc::System;
//!
//! #[global_allocator]
//! static ALLOCATOR: Counting<System> = Counting(System);
//!
//! let (allocations, _) = counted(|| vec![1, 2, 3]);
//! assert!(allocations >= 1);
//! let (bytes, _) = peak(|| vec![0_u8; 1000]);
//! assert!(bytes >= 1000);
//! ```
#![expect(unsafe_code, reason = "an allocator passes calls on to another one")]

use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::SeqCst};

/// Whether allocations count. Off, an allocation pays for one load of a value that is not written.
static COUNTING: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicU64 = AtomicU64::new(0);
/// Bytes that were allocated less those that were freed since counting began, and the most that they have been. What was
/// allocated before and freed since makes the first negative.
static LIVE: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);

/// An allocator that counts calls and passes them on to another allocator.
#[derive(Debug)]
pub struct Counting<A>(pub A);

/// Counts an allocation that takes `bytes` bytes more than before.
fn count(bytes: i64) {
    if COUNTING.load(SeqCst) {
        COUNT.fetch_add(1, SeqCst);
        let live = LIVE.fetch_add(bytes, SeqCst) + bytes;
        PEAK.fetch_max(live, SeqCst);
    }
}

/// The bytes of an allocation, which are at most `isize::MAX`.
fn bytes(layout: Layout) -> i64 {
    layout.size() as i64
}

// SAFETY: every call goes to the inner allocator as it came, and its answer comes back as it is; counting allocates nothing
// and cannot unwind.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Counting<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(bytes(layout));
        // SAFETY: the caller's promise is the one that the inner allocator asks for.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(bytes(layout));
        // SAFETY: as in `alloc`.
        unsafe { self.0.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as i64 - bytes(layout));
        // SAFETY: as in `alloc`; the block came from the inner allocator.
        unsafe { self.0.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if COUNTING.load(SeqCst) {
            LIVE.fetch_sub(bytes(layout), SeqCst);
        }
        // SAFETY: as in `realloc`.
        unsafe { self.0.dealloc(block, layout) }
    }
}

/// Allocations and reallocations of all threads while `work` runs, with its result. Not to be nested, or used by two threads
/// at once: the first that ends would end the counting of the other.
pub fn counted<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let before = COUNT.load(SeqCst);
    COUNTING.store(true, SeqCst);
    let result = work();
    COUNTING.store(false, SeqCst);
    (COUNT.load(SeqCst) - before, result)
}

/// The most bytes that all threads held at one time of what they allocated while `work` ran, with its result. A block that grows
/// counts with its new size, not with both. Not to be nested or used by two threads at once, as [`counted`].
pub fn peak<T>(work: impl FnOnce() -> T) -> (u64, T) {
    LIVE.store(0, SeqCst);
    PEAK.store(0, SeqCst);
    let (_, result) = counted(work);
    (PEAK.load(SeqCst).unsigned_abs(), result)
}

/// Within the work of [`peak`]: the bytes that all threads hold of what they allocated since its start, less those of before that were
/// freed since.
pub fn live() -> i64 {
    LIVE.load(SeqCst)
}
