//! The report of a run, which `--report` writes as JSON.

mod engines;
mod inputs;
mod replay;

pub(crate) use self::engines::EngineReport;
pub(crate) use self::inputs::{
    InputReport, LostReport, OtherInput, OutputReport, ShapeReport, status_of,
};
pub(crate) use self::replay::ReplayReport;
use pixelflume::device::Device;
use pixelflume::memory::{MemoryManager, MemoryStatistics, PoolStatistics};
use pixelflume_bench::DeviceReport;
use serde::Serialize;
use std::path::Path;

/// The whole report. Paths that are not Unicode are written with replacement characters.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) version: &'static str,
    pub(crate) pipeline: PipelineReport,
    /// The first device.
    pub(crate) device: DeviceReport,
    /// All devices, each with its memory.
    pub(crate) devices: Vec<UsedDevice>,
    /// The arguments of the run.
    pub(crate) settings: Settings,
    /// The values in effect, where the arguments leave them open or could not be met.
    pub(crate) effective: Effective,
    /// Sums over all inputs.
    pub(crate) totals: Totals,
    pub(crate) engines: EngineReport,
    /// The paths by which batches were submitted.
    pub(crate) replay: ReplayReport,
    /// The statistics of the memory pools of the first device at the end of the run.
    pub(crate) memory: MemoryReport,
    /// One entry for each input, in order.
    pub(crate) inputs: Vec<InputReport>,
}

#[derive(Debug, Serialize)]
pub(crate) struct PipelineReport {
    /// The path of the pipeline file.
    pub(crate) file: String,
    pub(crate) name: String,
    pub(crate) inputs: Vec<String>,
    pub(crate) outputs: Vec<String>,
}

/// A device of a run.
#[derive(Debug, Serialize)]
pub(crate) struct UsedDevice {
    #[serde(flatten)]
    device: DeviceReport,
    memory: MemoryReport,
}

impl UsedDevice {
    /// The device of this memory manager.
    pub(crate) fn new(memory: &MemoryManager) -> Self {
        UsedDevice {
            device: device_report(memory.device()),
            memory: memory.statistics().into(),
        }
    }
}

/// Describes a device.
pub(crate) fn device_report(device: &Device) -> DeviceReport {
    DeviceReport::new(device, device.ordinal().unwrap_or(0))
}

#[derive(Debug, Serialize)]
pub(crate) struct Settings {
    /// `--out`.
    pub(crate) out: String,
    /// `--device`.
    pub(crate) device: String,
    /// `--batch`; null where it was not given.
    pub(crate) batch: Option<u32>,
    /// `--streams`; null where it was not given.
    pub(crate) streams: Option<u32>,
    /// `--threads`; null where it was not given.
    pub(crate) threads: Option<u32>,
    /// `--allocator`; null where it was not given.
    pub(crate) allocator: Option<&'static str>,
    /// `--memory-limit` in bytes; null where it was not given.
    pub(crate) memory_limit: Option<usize>,
    /// `--host-memory` in bytes; null where it was not given.
    pub(crate) host_memory: Option<u64>,
    /// `--max-pixels`.
    pub(crate) max_pixels: u64,
    /// `--execution`; null where it was not given.
    pub(crate) execution: Option<String>,
    /// False with `--no-fusion`, and where the pipeline file turns fusion off.
    pub(crate) fusion: bool,
    /// `--trace`; null where it was not given.
    pub(crate) trace: Option<String>,
    /// `--first-index`.
    pub(crate) first_index: u64,
    /// `--epoch`.
    pub(crate) epoch: u64,
    /// `--format`.
    pub(crate) format: &'static str,
    /// `--quality`; null where it was not given.
    pub(crate) quality: Option<u8>,
    /// `--subsampling`; null where it was not given.
    pub(crate) subsampling: Option<&'static str>,
    /// `--raw`; null where it was not given.
    pub(crate) raw: Option<String>,
    /// `--out-raw`; null where it was not given.
    pub(crate) out_raw: Option<&'static str>,
    /// `--matrix`; null where it was not given.
    pub(crate) matrix: Option<&'static str>,
    /// `--range`; null where it was not given.
    pub(crate) range: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Effective {
    /// The largest batch, in images: less than `--batch` where frames of a video are large. Batches of large images are smaller
    /// still, by their shape.
    pub(crate) batch: u32,
    /// Streams that the nodes are spread over.
    pub(crate) streams: usize,
    /// Threads that read, decode and encode images, or convert the frames of a video.
    pub(crate) threads: usize,
}

/// Sums over the inputs of a run. The images of a video are its whole frames.
#[derive(Debug, Serialize)]
pub(crate) struct Totals {
    /// Images, or sets of images where the pipeline has several inputs.
    pub(crate) images: usize,
    /// Images with all their results.
    pub(crate) done: usize,
    /// Images with an error; for a video, frames that were read and not written.
    pub(crate) failed: usize,
    pub(crate) files: usize,
    /// The time from the first read to the last write.
    pub(crate) seconds: f64,
    pub(crate) images_per_second: f64,
}

impl Totals {
    /// Derives the other sums from these numbers.
    pub(crate) fn of(images: usize, failed: usize, files: usize, seconds: f64) -> Self {
        let done = images - failed;
        Totals {
            images,
            done,
            failed,
            files,
            seconds,
            images_per_second: if seconds > 0.0 {
                done as f64 / seconds
            } else {
                0.0
            },
        }
    }
}

/// The memory pools at the end of a run.
#[derive(Debug, Serialize)]
pub(crate) struct MemoryReport {
    /// The effective allocator mode: `pooled` or `stream-ordered`.
    pub(crate) allocator: &'static str,
    /// The reason why the effective mode is not the requested one; null where it is.
    pub(crate) allocator_fallback: Option<String>,
    pub(crate) device: PoolReport,
    /// Page-locked host memory.
    pub(crate) pinned: PoolReport,
}

impl From<MemoryStatistics> for MemoryReport {
    fn from(statistics: MemoryStatistics) -> Self {
        MemoryReport {
            allocator: statistics.mode.mode.name(),
            allocator_fallback: statistics.mode.fallback,
            device: statistics.device.into(),
            pinned: statistics.pinned.into(),
        }
    }
}

/// The statistics of one memory pool.
#[derive(Debug, Serialize)]
pub(crate) struct PoolReport {
    /// Allocations requested.
    pub(crate) requests: u64,
    /// Requests served by reuse, without a driver call.
    pub(crate) reuse_hits: u64,
    /// Allocations and frees by the driver.
    pub(crate) driver_calls: u64,
    /// Bytes in use at the end of the run.
    pub(crate) in_use: usize,
    /// Bytes taken from the driver at the end of the run.
    pub(crate) reserved: usize,
    /// The most bytes in use at one time.
    pub(crate) high_water: usize,
    /// Bytes that should be page-locked and are pageable.
    pub(crate) pageable: usize,
}

impl From<PoolStatistics> for PoolReport {
    fn from(statistics: PoolStatistics) -> Self {
        PoolReport {
            requests: statistics.requests,
            reuse_hits: statistics.reuse_hits,
            driver_calls: statistics.driver_calls,
            in_use: statistics.in_use,
            reserved: statistics.reserved,
            high_water: statistics.high_water,
            pageable: statistics.pageable,
        }
    }
}

/// A path as text; it is lossy where the path is not Unicode.
pub(crate) fn path_text(path: &Path) -> String {
    path.display().to_string()
}
