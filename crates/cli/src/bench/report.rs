//! The results as data, and as a table to read.

use super::machine::Machine;
use super::spread::Spread;
use crate::table;
use serde::Serialize;

/// Everything about one run of the workloads. Times are microseconds (`_us`), amounts bytes, rates GB/s (10^9 bytes).
#[derive(Debug, Serialize)]
pub(crate) struct Run {
    /// `pixelflume`: the peers' results have the same form and other names.
    pub(crate) tool: &'static str,
    /// Version of the program.
    pub(crate) version: &'static str,
    /// When it began, in seconds since 1970.
    pub(crate) unix_time: u64,
    /// Where it ran.
    pub(crate) machine: Machine,
    /// What was asked for.
    pub(crate) settings: Settings,
    /// What plain copies reached.
    pub(crate) copy: CopyBandwidth,
    /// The results, in the order of the table.
    pub(crate) workloads: Vec<WorkloadReport>,
}

/// What was asked for.
#[derive(Debug, Serialize)]
pub(crate) struct Settings {
    /// `--workload`.
    pub(crate) workload: Vec<String>,
    /// `--batch`; null where it was not given.
    pub(crate) batch: Option<u32>,
    /// `--quick`.
    pub(crate) quick: bool,
    /// Whether plans fuse nodes: not with `--no-fusion`.
    pub(crate) fusion: bool,
}

/// Bandwidth of plain copies, bytes read and written together.
#[derive(Debug, Serialize)]
pub(crate) struct CopyBandwidth {
    /// Before the workloads.
    pub(crate) before_gb_per_s: f64,
    /// After the workloads.
    pub(crate) after_gb_per_s: f64,
    /// The larger one, which shares and floors are of.
    pub(crate) gb_per_s: f64,
}

/// One workload with one batch.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(Default))]
pub(crate) struct WorkloadReport {
    /// Its name.
    pub(crate) name: &'static str,
    /// Images of a batch.
    pub(crate) batch: u32,
    /// Shape of the input images.
    pub(crate) input: String,
    /// Shape of the output images.
    pub(crate) output: String,
    /// Whether the time of one batch is wanted, and not that of many.
    pub(crate) is_latency: bool,
    /// What `us_per_batch` is: `device`, `wall, replay` or `wall, direct`.
    pub(crate) timed: &'static str,
    /// Microseconds per batch.
    pub(crate) us_per_batch: Spread,
    /// Batches that each sample of it is the mean of.
    pub(crate) batches_per_sample: usize,
    /// Time on the device, where it is a GPU.
    pub(crate) device_us: Option<Spread>,
    /// Bytes that must be moved at least: of the input what the output depends on, once, and the output, once.
    pub(crate) floor_bytes: usize,
    /// All bytes of the input and the output, once each.
    pub(crate) whole_bytes: usize,
    /// Bytes of all inputs that were used in turn.
    pub(crate) rotated_bytes: usize,
    /// Frames that were not what the host gives; of the first and the last output of each way to run.
    pub(crate) differing_frames: usize,
    /// Kernels that were launched for each batch.
    pub(crate) launches_per_batch: usize,
    /// Nodes of the pipeline.
    pub(crate) nodes_per_batch: f64,
    /// Executions one by one, each waited for, as a replayed graph.
    pub(crate) execute_replay: ExecutionReport,
    /// Executions one by one, each waited for, launch by launch.
    pub(crate) execute_direct: ExecutionReport,
    /// What the time means beside the copy bandwidth; null for a latency, which is not bound by it.
    pub(crate) bandwidth: Option<Bandwidth>,
}

/// A time beside the copy bandwidth.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(Default))]
pub(crate) struct Bandwidth {
    /// `floor_bytes` over the time.
    pub(crate) gb_per_s: f64,
    /// That, as a share of the copy bandwidth: 1 is a plain copy.
    pub(crate) share_of_copy: f64,
    /// What a copy would take for `floor_bytes`.
    pub(crate) floor_us: f64,
    /// The time as a multiple of `floor_us`.
    pub(crate) ratio_to_floor: f64,
}

/// Executions that the caller waits for.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(Default))]
pub(crate) struct ExecutionReport {
    /// From the call to its return.
    pub(crate) wall_us: Spread,
    /// The processor's time for each batch.
    pub(crate) cpu: CpuTime,
    /// Allocations for each batch.
    pub(crate) allocations_per_batch: Allocations,
    /// Nodes that ran for each batch.
    pub(crate) nodes_per_batch: f64,
    /// Kernels that were launched for each batch, whether one by one or by a graph.
    pub(crate) launches_per_batch: usize,
}

/// The processor's time for each batch, in microseconds; means.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(Default))]
pub(crate) struct CpuTime {
    /// Until everything is submitted, without the wait. By the wall clock, on the thread that submits: where other threads
    /// want its processor, their time too.
    pub(crate) submit_us: f64,
    /// The calling thread, the wait included, in which the driver may spin; null where the system does not tell.
    pub(crate) thread_us: Option<f64>,
    /// All threads of the process.
    pub(crate) process_us: Option<f64>,
}

/// Allocations for each batch.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(Default))]
pub(crate) struct Allocations {
    /// Calls of the driver (or the system) for device memory and page-locked memory, by the pools' own statistics.
    pub(crate) driver: f64,
    /// Allocations on the heap by all threads, counted by the program's allocator. The driver's own are not seen.
    pub(crate) heap: f64,
}

impl WorkloadReport {
    /// Adds what the time means where copies reach `copy` GB/s.
    pub(crate) fn compare(&mut self, copy: f64) {
        if self.is_latency {
            return;
        }
        let bytes = self.floor_bytes as f64;
        let us = self.us_per_batch.median;
        let gb_per_s = bytes / us / 1e3;
        let floor_us = bytes / copy / 1e3;
        self.bandwidth = Some(Bandwidth {
            gb_per_s,
            share_of_copy: gb_per_s / copy,
            floor_us,
            ratio_to_floor: us / floor_us,
        });
    }

    fn label(&self) -> String {
        let (shape, _) = self.input.split_once(' ').unwrap_or((&self.input, ""));
        format!("{} x {shape}", self.batch)
    }
}

impl Run {
    /// The table, with what its columns are.
    pub(crate) fn text(&self) -> String {
        let header = [
            "workload",
            "batch",
            "us",
            "p10",
            "p90",
            "GB/s",
            "% of copy",
            "floor us",
            "x floor",
            "launches",
            "allocs",
            "cpu us",
            "wall us",
        ];
        let mut rows = vec![header.map(str::to_owned)];
        for workload in &self.workloads {
            let us = workload.us_per_batch;
            let (execution, cpu) = match workload.device_us {
                Some(_) => {
                    let execution = &workload.execute_replay;
                    (execution, Some(execution.cpu.submit_us))
                }
                None => {
                    let execution = &workload.execute_direct;
                    (execution, execution.cpu.process_us)
                }
            };
            let part = |value: Option<f64>, digits: usize| {
                value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
            };
            let band = workload.bandwidth;
            let allocations = execution.allocations_per_batch;
            rows.push([
                workload.name.to_owned(),
                workload.label(),
                format!("{:.1}", us.median),
                format!("{:.1}", us.p10),
                format!("{:.1}", us.p90),
                part(band.map(|band| band.gb_per_s), 1),
                part(band.map(|band| band.share_of_copy * 100.0), 1),
                part(band.map(|band| band.floor_us), 1),
                part(band.map(|band| band.ratio_to_floor), 2),
                workload.launches_per_batch.to_string(),
                format!("{:.2}+{:.2}", allocations.driver, allocations.heap),
                part(cpu, 2),
                format!("{:.1}", execution.wall_us.median),
            ]);
        }
        let mut text = format!(
            "{} on {}: copies {:.1} GB/s before, {:.1} GB/s after\n",
            self.tool,
            self.machine.device.name,
            self.copy.before_gb_per_s,
            self.copy.after_gb_per_s
        );
        text.push_str(&table::rows(&rows));
        text.push_str(NOTES);
        text
    }
}

const NOTES: &str = "\
us: median per batch, on a GPU time on the device without the host's part; latency: wall time. floor: bytes that must be
read and written, once, at the copy bandwidth. allocs: driver + heap, per batch. cpu: on a GPU the time of the caller until
the device has all work of a batch, on the host the time of all threads. wall: one execution with its wait, as a replayed
graph on a GPU.
";
