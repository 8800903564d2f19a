//! Devices, streams, events and launches: one interface over two implementations.
//!
//! - The **CUDA** implementation (feature `cuda`) calls the driver, which is found at run time; on a machine without
//!   a driver the program starts, and reports why there is no GPU.
//! - The **host** implementation is real, not a mock: streams are FIFO queues over a worker pool and events order them.
//!   The scheduler can do here whatever it does on a GPU, so every scheduling rule is tested without a GPU.
//!
//! Both have the same types ([`Device`], [`Stream`], [`Event`], [`Launch`]), by enum dispatch, without generics or trait
//! objects in user code.
//!
//! ```
//! use pixelflume_device::{Args, Device, HostKernel, Launch, TaskFailure, Workers};
//! use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
//!
//! struct Add(AtomicU64);
//! impl HostKernel for Add {
//!     // Runs whatever the arguments are: they hold no address.
//!     unsafe fn run(&self, args: &Args, _workers: &Workers<'_>) -> Result<(), TaskFailure> {
//!         self.0.fetch_add(args.get::<u64>(), Ordering::Relaxed);
//!         Ok(())
//!     }
//! }
//!
//! let device = Device::host();
//! let stream = device.stream()?;
//! let add = Arc::new(Add(AtomicU64::new(0)));
//! // SAFETY: the arguments are what `Add` takes, and it reads and writes no memory but its own.
//! unsafe { stream.enqueue(&Launch::host(add.clone(), Args::of(&7u64)), None) }?;
//! stream.synchronize()?;
//! assert_eq!(add.0.load(Ordering::Relaxed), 7);
//! # Ok::<(), pixelflume_device::DeviceError>(())
//! ```

mod access;
mod address;
mod args;
mod capabilities;
mod device;
mod device_list;
mod error;
mod event;
#[cfg(feature = "cuda")]
mod foreign;
mod foreign_memory;
mod gate;
mod graph;
pub mod host;
mod kernel;
mod launch;
mod lazy;
mod module;
mod ordered_pool;
mod panics;
mod per_process;
mod process;
mod refusals;
mod request;
mod stream;
mod stream_id;
pub mod sync;
mod task;
#[cfg(feature = "testing")]
pub mod testing;
mod threads;
mod workers;

#[cfg(feature = "cuda")]
mod cuda;

pub use access::{Access, MAX_ACCESSES};
pub use address::Address;
pub use args::{Args, MAX_ARG_BYTES};
pub use capabilities::{Capabilities, Residency};
pub use device::{Device, DeviceId, DeviceKind};
pub use device_list::{DeviceList, ParseDeviceListError};
pub use error::{DeviceError, Severity, Unavailable};
pub use event::Event;
pub use graph::{Graph, GraphExec};
pub use host::{CHECKED_VARIABLE, HostConfig};
pub use kernel::{Grid, HostKernel};
pub use launch::{Change, Function, Launch};
pub use lazy::LazyDevice;
pub use module::{ImageArchive, Images, KernelModule, Target};
pub use ordered_pool::StreamOrderedPool;
pub use panics::{catch_panic, contain_panic};
pub use per_process::PerProcess;
pub use process::{ProcessBound, ProcessStamp};
pub use request::{DeviceRequest, ParseDeviceRequestError};
pub use stream::Stream;
pub use stream_id::StreamId;
pub use task::{TaskFailure, TaskObserver, Ticket};
pub use threads::{MAX_THREADS, THREADS_VARIABLE, default_threads, limit_threads};
pub use workers::Workers;
pub use workers::helpers::Helpers;
