//! Stream-ordered memory of the host device: a free takes effect when its stream reaches it.
#![expect(unsafe_code, reason = "owns raw allocations, as a driver's pool does")]

use super::memory::{allocate, free};
use crate::address::Address;
use crate::process::ProcessBound;
use crate::sync::Mutex;
use std::sync::Arc;

/// A pool of the host device.
#[derive(Clone)]
pub(crate) struct HostOrderedPool(Arc<ProcessBound<Mutex<Blocks>>>);

struct Blocks {
    /// Blocks whose free has taken effect, with their sizes.
    free: Vec<(Address, usize)>,
    free_bytes: usize,
    reserved: usize,
    /// Free bytes above which blocks go back to the system.
    threshold: usize,
}

impl HostOrderedPool {
    pub(crate) fn new(release_threshold: u64) -> Self {
        let threshold = usize::try_from(release_threshold).unwrap_or(usize::MAX);
        let free = Vec::with_capacity(64);
        HostOrderedPool(Arc::new(ProcessBound::new(Mutex::new(Blocks {
            free,
            free_bytes: 0,
            reserved: 0,
            threshold,
        }))))
    }

    /// Returns a block of exactly `bytes` bytes: a free one of that size, or a new one.
    pub(crate) fn allocate(&self, bytes: usize) -> Option<Address> {
        let mut state = self.0.lock();
        if let Some(index) = state.free.iter().rposition(|(_, size)| *size == bytes) {
            state.free_bytes -= bytes;
            return Some(state.free.swap_remove(index).0);
        }
        let address = allocate(bytes)?;
        state.reserved += bytes;
        Some(address)
    }

    /// Takes back a block whose free the stream has reached.
    ///
    /// # Safety
    /// `address` came from [`HostOrderedPool::allocate`] with the same `bytes`, is freed once, and nothing uses it any more.
    pub(super) unsafe fn take_back(&self, address: Address, bytes: usize) {
        let mut state = self.0.lock();
        state.free.push((address, bytes));
        state.free_bytes += bytes;
        let threshold = state.threshold;
        state.shrink(threshold);
    }

    pub(crate) fn trim(&self, keep: usize) {
        let mut state = self.0.lock();
        let in_use = state.reserved - state.free_bytes;
        state.shrink(keep.saturating_sub(in_use));
    }

    pub(crate) fn reserved(&self) -> usize {
        self.0.lock().reserved
    }
}

impl Blocks {
    /// Gives the oldest free blocks back to the system until at most `keep` free bytes are left.
    fn shrink(&mut self, keep: usize) {
        while self.free_bytes > keep && !self.free.is_empty() {
            let (address, bytes) = self.free.remove(0);
            self.free_bytes -= bytes;
            self.reserved -= bytes;
            // SAFETY: the block is on the list, so it came from `allocate` with this size and no work uses it; it leaves the
            // list here, so it is freed once.
            unsafe { free(address, bytes) };
        }
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        self.shrink(0);
    }
}
