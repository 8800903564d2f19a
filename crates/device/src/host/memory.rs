//! Memory of the host device, and what is known of the machine.
#![expect(unsafe_code, reason = "owns raw allocations, as a device does")]

use crate::Address;
use std::alloc::{Layout, alloc, dealloc};

/// Alignment of every allocation, the one that CUDA gives too.
const ALIGNMENT: usize = 512;

/// Allocates `bytes` bytes, aligned to 512; `None` where there is not enough memory. The content is undefined.
pub(crate) fn allocate(bytes: usize) -> Option<Address> {
    let layout = layout(bytes)?;
    // SAFETY: the layout has a size of at least one byte.
    let pointer = unsafe { alloc(layout) };
    (!pointer.is_null()).then(|| Address::from_ptr(pointer))
}

/// Frees an allocation.
///
/// # Safety
/// `address` came from [`allocate`] with the same `bytes`, was not freed since, and nothing uses it any more.
pub(crate) unsafe fn free(address: Address, bytes: usize) {
    let layout = layout(bytes).expect("the layout was valid when the memory was allocated");
    // SAFETY: promised by the caller; the layout is computed as it was for the allocation.
    unsafe { dealloc(address.as_ptr(), layout) };
}

fn layout(bytes: usize) -> Option<Layout> {
    Layout::from_size_align(bytes.max(1), ALIGNMENT).ok()
}

/// The processor's name; the architecture's where the system does not tell.
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

/// Bytes of memory that a program could have now, where the system tells.
pub(crate) fn available_memory() -> Option<usize> {
    meminfo("MemAvailable:").and_then(|bytes| usize::try_from(bytes).ok())
}

fn meminfo(key: &str) -> Option<u64> {
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = info.lines().find_map(|line| line.strip_prefix(key))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
