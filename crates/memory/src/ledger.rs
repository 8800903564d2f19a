//! The ledger of a pool: counters, limits, and the blocks in use.

use crate::source::ALIGNMENT;
use crate::statistics::{Leak, PoolStatistics};
#[cfg(debug_assertions)]
use parking_lot::Mutex;
use pixelflume_device::Address;
#[cfg(debug_assertions)]
use pixelflume_device::ProcessBound;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Live counters behind [`PoolStatistics`]. Each is one relaxed atomic: a snapshot costs a few loads. A request that is
/// served from the list touches two of them, its return one.
pub(crate) struct Ledger {
    /// Requests served by a free block.
    hits: AtomicU64,
    /// Requests served by a new block.
    misses: AtomicU64,
    failures: AtomicU64,
    /// Calls of the driver; in the stream-ordered mode only those that failed, see
    /// `Pool::statistics`.
    pub(crate) driver_calls: AtomicU64,
    pub(crate) pageable: AtomicUsize,
    /// Buffers and bytes in use as one word, see [`load`], so that the two numbers always belong together.
    in_use: AtomicU64,
    reserved: AtomicUsize,
    high_water: AtomicUsize,
    limit: Option<usize>,
    /// The limit that this pool shares with another pool, if any.
    host: Option<Arc<HostLimit>>,
    /// The blocks in use with the places in the program that asked for them; its capacity is kept, so that it allocates
    /// nothing in steady state.
    #[cfg(debug_assertions)]
    live: ProcessBound<Mutex<Vec<(Address, Leak)>>>,
}

/// A limit that several pools of the host's memory share, and the bytes that they have reserved
/// together.
pub(crate) struct HostLimit {
    limit: usize,
    reserved: AtomicUsize,
}

impl HostLimit {
    pub(crate) fn new(limit: usize) -> Self {
        HostLimit {
            limit,
            reserved: AtomicUsize::new(0),
        }
    }

    fn reserve(&self, bytes: usize) -> bool {
        let add = |now: usize| now.checked_add(bytes).filter(|&sum| sum <= self.limit);
        self.reserved.fetch_update(Relaxed, Relaxed, add).is_ok()
    }
}

/// The limit that a reservation would pass.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PassedLimit {
    /// The limit of the pool itself.
    Own,
    /// The shared limit: its bytes, and the bytes reserved.
    Host { limit: usize, reserved: usize },
}

impl Ledger {
    pub(crate) fn new(limit: Option<usize>, host: Option<Arc<HostLimit>>) -> Self {
        Ledger {
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            driver_calls: AtomicU64::new(0),
            pageable: AtomicUsize::new(0),
            in_use: AtomicU64::new(0),
            reserved: AtomicUsize::new(0),
            high_water: AtomicUsize::new(0),
            limit,
            host,
            #[cfg(debug_assertions)]
            live: ProcessBound::new(Mutex::new(Vec::with_capacity(64))),
        }
    }

    pub(crate) fn limit(&self) -> Option<usize> {
        self.limit
    }

    pub(crate) fn is_limited(&self) -> bool {
        self.limit.is_some() || self.host.is_some()
    }

    pub(crate) fn in_use(&self) -> usize {
        load(self.in_use.load(Relaxed)).1
    }

    /// Whether `bytes` more bytes would fit the limit if all free blocks were given back.
    pub(crate) fn could_fit(&self, bytes: usize) -> bool {
        self.limit.is_none_or(|limit| {
            let sum = self.in_use().checked_add(bytes);
            sum.is_some_and(|sum| sum <= limit)
        })
    }

    /// Counts `bytes` bytes as reserved, unless that passes a limit.
    pub(crate) fn reserve(&self, bytes: usize) -> Result<(), PassedLimit> {
        let add = |now: usize| {
            let sum = now.checked_add(bytes)?;
            self.limit.is_none_or(|limit| sum <= limit).then_some(sum)
        };
        let own = self.reserved.fetch_update(Relaxed, Relaxed, add);
        own.map_err(|_| PassedLimit::Own)?;
        match &self.host {
            Some(host) if !host.reserve(bytes) => {
                self.reserved.fetch_sub(bytes, Relaxed);
                Err(PassedLimit::Host {
                    limit: host.limit,
                    reserved: host.reserved.load(Relaxed),
                })
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn unreserve(&self, bytes: usize) {
        self.reserved.fetch_sub(bytes, Relaxed);
        if let Some(host) = &self.host {
            host.reserved.fetch_sub(bytes, Relaxed);
        }
    }

    /// Counts a failed request.
    pub(crate) fn failed(&self) {
        self.misses.fetch_add(1, Relaxed);
        self.failures.fetch_add(1, Relaxed);
    }

    /// Uncounts the last failed request, which is made again.
    pub(crate) fn try_again(&self) {
        self.misses.fetch_sub(1, Relaxed);
        self.failures.fetch_sub(1, Relaxed);
    }

    /// Counts a block that is handed out.
    pub(crate) fn handed_out(
        &self,
        address: Address,
        bytes: usize,
        reused: bool,
        site: &'static Location<'static>,
    ) {
        let counter = if reused { &self.hits } else { &self.misses };
        counter.fetch_add(1, Relaxed);
        let one = one_of(bytes);
        let (_, now) = load(self.in_use.fetch_add(one, Relaxed).wrapping_add(one));
        if now > self.high_water.load(Relaxed) {
            self.high_water.fetch_max(now, Relaxed);
        }
        #[cfg(debug_assertions)]
        self.live.lock().push((
            address,
            Leak {
                bytes,
                site: Some(site),
            },
        ));
        #[cfg(not(debug_assertions))]
        let _ = (address, site);
    }

    /// Counts a block that came back.
    pub(crate) fn taken_back(&self, address: Address, bytes: usize) {
        self.in_use.fetch_sub(one_of(bytes), Relaxed);
        #[cfg(debug_assertions)]
        {
            let mut live = self.live.lock();
            if let Some(index) = live.iter().rposition(|(a, _)| *a == address) {
                live.swap_remove(index);
            }
        }
        #[cfg(not(debug_assertions))]
        let _ = address;
    }

    /// The buffers that are in use now.
    pub(crate) fn leaks(&self) -> Vec<Leak> {
        #[cfg(debug_assertions)]
        return self.live.lock().iter().map(|(_, leak)| *leak).collect();
        #[cfg(not(debug_assertions))]
        {
            // Without the list only the sum is known.
            let bytes = self.in_use();
            let leak = Leak { bytes, site: None };
            Vec::from_iter((bytes > 0).then_some(leak))
        }
    }

    pub(crate) fn statistics(&self) -> PoolStatistics {
        let reuse_hits = self.hits.load(Relaxed);
        let (buffers, in_use) = load(self.in_use.load(Relaxed));
        PoolStatistics {
            requests: reuse_hits + self.misses.load(Relaxed),
            reuse_hits,
            driver_calls: self.driver_calls.load(Relaxed),
            failures: self.failures.load(Relaxed),
            buffers,
            in_use,
            reserved: self.reserved.load(Relaxed),
            high_water: self.high_water.load(Relaxed),
            pageable: self.pageable.load(Relaxed),
        }
    }
}

/// Bits for the bytes in the word of buffers and bytes in use, counted in units of 512 bytes: up to 512 TiB. Above
/// them, up to 16 million buffers.
const GRAIN_BITS: u32 = 40;

/// The word of one buffer with a block of `bytes` bytes, a multiple of 512.
fn one_of(bytes: usize) -> u64 {
    (1 << GRAIN_BITS) | (bytes / ALIGNMENT) as u64
}

/// Splits the word into buffers and bytes.
fn load(word: u64) -> (usize, usize) {
    let grains = word & ((1 << GRAIN_BITS) - 1);
    ((word >> GRAIN_BITS) as usize, grains as usize * ALIGNMENT)
}
