//! The memory manager of a device.

use crate::pool::{Kind, Pool};
use crate::{
    DeviceBuffer, DriverSource, MemoryConfig, MemoryError, MemorySource, MemoryStatistics,
    PinnedBuffer,
};
use pixelflume_device::{Device, DeviceError, Stream};
use std::sync::Arc;

/// The memory of one device: pools of device and of page-locked memory. Cloning gives another handle on the same pools;
/// the memory goes back to the driver when the last handle and the last buffer are gone.
#[derive(Clone)]
pub struct MemoryManager {
    device: Arc<Pool>,
    pinned: Arc<Pool>,
}

impl MemoryManager {
    /// A manager for `device`.
    pub fn new(device: &Device, config: MemoryConfig) -> Self {
        MemoryManager::with_source(device, config, Arc::new(DriverSource(device.clone())))
    }

    /// A manager that gets its memory from `source`, which must hand out memory of `device`.
    pub fn with_source(
        device: &Device,
        config: MemoryConfig,
        source: Arc<dyn MemorySource>,
    ) -> Self {
        MemoryManager {
            device: Arc::new(Pool::new(
                device,
                source.clone(),
                Kind::Device,
                config.limit,
            )),
            pinned: Arc::new(Pool::new(device, source, Kind::Pinned, None)),
        }
    }

    /// The device.
    pub fn device(&self) -> &Device {
        self.device.device()
    }

    /// Device memory of `bytes` bytes for work on `stream`; its content is undefined.
    pub fn allocate(&self, bytes: usize, stream: &Stream) -> Result<DeviceBuffer, MemoryError> {
        DeviceBuffer::new(&self.device, bytes, stream)
    }

    /// Page-locked memory of `bytes` bytes.
    pub fn pinned(&self, bytes: usize) -> Result<PinnedBuffer, MemoryError> {
        PinnedBuffer::new(&self.pinned, bytes)
    }

    /// Gives what is free back to the driver, after waiting for the work that still uses it.
    pub fn trim(&self) -> Result<(), DeviceError> {
        self.device.trim().and(self.pinned.trim())
    }

    /// What the pools did so far.
    pub fn statistics(&self) -> MemoryStatistics {
        MemoryStatistics {
            device: self.device.statistics(),
            pinned: self.pinned.statistics(),
        }
    }
}
