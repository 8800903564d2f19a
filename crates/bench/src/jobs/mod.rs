//! The section `jobs`: images per second of a job on one and on several devices, and the time of single images through an engine and
//! through a job, alone and while others are processed.
//!
//! Some results of every job are compared with those of a `Runner` before its images are counted.

mod busy;
mod inputs;
mod latency;
mod rate;
mod trace;

use self::inputs::Inputs;
use self::latency::SingleImage;
use self::rate::{End, Rate};
use self::trace::DeviceUse;
use crate::error::Measured;
use crate::machine::DeviceReport;
use crate::table;
use pixelflume::device::{Device, DeviceKind};
use pixelflume::memory::{MemoryConfig, MemoryManager};
use pixelflume::runtime::Order;
use serde::Serialize;
use std::time::Duration;

/// How much is measured.
struct Effort {
    /// The size of frames and of the larger files.
    size: (u32, u32),
    /// Distinct frames, files of their size, and smaller files: more bytes than a cache holds.
    frames: usize,
    files: usize,
    small: usize,
    /// The time of a job before its images are counted, and while they are.
    warm_up: Duration,
    time: Duration,
    /// The time of a row of single images.
    latency: Duration,
}

impl Effort {
    fn new(kind: DeviceKind, is_quick: bool) -> Self {
        let ms = Duration::from_millis;
        match (kind, is_quick) {
            (DeviceKind::Cuda, true) => Effort {
                size: (1920, 1080),
                frames: 48,
                files: 128,
                small: 1024,
                warm_up: ms(300),
                time: ms(500),
                latency: ms(300),
            },
            (DeviceKind::Cuda, false) => Effort {
                size: (1920, 1080),
                frames: 96,
                files: 512,
                small: 4096,
                warm_up: ms(1000),
                time: ms(4000),
                latency: ms(3000),
            },
            (DeviceKind::Host, true) => Effort {
                size: (320, 180),
                frames: 16,
                files: 16,
                small: 16,
                warm_up: ms(50),
                time: ms(150),
                latency: ms(60),
            },
            (DeviceKind::Host, false) => Effort {
                size: (1920, 1080),
                frames: 32,
                files: 64,
                small: 256,
                warm_up: ms(1000),
                time: ms(4000),
                latency: ms(3000),
            },
        }
    }
}

/// The results of the section.
#[derive(Debug, Serialize)]
pub(crate) struct Jobs {
    /// The devices that the jobs had, in this order.
    devices: Vec<DeviceReport>,
    /// Images that were compared with those of a runner; all of them were equal.
    compared: usize,
    rates: Vec<Rate>,
    /// How long each device was busy with each step, while all of them worked.
    device_use: Vec<DeviceUse>,
    single_images: Vec<SingleImage>,
}

/// Measures jobs on the first 1, 2, 4 ... of these devices, of which there is at least one, and on all of them.
pub(crate) fn measure(devices: &[Device], quick: bool) -> Measured<Jobs> {
    let effort = Effort::new(devices[0].kind(), quick);
    let memory = MemoryManager::new(&Device::host(), MemoryConfig::default());
    let all = Inputs::all(memory.copy_threads(), &effort)?;
    let mut jobs = Jobs {
        devices: reports(devices),
        compared: 0,
        rates: Vec::new(),
        device_use: Vec::new(),
        single_images: Vec::new(),
    };
    for inputs in &all {
        for end in [End::Host, End::Device] {
            let mut alone = None;
            for count in counts(devices.len()) {
                let orders: &[Order] = match count {
                    1 => &[Order::Kept],
                    _ => &[Order::Kept, Order::Unordered],
                };
                for &order in orders {
                    let (mut rate, compared) =
                        rate::measure(inputs, end, order, &devices[..count], &effort)?;
                    let alone = *alone.get_or_insert(rate.images_per_s);
                    rate.scaling = (count > 1).then(|| rate.images_per_s / alone);
                    jobs.rates.push(rate);
                    jobs.compared += compared;
                }
            }
        }
        let uses = trace::measure(inputs, devices, &effort)?;
        jobs.device_use.extend(uses);
    }
    jobs.single_images = latency::measure(&devices[0], memory.copy_threads(), &effort)?;
    Ok(jobs)
}

/// The numbers of devices that are measured.
fn counts(devices: usize) -> Vec<usize> {
    let doubled = std::iter::successors(Some(1), |count| Some(count * 2));
    let mut counts: Vec<usize> = doubled.take_while(|&count| count < devices).collect();
    counts.push(devices);
    counts
}

fn reports(devices: &[Device]) -> Vec<DeviceReport> {
    let mut gpus = 0;
    let reports = devices.iter().map(|device| {
        let index = gpus;
        gpus += usize::from(device.kind() == DeviceKind::Cuda);
        DeviceReport::new(device, index)
    });
    reports.collect()
}

/// The tables.
pub(crate) fn text(jobs: &Jobs) -> String {
    let names: Vec<_> = jobs
        .devices
        .iter()
        .map(|device| device.name.as_str())
        .collect();
    format!(
        "jobs to 224x224 normalized planar f32 on {}; {} results equal those of a runner\n{}\n{}\n{}{NOTES}",
        names.join(", "),
        jobs.compared,
        rate::table(&jobs.rates),
        trace::table(&jobs.device_use),
        latency::table(&jobs.single_images),
    )
}

fn percent(share: f64) -> String {
    format!("{:.0}", share * 100.0)
}

fn optional_percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), percent)
}

fn heading<const N: usize>(names: [&str; N]) -> Vec<[String; N]> {
    vec![names.map(str::to_owned)]
}

fn rows<const N: usize>(rows: &[[String; N]]) -> String {
    table::rows(rows)
}

const NOTES: &str = "\
to: results in page-locked memory, or tensors that stay on the device. scaling: times the images/s of one device.
%: of the time that a thread was on a processor, of the busiest thread of its kind: one near 100 limits the others. A thread
that waits for a GPU may be on a processor meanwhile.
busy %: of the time that a device had an upload, a run or a download of its engines in flight; decoding files is not in it.
single images: from the call to the result; load: while another thread keeps the same engine or job busy.
";
