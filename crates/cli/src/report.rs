//! The report of a run as data: what `--report` writes as JSON.

mod engines;
mod inputs;
mod replay;

pub(crate) use self::engines::EngineReport;
pub(crate) use self::inputs::{
    InputReport, LostReport, OtherInput, OutputReport, ShapeReport, status_of,
};
pub(crate) use self::replay::ReplayReport;
use pixelflume::device::{Device, DeviceKind};
use pixelflume::memory::{
    AllocatorMode, MemoryConfig, MemoryManager, MemoryStatistics, PoolStatistics,
};
use serde::Serialize;
use std::path::Path;

/// Everything about a run. Paths that are not Unicode are written with replacement characters.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Version of the program.
    pub(crate) version: &'static str,
    /// The pipeline that ran.
    pub(crate) pipeline: PipelineReport,
    /// The device it ran on.
    pub(crate) device: DeviceReport,
    /// What was asked for.
    pub(crate) settings: Settings,
    /// What was used.
    pub(crate) effective: Effective,
    /// Sums over the inputs.
    pub(crate) totals: Totals,
    /// What the engines counted.
    pub(crate) engines: EngineReport,
    /// How batches were submitted.
    pub(crate) replay: ReplayReport,
    /// Memory of the device over the run.
    pub(crate) memory: MemoryReport,
    /// What became of each input, in order.
    pub(crate) inputs: Vec<InputReport>,
}

/// The pipeline of a run.
#[derive(Debug, Serialize)]
pub(crate) struct PipelineReport {
    /// Its file.
    pub(crate) file: String,
    /// Its name.
    pub(crate) name: String,
    /// Names of its inputs.
    pub(crate) inputs: Vec<String>,
    /// Names of its outputs.
    pub(crate) outputs: Vec<String>,
}

/// A device: what `devices --json` lists too.
#[derive(Debug, Serialize)]
pub(crate) struct DeviceReport {
    /// How `--device` calls it: `host`, or `cuda:N`.
    pub(crate) id: String,
    /// `host` or `cuda`.
    pub(crate) kind: &'static str,
    /// Its name.
    pub(crate) name: String,
    /// Worker threads of the host device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) threads: Option<u32>,
    /// Multiprocessors of a GPU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) multiprocessors: Option<u32>,
    /// Compute capability of a GPU, for example `9.0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) compute_capability: Option<String>,
    /// CUDA version of the driver, for example `13.0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) driver_version: Option<String>,
    /// Bytes of memory.
    pub(crate) total_memory: Option<u64>,
    /// The allocator modes that work on it.
    pub(crate) allocators: Vec<&'static str>,
    /// Why stream-ordered allocation does not, where it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allocator_fallback: Option<String>,
}

impl DeviceReport {
    /// Describes a device; `index` is the number of a CUDA device.
    pub(crate) fn new(device: &Device, index: usize) -> Self {
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

/// The arguments of a run.
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
    /// Whether runs of nodes may be one launch: not with `--no-fusion`.
    pub(crate) fusion: bool,
    /// `--trace`; null where it was not given.
    pub(crate) trace: Option<String>,
    /// `--format`.
    pub(crate) format: &'static str,
    /// `--raw`; null where it was not given.
    pub(crate) raw: Option<String>,
    /// `--out-raw`; null where it was not given.
    pub(crate) out_raw: Option<&'static str>,
}

/// Values that were used, where the settings leave them open or could not be met.
#[derive(Debug, Serialize)]
pub(crate) struct Effective {
    /// Most images of a batch; less than asked for where frames of a video are large. Large images go in smaller batches
    /// too, by their shape.
    pub(crate) batch: u32,
    /// Streams that the nodes were spread over.
    pub(crate) streams: usize,
    /// Threads that decoded, and as many that encoded; 1 for a video.
    pub(crate) threads: usize,
}

/// Sums of a run. The images of a video are its whole frames.
#[derive(Debug, Serialize)]
pub(crate) struct Totals {
    /// Images, or sets of them where the pipeline has several inputs.
    pub(crate) images: usize,
    /// Images with all their results.
    pub(crate) done: usize,
    /// Images with an error; of a video: frames that were read and not written.
    pub(crate) failed: usize,
    /// Files written.
    pub(crate) files: usize,
    /// Time from the first read to the last write.
    pub(crate) seconds: f64,
    /// Images done per second.
    pub(crate) images_per_second: f64,
}

impl Totals {
    /// The sums of these numbers.
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

/// The memory pools after a run.
#[derive(Debug, Serialize)]
pub(crate) struct MemoryReport {
    /// How device memory was allocated: `pooled` or `stream-ordered`.
    pub(crate) allocator: &'static str,
    /// Why that is not what was asked for; null where it is.
    pub(crate) allocator_fallback: Option<String>,
    /// Memory of the device.
    pub(crate) device: PoolReport,
    /// Page-locked memory of the host.
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

/// One memory pool.
#[derive(Debug, Serialize)]
pub(crate) struct PoolReport {
    /// Buffers asked for.
    pub(crate) requests: u64,
    /// Requests served without the driver.
    pub(crate) reuse_hits: u64,
    /// Allocations and frees by the driver.
    pub(crate) driver_calls: u64,
    /// Bytes handed out at the end of the run.
    pub(crate) in_use: usize,
    /// Bytes taken from the driver at the end of the run.
    pub(crate) reserved: usize,
    /// Most bytes handed out at one time.
    pub(crate) high_water: usize,
    /// Bytes that should be page-locked and are not.
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

/// A path as text for a report.
pub(crate) fn path_text(path: &Path) -> String {
    path.display().to_string()
}
