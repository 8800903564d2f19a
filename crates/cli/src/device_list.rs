//! Opening the devices of `--device`.

use crate::failure::{Failure, full_text};
use pixelflume::device::{Device, DeviceError, DeviceList, DeviceRequest};
use std::fmt;

/// Opens the device of a command that takes one.
pub(crate) fn find(request: &DeviceRequest) -> Result<Device, Failure> {
    Device::open(request).map_err(|error| missing(request, &error))
}

/// Opens the devices of a run, at least one.
pub(crate) fn open(devices: &DeviceList) -> Result<Vec<Device>, Failure> {
    devices.open().map_err(|error| missing(devices, &error))
}

fn missing(devices: &dyn fmt::Display, error: &DeviceError) -> Failure {
    Failure::new(format!("no device {devices}: {}", full_text(error)))
        .help("--device host computes the same pixels on the processor, --device auto takes a GPU where there is one")
        .help("`pixelflume devices` lists what there is")
}
