//! Pageable memory of the process, for use where the system gives no more page-locked memory.
#![expect(unsafe_code, reason = "owns raw allocations")]

use crate::source::ALIGNMENT;
use pixelflume_device::Address;
use std::alloc::{Layout, alloc, dealloc};

fn layout(bytes: usize) -> Option<Layout> {
    Layout::from_size_align(bytes.max(1), ALIGNMENT).ok()
}

/// Allocates `bytes` bytes of pageable memory; `None` where there is not enough memory. The buffer that gets them makes
/// them zero, as it does with those that are page-locked.
pub(crate) fn allocate(bytes: usize) -> Option<Address> {
    // SAFETY: the layout has at least one byte.
    let pointer = unsafe { alloc(layout(bytes)?) };
    (!pointer.is_null()).then(|| Address::from_ptr(pointer))
}

/// Frees memory that [`allocate`] returned.
///
/// # Safety
/// `address` came from [`allocate`] with the same `bytes`, is freed once, and nothing uses it any more.
pub(crate) unsafe fn free(address: Address, bytes: usize) {
    let layout = layout(bytes).expect("the layout was valid when the memory was allocated");
    // SAFETY: promised by the caller; the layout is the one of the allocation.
    unsafe { dealloc(address.as_ptr(), layout) };
}
