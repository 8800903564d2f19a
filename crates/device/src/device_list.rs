//! Lists of devices: several devices that a user asks for, as text.

use crate::device::Device;
use crate::error::DeviceError;
use crate::request::{DeviceRequest, ParseDeviceRequestError};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// The devices that a user asks for: a [`DeviceRequest`], several of them with commas between, or `cuda:all`.
///
/// ```
/// use pixelflume_device::{Device, DeviceList};
///
/// let devices = "host,host".parse::<DeviceList>()?.open()?;
/// assert_eq!(devices.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DeviceList {
    /// `cuda:all`: all GPUs that can be opened, in the order of their numbers.
    AllCuda,
    /// These devices.
    Listed(Vec<DeviceRequest>),
}

impl Default for DeviceList {
    /// [`DeviceRequest::Auto`] alone.
    fn default() -> Self {
        DeviceList::Listed(vec![DeviceRequest::Auto])
    }
}

impl DeviceList {
    /// The one device of the list; `None` where it may have several.
    pub fn single(&self) -> Option<&DeviceRequest> {
        match self {
            DeviceList::Listed(listed) if listed.len() == 1 => listed.first(),
            _ => None,
        }
    }

    /// Opens the devices. Of [`DeviceList::AllCuda`] it leaves those out that cannot be opened, with a warning in the log.
    ///
    /// # Errors
    /// A listed device cannot be opened, or there is no GPU that can.
    pub fn open(&self) -> Result<Vec<Device>, DeviceError> {
        match self {
            DeviceList::Listed(listed) => listed.iter().map(Device::open).collect(),
            DeviceList::AllCuda => Device::all_cuda(),
        }
    }
}

/// A text that is no list of devices.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[non_exhaustive]
pub enum ParseDeviceListError {
    /// A part of the text names no device.
    #[error("{0}, several of these with commas between, or cuda:all alone")]
    Unknown(ParseDeviceRequestError),
    /// A GPU stands there twice.
    #[error("{0} is named twice")]
    Twice(DeviceRequest),
    /// `auto` stands beside other devices.
    #[error("auto stands for one device, and cannot be one of several")]
    AutoOfSeveral,
}

impl FromStr for DeviceList {
    type Err = ParseDeviceListError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "cuda:all" {
            return Ok(DeviceList::AllCuda);
        }
        let listed: Result<Vec<DeviceRequest>, _> = text.split(',').map(str::parse).collect();
        let listed = listed.map_err(ParseDeviceListError::Unknown)?;
        if listed.len() > 1 && listed.contains(&DeviceRequest::Auto) {
            return Err(ParseDeviceListError::AutoOfSeveral);
        }
        // Each `host` is a device of its own.
        let is_twice = |at: &usize| {
            matches!(listed[*at], DeviceRequest::Cuda(_)) && listed[..*at].contains(&listed[*at])
        };
        match (1..listed.len()).find(is_twice) {
            Some(at) => Err(ParseDeviceListError::Twice(listed[at])),
            None => Ok(DeviceList::Listed(listed)),
        }
    }
}

impl fmt::Display for DeviceList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DeviceList::Listed(listed) = self else {
            return f.write_str("cuda:all");
        };
        let names: Vec<String> = listed.iter().map(ToString::to_string).collect();
        f.write_str(&names.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_devices_are_read_and_written() {
        for text in [
            "auto",
            "host",
            "cuda:3",
            "cuda:all",
            "cuda:0,cuda:2",
            "host,cuda:0",
            "host,host",
        ] {
            let devices: DeviceList = text.parse().unwrap();
            assert_eq!(devices.to_string(), text);
        }
        for (text, told) in [
            ("", "names no device"),
            ("gpu", "names no device"),
            ("cuda:0,", "names no device"),
            ("cuda:all,host", "cuda:all alone"),
            ("cuda:0,cuda", "cuda:0 is named twice"),
            ("auto,host", "one of several"),
        ] {
            let error = text.parse::<DeviceList>().unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn one_device_is_told_from_several() {
        let list = |text: &str| text.parse::<DeviceList>().unwrap();
        assert_eq!(list("cuda").single(), Some(&DeviceRequest::Cuda(0)));
        assert_eq!(DeviceList::default().single(), Some(&DeviceRequest::Auto));
        for several in ["host,host", "cuda:all"] {
            assert_eq!(list(several).single(), None);
        }
    }
}
