//! The errors of an engine: batches that were not begun or submitted, and batches that failed.

use super::FrameError;
use crate::error::PipelineError;
use crate::results::NodeFailure;
use pixelflume_graph::text::Shown;
use pixelflume_scheduler::rings::{self, Ring};
use pixelflume_scheduler::settings::SettingError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// The number of a batch: batches are counted from 0 in the order of submission.
#[derive(Copy, Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct BatchId(pub(super) u64);

impl BatchId {
    pub(super) fn of(task: rings::TaskId) -> Self {
        BatchId(task.number())
    }

    /// The number, counted from 0.
    pub fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// An engine could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A setting is out of range.
    #[error(transparent)]
    Config(#[from] SettingError),
    /// The pipeline cannot be compiled for the shapes, or there is not enough memory.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// The pipeline has no plan for images of any sizes on this device.
    #[error(
        "pipeline \"{}\" takes no images of any sizes on {device}: {reason}; make an engine for each shape (an `EngineCache` does), or execute it with a `Runner`",
        Shown(pipeline)
    )]
    NotMixed {
        /// Name of the pipeline.
        pipeline: String,
        /// Name of the device.
        device: String,
        /// The reason, with the names of the nodes.
        reason: String,
    },
    /// The operating system could not start a thread.
    #[error("the thread that completes batches could not be started: {0}")]
    Thread(std::io::Error),
}

impl EngineError {
    /// Whether no engine can be made anymore: the device is lost, or the order of its work is wrong.
    pub fn is_fatal(&self) -> bool {
        matches!(self, EngineError::Pipeline(error) if error.is_fatal())
    }

    /// Whether an engine with less memory might be made.
    pub fn is_shortage(&self) -> bool {
        matches!(self, EngineError::Pipeline(PipelineError::Memory { .. })) && !self.is_fatal()
    }
}

/// A resource of an engine that can be full.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Resource {
    /// The lanes, each with memory and a graph on the device: batches that are being filled, copied or computed.
    Lanes,
    /// One of the task rings. The main ring has the batches that are begun and not complete on the device, the consumed ring
    /// the batches that are not taken, and the exported part of the arena the memory of results, until they are dropped.
    Ring(Ring),
}

impl Resource {
    /// The environment variable that sets the size of the resource.
    pub fn variable(self) -> &'static str {
        match self {
            Resource::Lanes => "PIXELFLUME_IN_FLIGHT",
            Resource::Ring(ring) => ring.variable(),
        }
    }

    /// The unit of the resource, in the plural.
    pub fn unit(self) -> &'static str {
        match self {
            Resource::Lanes => "lanes",
            Resource::Ring(ring) => ring.unit(),
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Resource::Lanes => f.write_str("the set of lanes"),
            Resource::Ring(ring) => ring.fmt(f),
        }
    }
}

/// The state of a batch.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum BatchState {
    /// It is being filled by a writer, and has no number yet.
    Open,
    /// It was given to the device, and is not complete.
    Running,
    /// It is complete, and was not taken.
    Ready,
    /// Its results are held by a lease.
    Held,
}

impl fmt::Display for BatchState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BatchState::Open => "being filled",
            BatchState::Running => "running",
            BatchState::Ready => "ready and not taken",
            BatchState::Held => "held by a lease",
        })
    }
}

/// There is no room for a batch now.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Error)]
#[error(
    "{resource} is full: {needed} {} needed, {used} of {capacity} in use; the oldest there is {}{head_state}",
    resource.unit(),
    head.map_or_else(String::new, |head| format!("batch {head}, "))
)]
#[non_exhaustive]
pub struct Full {
    /// The resource that is full.
    pub resource: Resource,
    /// The amount that the batch needs.
    pub needed: u64,
    /// The amount in use, by batches that are being filled as well.
    pub used: u64,
    /// The size of the resource.
    pub capacity: u64,
    /// The oldest batch in the resource; `None` where all batches there are being filled.
    pub head: Option<BatchId>,
    /// The state of that batch.
    pub head_state: BatchState,
}

/// A batch was not begun or submitted. Then it holds no resource.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// There is no room now. An error of the calls that do not wait.
    #[error(transparent)]
    Full(#[from] Full),
    /// There will be no room before the calling thread gives something back: it holds everything that is full, by leases
    /// that it took and writers that it began.
    #[error(
        "this thread holds everything that is full ({held_by_leases} lease(s), {open_batches} open batch(es)) and would wait for itself: drop some, call `detach` where another thread drops them, or raise {}; {full}",
        full.resource.variable()
    )]
    Deadlock {
        /// Leases that this thread took and that were not dropped.
        held_by_leases: usize,
        /// Writers that this thread began and that were not submitted or dropped.
        open_batches: usize,
        /// The resource that is full.
        full: Full,
    },
    /// There was no progress for the stall time-out.
    #[error("no progress for {waited:?}: {full}")]
    Stalled {
        /// The resource that is full, with the oldest batch there.
        full: Full,
        /// The time without progress.
        waited: Duration,
    },
    /// A batch without frames was submitted.
    #[error("a batch without frames was submitted; give at least one")]
    NoFrames,
    /// A batch was submitted in which a frame lacks an input.
    #[error(
        "frame {frame} of input \"{}\" was not written, but there are {frames} frames; write all inputs of every frame",
        Shown(input)
    )]
    Incomplete {
        /// Name of the input without this frame.
        input: String,
        /// Index of the frame.
        frame: usize,
        /// Frames in the batch.
        frames: usize,
    },
    /// The engine is closed.
    #[error("the engine is closed: it takes no more batches")]
    Closed,
    /// The task rings refused the batch.
    #[error(transparent)]
    Rings(rings::SubmitError),
    /// The memory for results cannot be used, because a copy to it could not be waited for.
    #[error("the memory for results cannot be used: {0}")]
    Memory(Arc<pixelflume_memory::MemoryError>),
    /// The device is lost, or its work could not be waited for.
    #[error("the engine has stopped: {0}")]
    Stopped(Arc<PipelineError>),
}

/// The cause of a failed batch.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum FailureCause {
    /// A frame could not be put into the batch.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The producer failed the batch ([`BatchWriter::fail`](super::BatchWriter::fail)) with this reason.
    #[error("{0}")]
    Producer(String),
    /// A node failed while it ran.
    #[error(transparent)]
    Node(Arc<NodeFailure>),
    /// The batch could not be submitted to the device, or the device is lost.
    #[error(transparent)]
    Pipeline(Arc<PipelineError>),
    /// An operator panicked while its launches were made.
    #[error("an operator panicked while its launches were made: {0}")]
    Panicked(String),
}

/// A batch failed. Other batches are not affected.
#[derive(Clone, Debug, Error)]
#[error("batch {batch} of {frames} frame(s) failed: {cause}")]
#[non_exhaustive]
pub struct BatchFailure {
    /// The number of the batch.
    pub batch: BatchId,
    /// Frames in the batch.
    pub frames: usize,
    /// The cause of the failure.
    pub cause: FailureCause,
}
