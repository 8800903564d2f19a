//! The results of the workloads, as data for JSON and as a table.

use crate::machine::Machine;
use crate::spread::Spread;
use crate::table;
use serde::Serialize;

/// The results of one run. Times are in microseconds (`_us`), sizes in bytes, rates in GB/s (10^9 bytes).
#[derive(Debug, Serialize)]
pub(crate) struct Run {
    /// Always `pixelflume`; the results of peers have the same form and other names.
    pub(crate) tool: &'static str,
    pub(crate) version: &'static str,
    /// The start of the run, in seconds since 1970.
    pub(crate) unix_time: u64,
    pub(crate) machine: Machine,
    pub(crate) settings: Settings,
    /// The bandwidth of plain copies in the same run.
    pub(crate) copy: CopyBandwidth,
    /// The results of the workloads, in the order of the table.
    pub(crate) workloads: Vec<WorkloadReport>,
}

/// The arguments of the run.
#[derive(Debug, Serialize)]
pub(crate) struct Settings {
    /// `--workload`.
    pub(crate) workload: Vec<String>,
    /// `--batch`; null where it was not given.
    pub(crate) batch: Option<u32>,
    /// `--quick`.
    pub(crate) quick: bool,
    /// False with `--no-fusion`.
    pub(crate) fusion: bool,
}

/// The bandwidth of plain copies; bytes read and bytes written both count.
#[derive(Debug, Serialize)]
pub(crate) struct CopyBandwidth {
    pub(crate) before_gb_per_s: f64,
    pub(crate) after_gb_per_s: f64,
    /// The larger of the two bandwidths, to which shares and floors refer.
    pub(crate) gb_per_s: f64,
}

/// The results of one workload with one batch size.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(Default))]
pub(crate) struct WorkloadReport {
    pub(crate) name: &'static str,
    pub(crate) batch: u32,
    /// Shape of the input images.
    pub(crate) input: String,
    /// Shape of the output images.
    pub(crate) output: String,
    /// Whether `us_per_batch` is the latency of single batches, not the throughput of many.
    pub(crate) is_latency: bool,
    /// What was timed: `device`, `wall, replay` or `wall, direct`.
    pub(crate) timed: &'static str,
    pub(crate) us_per_batch: Spread,
    /// The number of batches that each sample of `us_per_batch` is the mean of.
    pub(crate) batches_per_sample: usize,
    /// Time on the device; null on the host.
    pub(crate) device_us: Option<Spread>,
    /// The least bytes that must move: the part of the input that the output depends on, once, and the output, once.
    pub(crate) floor_bytes: usize,
    /// All bytes of the input and the output, once each.
    pub(crate) whole_bytes: usize,
    /// Bytes of all inputs, which are used in turn.
    pub(crate) rotated_bytes: usize,
    /// Frames that differ from the host's, counted over the first and the last output of each way to execute.
    pub(crate) differing_frames: usize,
    pub(crate) launches_per_batch: usize,
    /// Nodes executed per batch.
    pub(crate) nodes_per_batch: f64,
    /// Executions one by one, each waited for, as a replayed graph.
    pub(crate) execute_replay: ExecutionReport,
    /// Executions one by one, each waited for, launch by launch.
    pub(crate) execute_direct: ExecutionReport,
    /// The time in relation to the copy bandwidth; null for a latency, which the bandwidth does not bound.
    pub(crate) bandwidth: Option<Bandwidth>,
}

/// A time in relation to the copy bandwidth.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(Default))]
pub(crate) struct Bandwidth {
    /// `floor_bytes` over the time.
    pub(crate) gb_per_s: f64,
    /// `gb_per_s` as a share of the copy bandwidth: 1 is a plain copy.
    pub(crate) share_of_copy: f64,
    /// The time of a copy of `floor_bytes`.
    pub(crate) floor_us: f64,
    /// The time as a multiple of `floor_us`.
    pub(crate) ratio_to_floor: f64,
}

/// Executions one by one, each waited for.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(Default))]
pub(crate) struct ExecutionReport {
    /// From the call to its return.
    pub(crate) wall_us: Spread,
    pub(crate) cpu: CpuTime,
    pub(crate) allocations_per_batch: Allocations,
    pub(crate) nodes_per_batch: f64,
    /// Kernels launched per batch, one by one or in a graph.
    pub(crate) launches_per_batch: usize,
}

/// Mean processor time per batch, in microseconds.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(Default))]
pub(crate) struct CpuTime {
    /// Time until everything is submitted, without the wait. It is wall time of the submitting thread, so it includes time that
    /// other threads take its processor.
    pub(crate) submit_us: f64,
    /// Processor time of the calling thread, including its wait, in which the driver may spin; null where the system does not
    /// tell.
    pub(crate) thread_us: Option<f64>,
    /// Processor time of all threads of the process; null where the system does not tell.
    pub(crate) process_us: Option<f64>,
}

/// Mean allocations per batch.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(Default))]
pub(crate) struct Allocations {
    /// Calls of the driver (or the system) for device memory and page-locked memory, from the statistics of the pools.
    pub(crate) driver: f64,
    /// Heap allocations of all threads, counted by the program's allocator; allocations inside the driver are not counted.
    pub(crate) heap: f64,
}

impl WorkloadReport {
    /// Adds the relation of the times to a copy bandwidth of `copy` GB/s.
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
    /// The table, followed by the meaning of its columns.
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
