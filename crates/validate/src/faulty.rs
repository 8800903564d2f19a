//! The GPU opened on a driver with fault injection.

use pixelflume::prelude::*;
use pixelflume_cuda_driver::testing::{Faults, TestDriver};

/// Opens a GPU by its ordinal on a driver of its own: faults concern only calls through this device.
pub(crate) fn open(number: usize) -> anyhow::Result<(Device, &'static Faults)> {
    let driver = TestDriver::over(crate::emulated::driver()?);
    Ok((Device::cuda_on(driver.driver(), number)?, driver.faults()))
}
