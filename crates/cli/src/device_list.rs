//! The values of `--device`, and what they open.

use crate::console;
use crate::failure::{Failure, full_text};
use pixelflume::device::{Device, DeviceRequest, ParseDeviceRequestError};
use std::fmt;
use std::str::FromStr;

/// Opens the device of `--device`.
pub(crate) fn find(request: &DeviceRequest) -> Result<Device, Failure> {
    Device::open(request).map_err(|error| missing(&request, &full_text(&error)))
}

fn missing(device: &dyn fmt::Display, reason: &str) -> Failure {
    Failure::new(format!("no device {device}: {reason}"))
        .help("--device host computes the same pixels on the processor, --device auto takes a GPU where there is one")
        .help("`pixelflume devices` lists what there is")
}

/// The value of `--device` of a run, which may use several devices.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum RunDevices {
    /// `cuda:all`: every GPU that can be opened.
    AllCuda,
    /// One device, or several separated by commas.
    Listed(Vec<DeviceRequest>),
}

impl FromStr for RunDevices {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "cuda:all" {
            return Ok(RunDevices::AllCuda);
        }
        let listed = text.split(',').map(str::parse);
        let listed: Vec<DeviceRequest> = listed
            .collect::<Result<_, ParseDeviceRequestError>>()
            .map_err(|error| {
                format!("{error}, cuda:all, or several of them with commas between")
            })?;
        if listed.len() > 1 && listed.contains(&DeviceRequest::Auto) {
            return Err("auto stands for one device, and cannot be one of several".to_owned());
        }
        let twice = (1..listed.len()).find(|&at| listed[..at].contains(&listed[at]));
        match twice.map(|at| listed[at]) {
            Some(gpu @ DeviceRequest::Cuda(_)) => Err(format!("{gpu} is named twice")),
            _ => Ok(RunDevices::Listed(listed)),
        }
    }
}

impl fmt::Display for RunDevices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RunDevices::Listed(listed) = self else {
            return f.write_str("cuda:all");
        };
        let names: Vec<String> = listed.iter().map(ToString::to_string).collect();
        f.write_str(&names.join(","))
    }
}

impl RunDevices {
    /// Opens the devices, at least one.
    pub(crate) fn open(&self) -> Result<Vec<Device>, Failure> {
        if let RunDevices::Listed(listed) = self {
            return listed.iter().map(find).collect();
        }
        let count = Device::cuda_count().map_err(|error| missing(self, &full_text(&error)))?;
        let mut devices = Vec::with_capacity(count);
        let mut reason = "there is no GPU".to_owned();
        for index in 0..count {
            match Device::cuda(index) {
                Ok(device) => devices.push(device),
                Err(error) => {
                    reason = full_text(&error);
                    console::warning(&format!("cuda:{index} is left out: {reason}"));
                }
            }
        }
        match devices.is_empty() {
            true => Err(missing(self, &reason)),
            false => Ok(devices),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_devices_are_read() {
        for text in [
            "auto",
            "cuda:3",
            "cuda:all",
            "cuda:0,cuda:2",
            "host,cuda:0",
            "host,host",
        ] {
            let devices: RunDevices = text.parse().unwrap();
            assert_eq!(devices.to_string(), text);
        }
        for (text, told) in [
            ("cuda:0,cuda", "cuda:0 is named twice"),
            ("auto,host", "one of several"),
            ("cuda:0,", "names no device"),
            ("all", "cuda:all"),
        ] {
            let error = text.parse::<RunDevices>().unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }
}
