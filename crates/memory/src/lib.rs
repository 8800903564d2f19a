//! Memory of devices: pools of device and page-locked memory, with limits, statistics, and reuse ordered by streams.
//!
//! One [`MemoryManager`] serves one device, from any number of threads. Its buffers are owned: dropping a buffer gives
//! its block back to the pool, and a double free does not compile. A block that was freed on one stream is handed to
//! another stream only when an event has shown that the work of the first is complete. In steady state there are no
//! calls of the driver and no heap allocations.

mod arena;
mod block;
mod borrowed;
mod buffer;
mod class;
mod config;
mod error;
mod freelist;
#[cfg(any(feature = "cudarc", feature = "cust"))]
pub mod interop;
mod kept;
mod ledger;
mod manager;
mod order;
mod pageable;
mod pinned;
mod poison;
mod pool;
mod slice;
mod source;
mod statistics;
mod streaming;
#[cfg(feature = "testing")]
pub mod testing;
mod workspace;

pub use arena::PinnedArena;
pub use borrowed::BorrowedMemory;
pub use buffer::DeviceBuffer;
pub use class::{MAX_WASTE, SizeClass};
pub use config::{
    AllocatorMode, EffectiveMode, MAX_COPY_THREADS, MemoryConfig, ParseAllocatorModeError,
};
pub use error::MemoryError;
pub use kept::{KeptMemory, MemoryAccess};
pub use manager::MemoryManager;
pub use pinned::PinnedBuffer;
pub use slice::{DeviceSlice, DeviceSliceMut, Owner};
pub use source::{DriverSource, MemorySource};
pub use statistics::{Leak, MemoryStatistics, PoolStatistics};
pub use streaming::copy_past_caches;
pub use workspace::Workspace;
