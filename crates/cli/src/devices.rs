//! The devices of this machine, as `pixelflume devices` lists them.

use crate::args::DevicesArguments;
use crate::console;
use crate::failure::{Failure, full_text};
use pixelflume::device::Device;
use pixelflume_bench::DeviceReport;
use serde::Serialize;
use std::process::ExitCode;

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
