//! Capabilities of devices.

/// The properties of a device, read once when it is opened.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Capabilities {
    /// The name that the driver or the operating system gives the device.
    pub name: String,
    /// Compute capability (major, minor) of a GPU; `None` on the host.
    pub compute_capability: Option<(u32, u32)>,
    /// Multiprocessors of a GPU, worker threads of the host device.
    pub multiprocessors: u32,
    /// Most blocks that a multiprocessor of a GPU holds at once; `None` on the host.
    pub blocks_per_multiprocessor: Option<u32>,
    /// Bytes of memory in all; `None` where the system does not tell.
    pub total_memory: Option<u64>,
    /// Bytes of second-level cache; `None` where the driver does not tell.
    pub l2_bytes: Option<u64>,
    /// Whether stream-ordered allocation from memory pools works.
    pub memory_pools: bool,
    /// Version of the CUDA driver API as (major, minor); `None` on the host.
    pub driver_version: Option<(u32, u32)>,
}

/// Upper bound of a GPU's resident blocks, whatever their registers and shared memory: what the geometry of launches
/// is made for.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Residency {
    /// Multiprocessors of the GPU.
    pub multiprocessors: u32,
    /// Most resident blocks of a multiprocessor.
    pub blocks: u32,
}
