//! The CUDA device: the driver found at run time, its primary context, and our own streams, events and launches.
//!
//! What is made on a device (streams, events, functions, graphs, pools) holds the device, and the device holds the primary
//! context and all modules: each handle of the driver is destroyed before what it belongs to. Two devices are the same one
//! where their `Arc`s are; the same GPU opened twice is two devices, whose handles do not mix.

mod borrowed_streams;
mod context;
mod device;
mod event;
mod foreign;
mod graph;
mod module;
mod ordered_pool;
mod pointer;
mod start;
mod stream;

pub(crate) use device::CudaDevice;
pub(crate) use event::CudaEvent;
pub(crate) use graph::{CudaExec, CudaGraph};
pub(crate) use module::CudaFunction;
pub(crate) use ordered_pool::CudaOrderedPool;
pub(crate) use start::count;
#[cfg(feature = "testing")]
pub(crate) use start::count_on;
pub(crate) use stream::CudaStream;
