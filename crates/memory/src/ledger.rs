//! The books of a pool: counters, the limit, and who holds what.

use crate::{Leak, PoolStatistics};
#[cfg(debug_assertions)]
use parking_lot::Mutex;
use pixelflume_device::Address;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Live counters behind [`PoolStatistics`]. Each is one relaxed atomic: a snapshot costs a few loads.
pub(crate) struct Ledger {
    pub(crate) requests: AtomicU64,
    pub(crate) reuse_hits: AtomicU64,
    pub(crate) driver_calls: AtomicU64,
    pub(crate) failures: AtomicU64,
    pub(crate) pageable: AtomicUsize,
    in_use: AtomicUsize,
    buffers: AtomicUsize,
    reserved: AtomicUsize,
    high_water: AtomicUsize,
    limit: Option<usize>,
    /// What is handed out, and where it was asked for; its room is kept, so that it allocates nothing in steady state.
    #[cfg(debug_assertions)]
    live: Mutex<Vec<(Address, Leak)>>,
}

impl Ledger {
    pub(crate) fn new(limit: Option<usize>) -> Self {
        Ledger {
            requests: AtomicU64::new(0),
            reuse_hits: AtomicU64::new(0),
            driver_calls: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            pageable: AtomicUsize::new(0),
            in_use: AtomicUsize::new(0),
            buffers: AtomicUsize::new(0),
            reserved: AtomicUsize::new(0),
            high_water: AtomicUsize::new(0),
            limit,
            #[cfg(debug_assertions)]
            live: Mutex::new(Vec::with_capacity(64)),
        }
    }

    pub(crate) fn limit(&self) -> Option<usize> {
        self.limit
    }

    /// Books `bytes` as reserved, unless that passes the limit.
    pub(crate) fn reserve(&self, bytes: usize) -> bool {
        self.add_within_limit(&self.reserved, bytes)
    }

    pub(crate) fn unreserve(&self, bytes: usize) {
        self.reserved.fetch_sub(bytes, Relaxed);
    }

    /// Books `bytes` as in use, unless that passes the limit; [`Ledger::handed_out`] or [`Ledger::withdraw`] follows.
    pub(crate) fn claim(&self, bytes: usize) -> bool {
        self.add_within_limit(&self.in_use, bytes)
    }

    pub(crate) fn withdraw(&self, bytes: usize) {
        self.in_use.fetch_sub(bytes, Relaxed);
    }

    /// Notes a buffer whose bytes were claimed.
    pub(crate) fn handed_out(
        &self,
        address: Address,
        bytes: usize,
        site: &'static Location<'static>,
    ) {
        self.high_water
            .fetch_max(self.in_use.load(Relaxed), Relaxed);
        self.buffers.fetch_add(1, Relaxed);
        #[cfg(debug_assertions)]
        self.live.lock().push((
            address,
            Leak {
                bytes,
                site: Some(site),
            },
        ));
        #[cfg(not(debug_assertions))]
        let _ = (address, bytes, site);
    }

    /// Notes that a buffer came back.
    pub(crate) fn taken_back(&self, address: Address, bytes: usize) {
        self.in_use.fetch_sub(bytes, Relaxed);
        self.buffers.fetch_sub(1, Relaxed);
        #[cfg(debug_assertions)]
        {
            let mut live = self.live.lock();
            if let Some(index) = live.iter().position(|(a, _)| *a == address) {
                live.swap_remove(index);
            }
        }
        #[cfg(not(debug_assertions))]
        let _ = address;
    }

    /// What is handed out now.
    pub(crate) fn leaks(&self) -> Vec<Leak> {
        #[cfg(debug_assertions)]
        return self.live.lock().iter().map(|(_, leak)| *leak).collect();
        #[cfg(not(debug_assertions))]
        {
            // Without the list only the sum is known.
            let bytes = self.in_use.load(Relaxed);
            let leak = Leak { bytes, site: None };
            Vec::from_iter((bytes > 0).then_some(leak))
        }
    }

    pub(crate) fn statistics(&self) -> PoolStatistics {
        PoolStatistics {
            requests: self.requests.load(Relaxed),
            reuse_hits: self.reuse_hits.load(Relaxed),
            driver_calls: self.driver_calls.load(Relaxed),
            failures: self.failures.load(Relaxed),
            buffers: self.buffers.load(Relaxed),
            in_use: self.in_use.load(Relaxed),
            reserved: self.reserved.load(Relaxed),
            high_water: self.high_water.load(Relaxed),
            pageable: self.pageable.load(Relaxed),
        }
    }

    fn add_within_limit(&self, counter: &AtomicUsize, bytes: usize) -> bool {
        let add = |now: usize| {
            let sum = now.checked_add(bytes)?;
            self.limit.is_none_or(|limit| sum <= limit).then_some(sum)
        };
        counter.fetch_update(Relaxed, Relaxed, add).is_ok()
    }
}
