//! The machine of a measurement, as the reports describe it.

use super::{Measured, cpu};
use crate::report::DeviceReport;
use pixelflume::device::{Device, DeviceKind, DeviceRequest};
use serde::Serialize;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

/// The machine of a measurement.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    /// The device, as `devices --json` lists it.
    pub(crate) device: DeviceReport,
    /// Name of the processor, where the system tells.
    pub(crate) processor: Option<String>,
    /// Processors that the program may use.
    pub(crate) processors: usize,
    /// For example `linux x86_64`.
    pub(crate) system: String,
    /// The version of the driver, where it is known.
    pub(crate) driver: Option<String>,
}

impl Machine {
    /// Describes this machine; `request` is the value of `--device` by which `device` was opened.
    pub(crate) fn new(device: &Device, request: &DeviceRequest) -> Self {
        let index = match request {
            DeviceRequest::Cuda(index) => *index,
            DeviceRequest::Auto | DeviceRequest::Host => 0,
        };
        let driver = (device.kind() == DeviceKind::Cuda)
            .then(|| fs::read_to_string("/proc/driver/nvidia/version").ok())
            .flatten()
            .and_then(|text| Some(text.lines().next()?.trim().to_owned()));
        Machine {
            device: DeviceReport::new(device, index),
            processor: cpu::processor(),
            processors: std::thread::available_parallelism().map_or(1, Into::into),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            driver,
        }
    }
}

/// Seconds since 1970.
pub(crate) fn unix_time() -> Measured<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}
