//! The CUDA device: the driver found at run time, its primary context, and our own streams, events and launches.
//!
//! `cust` opens CUDA and holds the primary context. What it does not do, or does in a way that we cannot use (blocking
//! streams, events that a wait consumes, result codes as a Rust enum that newer drivers overflow), goes straight to the
//! driver through `pixelflume-cuda-driver`, whose results are plain numbers.

mod device;
mod event;
mod graph;
mod module;
mod pool;
mod start;
mod stream;

pub(crate) use device::CudaDevice;
pub(crate) use event::CudaEvent;
pub(crate) use graph::{CudaExec, CudaGraph};
pub(crate) use module::CudaFunction;
pub(crate) use pool::CudaPool;
pub(crate) use start::count;
pub(crate) use stream::CudaStream;
