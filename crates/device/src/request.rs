//! Device requests: the device that a user asks for, as text.

use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// The device that a user asks for: `auto`, `host`, `cuda` (the first) or `cuda:N`.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
pub enum DeviceRequest {
    /// The first CUDA device where there is one, else the host.
    #[default]
    Auto,
    /// A new host device.
    Host,
    /// The CUDA device with this number.
    Cuda(usize),
}

/// A text that names no device.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[error("{0:?} names no device; use auto, host, cuda or cuda:N")]
pub struct ParseDeviceRequestError(String);

impl FromStr for DeviceRequest {
    type Err = ParseDeviceRequestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(DeviceRequest::Auto),
            "host" => Ok(DeviceRequest::Host),
            "cuda" => Ok(DeviceRequest::Cuda(0)),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|index| index.parse().ok())
                .map(DeviceRequest::Cuda)
                .ok_or_else(|| ParseDeviceRequestError(text.to_owned())),
        }
    }
}

impl fmt::Display for DeviceRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeviceRequest::Auto => f.write_str("auto"),
            DeviceRequest::Host => f.write_str("host"),
            DeviceRequest::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}
