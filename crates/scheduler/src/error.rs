//! Errors of schedules and runs, and failures of single tasks.

use std::sync::Arc;

use pixelflume_device::{DeviceError, TaskFailure};
use pixelflume_graph::NodeId;
use pixelflume_graph::text::Shown;
use thiserror::Error;

use crate::limits::MAX_STREAMS;

/// An error of a schedule, an executor, or a run as a whole. The failure of a task is none: see [`NodeFailure`].
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum SchedulerError {
    /// The number of streams is out of range.
    #[error("{asked} streams were asked for; give a number from 1 to {MAX_STREAMS}")]
    StreamCount {
        /// The requested number of streams.
        asked: usize,
    },
    /// The device created no stream at all.
    #[error("no stream could be created on {device}: {source}")]
    NoStream {
        /// Name of the device, as [`Device::name`](pixelflume_device::Device::name) gives it.
        device: String,
        /// The error of the device.
        source: DeviceError,
    },
    /// The schedule uses more streams than the executor has.
    #[error(
        "the schedule uses {needed} streams and the executor has {available}; make the schedule for at most {available} streams"
    )]
    TooFewStreams {
        /// Streams that the schedule uses.
        needed: usize,
        /// Streams that the executor has.
        available: usize,
    },
    /// The number of lists of launches is not the number of nodes.
    #[error(
        "launches for {got} nodes were given for a schedule of {expected} nodes; give one list per node, by index"
    )]
    LaunchCount {
        /// Nodes of the schedule.
        expected: usize,
        /// Lists that were given.
        got: usize,
    },
    /// As many runs are in flight as there may be, or a run is in flight and the call is for none.
    #[error("batch {batch} is still in flight; call `finish` before the next run")]
    RunInFlight {
        /// Number of the run in flight.
        batch: u64,
    },
    /// `finish` was called without a run in flight.
    #[error("there is no run to finish; call `run` first")]
    NoRun,
    /// The device refused something that a whole run needs. Nothing was submitted, or the call may be repeated.
    #[error("{action} failed: {source}")]
    Device {
        /// The action that failed, for the error text.
        action: &'static str,
        /// The error of the device.
        source: DeviceError,
    },
    /// Two streams could not be ordered, neither by an event nor by waiting on the host. Tasks submitted so far may
    /// still run; the executor refuses every later call with this error.
    #[error(
        "batch {batch} was given up, because its streams could not be ordered: {source}; make a new executor"
    )]
    Unordered {
        /// Number of the run, counted from 0.
        batch: u64,
        /// The error of the device.
        source: DeviceError,
    },
    /// The device is lost: results of the run are void, and every later call returns this error.
    #[error("{source}")]
    DeviceLost {
        /// The error of the device.
        source: DeviceError,
    },
}

/// The cause of a task's failure.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum FailureCause {
    /// The device refused a launch of the task.
    #[error("it could not be submitted: {0}")]
    Submission(DeviceError),
    /// The task failed, or panicked, while it ran.
    #[error("{0}")]
    Execution(TaskFailure),
}

/// The failure of one task in one run.
#[derive(Clone, Debug, Error)]
#[error("node {} failed in batch {batch}: {cause}", Shown(name))]
#[non_exhaustive]
pub struct NodeFailure {
    /// The failed task's node in the graph of the schedule.
    pub node: NodeId,
    /// The name of that node.
    pub name: Arc<str>,
    /// Number of the run, from 0.
    pub batch: u64,
    /// The reason of the failure.
    pub cause: FailureCause,
}
