//! The memory manager of a device.

use crate::buffer::DeviceBuffer;
use crate::config::{AllocatorMode, EffectiveMode, MemoryConfig};
use crate::error::MemoryError;
use crate::ledger::HostLimit;
use crate::pinned::PinnedBuffer;
use crate::pool::{Pool, PoolKind};
use crate::source::{DriverSource, MemorySource};
use crate::statistics::{Leak, MemoryStatistics};
use pixelflume_device::{Device, DeviceError, DeviceKind, Helpers, Stream};
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, OnceLock};

/// The memory of one device: a pool of device memory and one of page-locked memory. Cloning gives another handle on the
/// same pools. When the last handle is dropped, free blocks go back to the driver, and each buffer follows when it is dropped.
#[derive(Clone)]
pub struct MemoryManager(Arc<Shared>);

struct Shared {
    device: Arc<Pool>,
    pinned: Arc<Pool>,
    mode: EffectiveMode,
    limit: Option<usize>,
    copy_threads: usize,
    /// The threads that help with copies, from their first use on.
    helpers: OnceLock<Helpers>,
}

impl MemoryManager {
    /// Makes a manager for `device`.
    pub fn new(device: &Device, config: MemoryConfig) -> Self {
        MemoryManager::with_source(device, config, Arc::new(DriverSource::new(device)))
    }

    /// Makes a manager that gets its memory from `source`.
    ///
    /// # Panics
    /// When that is memory of another device.
    pub fn with_source(
        device: &Device,
        config: MemoryConfig,
        source: Arc<dyn MemorySource>,
    ) -> Self {
        // Streams of one device cannot copy to memory of another.
        assert!(
            source.device().id() == device.id(),
            "a manager for {} was given memory of {}",
            device,
            source.device()
        );
        let mode = effective_mode(device, &config, &*source);
        let MemoryConfig { limit, poison, .. } = config;
        let host = config
            .host_limit
            .map(|limit| Arc::new(HostLimit::new(limit)));
        let of_device = host.clone().filter(|_| device.kind() == DeviceKind::Host);
        let pool = |kind, limits| Arc::new(Pool::new(device, source.clone(), kind, limits, poison));
        MemoryManager(Arc::new(Shared {
            device: pool(PoolKind::Device(mode.mode), (limit, of_device)),
            pinned: pool(PoolKind::Pinned, (None, host)),
            mode,
            limit,
            copy_threads: config.threads_for_copies(),
            helpers: OnceLock::new(),
        }))
    }

    /// The device that the memory belongs to.
    pub fn device(&self) -> &Device {
        self.0.device.device()
    }

    /// The allocator mode in force, with the reason where it is not the requested mode.
    pub fn effective_mode(&self) -> &EffectiveMode {
        &self.0.mode
    }

    /// Allocates `bytes` bytes of device memory for work on `stream`. Reused memory has the content of an earlier
    /// buffer of this manager; fresh memory is zero on the host device, and undefined on others.
    #[track_caller]
    pub fn allocate(&self, bytes: usize, stream: &Stream) -> Result<DeviceBuffer, MemoryError> {
        let site = Location::caller();
        let (device, pinned) = (&self.0.device, &self.0.pinned);
        self.0.with_room_of(device, pinned, || {
            DeviceBuffer::new(device, bytes, stream, site)
        })
    }

    /// Allocates `bytes` bytes of page-locked memory. Where the system gives no more, it is pageable memory, which
    /// works the same and copies more slowly; the statistics say so.
    #[track_caller]
    pub fn pinned(&self, bytes: usize) -> Result<PinnedBuffer, MemoryError> {
        let site = Location::caller();
        let (device, pinned) = (&self.0.device, &self.0.pinned);
        self.0
            .with_room_of(pinned, device, || PinnedBuffer::new(pinned, bytes, site))
    }

    /// The threads that help with copies between ordinary and page-locked memory, as many as
    /// [`MemoryConfig::copy_threads`] says. The first call starts them; they end with the manager.
    pub fn copy_threads(&self) -> &Helpers {
        let helpers = &self.0.helpers;
        helpers.get_or_init(|| Helpers::new("pixelflume-cp", self.0.copy_threads))
    }

    /// Gives free blocks back to the driver, after waiting for the work that still uses them.
    pub fn trim(&self) -> Result<(), DeviceError> {
        self.0.device.trim().and(self.0.pinned.trim())
    }

    /// Statistics of both pools.
    pub fn statistics(&self) -> MemoryStatistics {
        MemoryStatistics {
            mode: self.0.mode.clone(),
            limit: self.0.limit,
            device: self.0.device.statistics(),
            pinned: self.0.pinned.statistics(),
        }
    }

    /// Gives all free blocks back and hands out nothing more, for all handles of the manager. Returns the buffers
    /// that are still in use; they stay valid, and go back to the driver when they are dropped.
    pub fn shutdown(&self) -> Result<Vec<Leak>, DeviceError> {
        self.0.shutdown()
    }
}

impl fmt::Debug for MemoryManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryManager")
            .field("device", self.device())
            .field("mode", &self.0.mode.mode)
            .field("limit", &self.0.limit)
            .finish_non_exhaustive()
    }
}

impl Shared {
    /// Calls `take`. Where a limit is in the way that is shared with the other pool, the free blocks of that one are
    /// given back first.
    fn with_room_of<T>(
        &self,
        pool: &Pool,
        other: &Pool,
        take: impl Fn() -> Result<T, MemoryError>,
    ) -> Result<T, MemoryError> {
        match take() {
            Err(MemoryError::OverHostLimit { .. }) => {
                other.trim()?;
                pool.ledger.try_again();
                take()
            }
            taken => taken,
        }
    }

    fn shutdown(&self) -> Result<Vec<Leak>, DeviceError> {
        self.device.close().and(self.pinned.close())?;
        let mut leaks = self.device.ledger.leaks();
        leaks.extend(self.pinned.ledger.leaks());
        Ok(leaks)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if self.device.device().is_inherited() {
            return;
        }
        match self.shutdown() {
            Ok(leaks) => leaks.iter().for_each(|leak| {
                let device = self.device.device();
                tracing::warn!(
                    "still in use when the memory manager of {device} was dropped: {leak}"
                );
            }),
            Err(error) => tracing::warn!("memory was not given back: {error}"),
        }
    }
}

fn effective_mode(
    device: &Device,
    config: &MemoryConfig,
    source: &dyn MemorySource,
) -> EffectiveMode {
    if config.mode == AllocatorMode::Pooled {
        return EffectiveMode {
            mode: AllocatorMode::Pooled,
            fallback: None,
        };
    }
    // Without a limit the pool keeps what it has: by default the driver gives it back at every synchronization.
    // What the host device keeps free counts to the limit of the host, and is of no use to other sizes: it keeps nothing.
    let is_host = device.kind() == DeviceKind::Host;
    let threshold = match (config.limit, config.host_limit) {
        (_, Some(_)) if is_host => 0,
        (limit, _) => limit.map_or(u64::MAX, |limit| limit as u64),
    };
    match source.prepare_ordered(threshold) {
        Ok(()) => EffectiveMode {
            mode: AllocatorMode::StreamOrdered,
            fallback: None,
        },
        Err(error) => {
            tracing::warn!(
                "stream-ordered allocation is not available on {device}, using pools: {error}"
            );
            EffectiveMode {
                mode: AllocatorMode::Pooled,
                fallback: Some(error.to_string()),
            }
        }
    }
}
