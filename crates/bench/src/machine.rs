//! The machine of a measurement, as the reports describe it.

use crate::cpu;
use crate::error::Measured;
use pixelflume::device::{Device, DeviceKind, DeviceRequest};
use pixelflume::memory::{AllocatorMode, MemoryConfig, MemoryManager};
use serde::Serialize;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

/// A device, as `pixelflume devices --json` and the reports describe it.
#[derive(Debug, Serialize)]
pub struct DeviceReport {
    /// The value of `--device` for it: `host`, or `cuda:N`.
    pub id: String,
    /// `host` or `cuda`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Worker threads; of the host device only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    /// Multiprocessors; of GPUs only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multiprocessors: Option<u32>,
    /// Compute capability, for example `9.0`; of GPUs only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compute_capability: Option<String>,
    /// CUDA version of the driver, for example `13.0`; of GPUs only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver_version: Option<String>,
    /// Bytes of device memory, where the device tells.
    pub total_memory: Option<u64>,
    /// The allocator modes that the device supports.
    pub allocators: Vec<&'static str>,
    /// The reason why stream-ordered allocation is not supported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocator_fallback: Option<String>,
}

impl DeviceReport {
    /// Describes a device; `index` is the ordinal of a CUDA device.
    pub fn new(device: &Device, index: usize) -> Self {
        let capabilities = device.capabilities();
        let version = |(major, minor)| format!("{major}.{minor}");
        let host = device.kind() == DeviceKind::Host;
        let processors = Some(capabilities.multiprocessors);
        let ordered = MemoryConfig::default().with_mode(AllocatorMode::StreamOrdered);
        let mode = MemoryManager::new(device, ordered).effective_mode().clone();
        let works = |other: &AllocatorMode| *other == AllocatorMode::Pooled || *other == mode.mode;
        DeviceReport {
            id: if host {
                "host".to_owned()
            } else {
                format!("cuda:{index}")
            },
            kind: if host { "host" } else { "cuda" },
            name: device.name().to_owned(),
            threads: processors.filter(|_| host),
            multiprocessors: processors.filter(|_| !host),
            compute_capability: capabilities.compute_capability.map(version),
            driver_version: capabilities.driver_version.map(version),
            total_memory: capabilities.total_memory,
            allocators: AllocatorMode::ALL
                .iter()
                .filter(|m| works(m))
                .map(|m| m.name())
                .collect(),
            allocator_fallback: mode.fallback,
        }
    }
}

/// The machine of a measurement.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
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
