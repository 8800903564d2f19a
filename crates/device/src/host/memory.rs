//! Memory of the host device, and the machine's name and memory size.
#![expect(unsafe_code, reason = "owns raw allocations, as a device does")]

use crate::address::Address;
use std::alloc::{Layout, alloc_zeroed, dealloc};

/// Alignment of every allocation in bytes, which is that of CUDA as well.
const ALIGNMENT: usize = 512;

/// Bytes before an address in which the beginning of its allocation is stored.
const HEADER: usize = size_of::<*mut u8>();

/// Whether allocations are exactly as long as requested, so that a sanitizer sees each access past the end.
const EXACT: bool = cfg!(any(sanitized, miri));

/// Allocates `bytes` bytes, all zero, aligned to 512; `None` where there is not enough memory.
///
/// The alignment is made here: with one as large as this the system's allocator would write the zeros itself, and touch all
/// pages, where it otherwise takes fresh pages for large blocks, which the system makes zero when they are first used.
pub(crate) fn allocate(bytes: usize) -> Option<Address> {
    let layout = layout(bytes)?;
    // SAFETY: the layout has a size of at least one byte.
    let start = unsafe { alloc_zeroed(layout) };
    if start.is_null() {
        return None;
    }
    if EXACT {
        return Some(Address::from_ptr(start));
    }
    let offset = (start.addr() + HEADER).next_multiple_of(ALIGNMENT) - start.addr();
    // SAFETY: `offset` is at most HEADER + ALIGNMENT - 1, so that `bytes` bytes from there on are in the allocation; and at
    // least HEADER, so that the header before it is, too, where the alignment of the address is enough for a pointer.
    let pointer = unsafe {
        let pointer = start.add(offset);
        pointer.cast::<*mut u8>().sub(1).write(start);
        pointer
    };
    Some(Address::from_ptr(pointer))
}

/// Frees an allocation.
///
/// # Safety
/// `address` came from [`allocate`] with the same `bytes`, was not freed since, and nothing uses it any more.
pub(crate) unsafe fn free(address: Address, bytes: usize) {
    let layout = layout(bytes).expect("the layout was valid when the memory was allocated");
    if EXACT {
        // SAFETY: promised by the caller: the address is the beginning of an allocation with this layout.
        unsafe { dealloc(address.as_ptr(), layout) };
        return;
    }
    // SAFETY: promised by the caller: before the address lies the beginning of its allocation, where `allocate` wrote it. The
    // layout is computed as it was for the allocation.
    unsafe {
        let start = address.as_ptr::<*mut u8>().sub(1).read();
        dealloc(start, layout);
    }
}

/// The layout of `bytes` bytes at a multiple of [`ALIGNMENT`] with a header before them.
fn layout(bytes: usize) -> Option<Layout> {
    if EXACT {
        return Layout::from_size_align(bytes.max(1), ALIGNMENT).ok();
    }
    let size = bytes.checked_add(HEADER + ALIGNMENT)?;
    Layout::from_size_align(size, HEADER).ok()
}

/// The name of the processor, or its architecture where the system does not tell the name.
pub(super) fn processor_name() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or_else(
        || std::env::consts::ARCH.to_owned(),
        |(_, name)| name.trim().to_owned(),
    )
}

/// Bytes of memory of the machine, where the system tells.
pub(super) fn total_memory() -> Option<u64> {
    meminfo("MemTotal:")
}

/// Bytes of memory that the system could give to a program now, where the system tells.
pub(crate) fn available_memory() -> Option<usize> {
    meminfo("MemAvailable:").and_then(|bytes| usize::try_from(bytes).ok())
}

fn meminfo(key: &str) -> Option<u64> {
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = info.lines().find_map(|line| line.strip_prefix(key))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
