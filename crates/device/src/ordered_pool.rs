//! Stream-ordered memory pools: allocations and frees that take their place in a stream.

use crate::address::Address;
use crate::device::{Device, DeviceInner};
use crate::error::DeviceError;
use crate::host::HostOrderedPool;
use crate::stream::{Stream, StreamInner};
use std::fmt;

/// A pool of device memory from which streams allocate, and to which they free, in their own order. On CUDA it is a memory
/// pool of the driver; on the host a list of blocks that a free reaches when the stream comes to it. Cloning gives
/// another handle.
#[derive(Clone)]
pub struct StreamOrderedPool {
    inner: PoolInner,
    device: Device,
}

#[derive(Clone)]
enum PoolInner {
    Host(HostOrderedPool),
    #[cfg(feature = "cuda")]
    Cuda(std::sync::Arc<crate::cuda::CudaOrderedPool>),
}

impl StreamOrderedPool {
    /// A new pool that keeps up to `release_threshold` free bytes for reuse. Fails with [`DeviceError::Unsupported`] where
    /// the device has no memory pools.
    pub fn new(device: &Device, release_threshold: u64) -> Result<Self, DeviceError> {
        device.gate.check_process()?;
        let inner = match &device.inner {
            DeviceInner::Host(_) => PoolInner::Host(HostOrderedPool::new(release_threshold)),
            #[cfg(feature = "cuda")]
            DeviceInner::Cuda(cuda) => {
                PoolInner::Cuda(crate::cuda::CudaOrderedPool::new(cuda, release_threshold)?)
            }
        };
        Ok(StreamOrderedPool {
            inner,
            device: device.clone(),
        })
    }

    /// Allocates `bytes` bytes, aligned to at least 256, for work behind the present end of `stream`. They hold what
    /// an earlier owner left; on the host device zero where there was none, elsewhere it is undefined then.
    pub fn allocate(&self, bytes: usize, stream: &Stream) -> Result<Address, DeviceError> {
        self.device.gate.check_process()?;
        match (&self.inner, stream.inner()) {
            (PoolInner::Host(pool), StreamInner::Host(_)) if self.owns(stream) => pool
                .allocate(bytes)
                .ok_or_else(|| DeviceError::OutOfMemory {
                    call: "alloc",
                    bytes,
                    device: self.device.to_string(),
                }),
            #[cfg(feature = "cuda")]
            (PoolInner::Cuda(pool), StreamInner::Cuda(stream)) => pool.allocate(bytes, stream),
            _ => Err(self.wrong(stream)),
        }
    }

    /// Frees memory behind the present end of `stream`.
    ///
    /// # Safety
    /// `address` came from [`StreamOrderedPool::allocate`] of this pool with the same `bytes` and is freed once. Work that
    /// uses it is in `stream` already, or ordered before its current end; no later work uses it.
    #[expect(unsafe_code, reason = "frees by address")]
    pub unsafe fn free(
        &self,
        address: Address,
        bytes: usize,
        stream: &Stream,
    ) -> Result<(), DeviceError> {
        self.device.gate.check_process()?;
        match (&self.inner, stream.inner()) {
            (PoolInner::Host(pool), StreamInner::Host(host)) if self.owns(stream) => {
                // SAFETY: the caller's promise is the one that the host stream asks for.
                unsafe { host.free(pool, address, bytes) }
            }
            #[cfg(feature = "cuda")]
            (PoolInner::Cuda(pool), StreamInner::Cuda(stream)) => {
                // SAFETY: the caller's promise is the one that the pool asks for.
                unsafe { pool.free(address, stream) }
            }
            _ => Err(self.wrong(stream)),
        }
    }

    /// Gives free memory back to the system until at most `keep` bytes are reserved. What a stream has still to free is not
    /// free yet: synchronize first where it shall go too.
    pub fn trim(&self, keep: usize) -> Result<(), DeviceError> {
        self.device.gate.check_process()?;
        match &self.inner {
            PoolInner::Host(pool) => {
                pool.trim(keep);
                Ok(())
            }
            #[cfg(feature = "cuda")]
            PoolInner::Cuda(pool) => pool.trim(keep),
        }
    }

    /// Bytes that the pool holds, in use or free.
    pub fn reserved(&self) -> Result<usize, DeviceError> {
        self.device.gate.check_process()?;
        match &self.inner {
            PoolInner::Host(pool) => Ok(pool.reserved()),
            #[cfg(feature = "cuda")]
            PoolInner::Cuda(pool) => pool.reserved(),
        }
    }

    fn owns(&self, stream: &Stream) -> bool {
        stream.device().id() == self.device.id()
    }

    fn wrong(&self, stream: &Stream) -> DeviceError {
        DeviceError::WrongDevice {
            expected: self.device.to_string(),
            got: stream.device().to_string(),
        }
    }
}

impl fmt::Debug for StreamOrderedPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamOrderedPool({})", self.device)
    }
}
