//! The devices of this machine: `pixelflume devices` lists them, and `--device` opens one.

use crate::args::DevicesArguments;
use crate::console;
use crate::failure::{Failure, full_text};
use pixelflume::device::{Device, DeviceRequest, ParseDeviceRequestError};
use pixelflume_bench::DeviceReport;
use serde::Serialize;
use std::fmt;
use std::process::ExitCode;
use std::str::FromStr;

/// The list that `devices --json` prints.
#[derive(Debug, Serialize)]
struct Devices {
    devices: Vec<DeviceReport>,
    /// One entry where there is no CUDA device, or one for each that cannot be opened.
    unavailable: Vec<UnavailableDevice>,
}

#[derive(Debug, Serialize)]
struct UnavailableDevice {
    /// `cuda`, or `cuda:N`.
    id: String,
    /// The error of opening it.
    reason: String,
}

/// Prints the devices. A machine without a GPU is no failure.
pub(crate) fn devices(arguments: &DevicesArguments) -> Result<ExitCode, Failure> {
    let found = list();
    let text = if arguments.json {
        let json = serde_json::to_string_pretty(&found)
            .map_err(|error| Failure::new(format!("cannot write JSON: {error}")))?;
        json + "\n"
    } else {
        text(&found)
    };
    console::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

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

fn list() -> Devices {
    let mut found = Devices {
        devices: vec![DeviceReport::new(&Device::host(), 0)],
        unavailable: Vec::new(),
    };
    let count = match Device::cuda_count() {
        Ok(count) => count,
        Err(reason) => {
            found.unavailable.push(UnavailableDevice {
                id: "cuda".to_owned(),
                reason: one_line(&full_text(&reason)),
            });
            0
        }
    };
    for index in 0..count {
        match Device::cuda(index) {
            Ok(device) => found.devices.push(DeviceReport::new(&device, index)),
            Err(error) => found.unavailable.push(UnavailableDevice {
                id: format!("cuda:{index}"),
                reason: one_line(&full_text(&error)),
            }),
        }
    }
    found
}

fn text(found: &Devices) -> String {
    let mut text = String::new();
    for device in &found.devices {
        let mut facts = vec![device.name.clone()];
        facts.extend(device.threads.map(|threads| match threads {
            1 => "1 thread".to_owned(),
            _ => format!("{threads} threads"),
        }));
        let capability = device.compute_capability.as_ref();
        facts.extend(capability.map(|version| format!("compute capability {version}")));
        let processors = device.multiprocessors;
        facts.extend(processors.map(|count| format!("{count} multiprocessors")));
        let memory = device.total_memory.map(|bytes| bytes as f64 / GIB);
        facts.extend(memory.map(|gib| format!("{gib:.1} GiB")));
        let driver = device.driver_version.as_ref();
        facts.extend(driver.map(|version| format!("driver for CUDA {version}")));
        facts.push(format!("allocators {}", device.allocators.join(" and ")));
        let fallback = device.allocator_fallback.as_ref();
        facts.extend(fallback.map(|reason| format!("not stream-ordered: {}", one_line(reason))));
        text.push_str(&format!("{:<8}{}\n", device.id, facts.join(", ")));
    }
    for UnavailableDevice { id, reason } in &found.unavailable {
        text.push_str(&format!("{id:<8}not available: {reason}\n"));
    }
    text
}

const GIB: f64 = (1_u64 << 30) as f64;

/// The text on one line: reasons may quote the output of other programs.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
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

    #[test]
    fn each_device_and_each_reason_has_one_line() {
        let mut found = list();
        found.unavailable = vec![UnavailableDevice {
            id: "cuda".to_owned(),
            reason: one_line("no\n  driver"),
        }];
        let text = text(&found);
        assert_eq!(text.lines().count(), found.devices.len() + 1);
        assert!(text.starts_with("host    "), "{text}");
        assert!(text.contains("thread"), "{text}");
        assert!(
            text.ends_with("cuda    not available: no driver\n"),
            "{text}"
        );
    }
}
