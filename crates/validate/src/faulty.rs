//! The GPU once more, on a driver whose calls can be made to fail.

use pixelflume::prelude::*;
use pixelflume_cuda_driver::probe;
use pixelflume_cuda_driver::testing::{Faults, TestDriver};

/// The GPU of that number, opened apart: faults concern only what is done through this device.
pub(crate) fn open(number: usize) -> anyhow::Result<(Device, &'static Faults)> {
    let driver = TestDriver::over(probe()?);
    Ok((Device::cuda_on(driver.driver(), number)?, driver.faults()))
}
