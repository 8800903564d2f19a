//! Memory of devices: pools of device and page-locked memory, with limits, statistics, and reuse ordered by streams.
//!
//! One [`MemoryManager`] serves one device, from any number of threads. Its buffers are owned: dropping one gives its
//! block back to the pool, a block freed on one stream is handed to another stream only when an event says that the
//! first is done with it, and a double free cannot be written. In steady state neither the driver nor the heap is asked
//! for anything.

mod arena;
mod block;
mod buffer;
mod class;
mod config;
mod error;
mod freelist;
#[cfg(any(feature = "cudarc", feature = "cust"))]
pub mod interop;
mod ledger;
mod manager;
mod pageable;
mod pinned;
mod poison;
mod pool;
mod slice;
mod source;
mod statistics;
#[cfg(feature = "testing")]
pub mod testing;
mod workspace;

pub use arena::PinnedArena;
pub use buffer::DeviceBuffer;
pub use class::{MAX_WASTE, SizeClass};
pub use config::{AllocatorMode, EffectiveMode, MemoryConfig, ParseAllocatorModeError};
pub use error::MemoryError;
pub use manager::MemoryManager;
pub use pinned::PinnedBuffer;
pub use slice::{DeviceSlice, DeviceSliceMut};
pub use source::{DriverSource, MemorySource};
pub use statistics::{Leak, MemoryStatistics, PoolStatistics};
pub use workspace::Workspace;
