//! Checks of memory that another owner allocated.

use crate::address::Address;
use crate::device::{Device, DeviceInner};
use crate::error::DeviceError;

impl Device {
    /// Checks as far as the driver tells that `bytes` bytes at `address`, which another owner allocated, are memory of this
    /// device: on CUDA, device or managed memory of this GPU and context, up to the last byte. The host device cannot tell its
    /// memory from other addresses, and accepts all.
    ///
    /// # Errors
    /// [`DeviceError::WrongMemory`], or an error of the driver.
    #[cfg_attr(
        not(feature = "cuda"),
        expect(unused_variables, reason = "the host device cannot check")
    )]
    pub fn check_memory(&self, address: Address, bytes: usize) -> Result<(), DeviceError> {
        self.gate.check_process()?;
        match &self.inner {
            DeviceInner::Host(_) => Ok(()),
            #[cfg(feature = "cuda")]
            DeviceInner::Cuda(cuda) => cuda.check_memory(address, bytes),
        }
    }
}
