//! Why an engine did not take a batch, and why a batch failed.

use crate::error::PipelineError;
use crate::results::NodeFailure;
use pixelflume_graph::text::Shown;
use pixelflume_scheduler::rings::{self, Ring};
use pixelflume_scheduler::settings::SettingError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// The number of a batch: they count up from 0 in the order of submission.
#[derive(Copy, Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct BatchId(pub(super) u64);

impl BatchId {
    pub(super) fn of(task: rings::TaskId) -> Self {
        BatchId(task.number())
    }

    /// The number.
    pub fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// Why there is no engine.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A setting cannot be used.
    #[error(transparent)]
    Config(#[from] SettingError),
    /// The pipeline cannot be compiled for the shapes, or there is not enough memory.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// The system gives no thread.
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

/// What can be full.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Resource {
    /// The lanes on the device, with an executable each: batches that are being filled, copied or computed.
    Lanes,
    /// One of the task rings: the main ring has the batches that are begun and not done on the device, the consumed ring those
    /// that are not taken, and the exported lane of the arena the memory of results, until they are dropped.
    Ring(Ring),
}

impl Resource {
    /// The environment variable that sets its size.
    pub fn variable(self) -> &'static str {
        match self {
            Resource::Lanes => "PIXELFLUME_IN_FLIGHT",
            Resource::Ring(ring) => ring.variable(),
        }
    }

    /// What it is counted in.
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

/// Where a batch is.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum BatchState {
    /// Being filled by a writer; it has no number yet.
    Open,
    /// Given to the device, and not done.
    Running,
    /// Done, and not taken.
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
    /// What is full.
    pub resource: Resource,
    /// What the batch needs of it.
    pub needed: u64,
    /// What is in use, by batches that are being filled as well.
    pub used: u64,
    /// What there is.
    pub capacity: u64,
    /// The oldest batch there; `None` where all are open.
    pub head: Option<BatchId>,
    /// Where that batch is.
    pub head_state: BatchState,
}

/// Why a batch was not begun or submitted. Nothing is taken then.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// Not now. Comes from the calls that do not wait.
    #[error(transparent)]
    Full(#[from] Full),
    /// Not before the caller itself gives something back: all that is full is held by leases that it took and writers
    /// that it began.
    #[error(
        "this thread holds all there is ({held_by_leases} lease(s), {open_batches} open batch(es)) and would wait for itself: drop some, say `detach` where another thread drops them, or raise {}; {full}",
        full.resource.variable()
    )]
    Deadlock {
        /// Leases that this thread took and nobody dropped.
        held_by_leases: usize,
        /// Writers that this thread began and nobody submitted or dropped.
        open_batches: usize,
        /// What is full.
        full: Full,
    },
    /// Nothing moved for the stall time-out.
    #[error("no progress for {waited:?}: {full}")]
    Stalled {
        /// What is full, and which batch is at its head.
        full: Full,
        /// How long nothing moved.
        waited: Duration,
    },
    /// A batch was submitted with nothing in it.
    #[error("a batch without frames was submitted; give at least one")]
    NoFrames,
    /// A batch was submitted that lacks a frame.
    #[error(
        "frame {frame} of input \"{}\" was not written, but there are {frames} frames; write all inputs of every frame",
        Shown(input)
    )]
    Incomplete {
        /// Name of the input.
        input: String,
        /// The frame that is missing.
        frame: usize,
        /// Frames of the batch.
        frames: usize,
    },
    /// The engine takes no more.
    #[error("the engine is closed: nothing is submitted any more")]
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

/// A frame was not put into a batch, which is as it was.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The pipeline has not that many inputs.
    #[error("there is no input {index}; the pipeline has {inputs}")]
    NoSuchInput {
        /// The index.
        index: usize,
        /// How many there are.
        inputs: usize,
    },
    /// Not one image per input was given.
    #[error("the pipeline takes {expected} input(s), {got} image(s) were given for a frame")]
    InputCount {
        /// Inputs of the pipeline.
        expected: usize,
        /// Images that were given.
        got: usize,
    },
    /// The batch has no place of this index.
    #[error("there is no room for frame {frame}; a batch has at most {max_batch}")]
    BatchFull {
        /// The index of the frame.
        frame: usize,
        /// The most frames.
        max_batch: u32,
    },
    /// The frame is of another shape than the engine was made for.
    #[error(
        "frame {frame} of input \"{}\" is {got}, the engine is for {expected}",
        Shown(input)
    )]
    Shape {
        /// Name of the input.
        input: String,
        /// The index of the frame.
        frame: usize,
        /// The shape that the engine is for.
        expected: pixelflume_ops::ImageShape,
        /// The shape of the frame.
        got: pixelflume_ops::ImageShape,
    },
    /// The memory cannot be written, because a copy from it could not be waited for.
    #[error("the memory for frames cannot be used: {0}")]
    Memory(Arc<pixelflume_memory::MemoryError>),
}

/// Why a batch has no results.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum FailureCause {
    /// A frame could not be put into it.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The producer gave it up, with this reason.
    #[error("{0}")]
    Producer(String),
    /// A node failed while it ran.
    #[error(transparent)]
    Node(Arc<NodeFailure>),
    /// It could not be submitted to the device, or the device is lost.
    #[error(transparent)]
    Pipeline(Arc<PipelineError>),
    /// An operator panicked while its launches were made.
    #[error("an operator panicked while its launches were made: {0}")]
    Panicked(String),
}

/// A batch failed, and no other with it.
#[derive(Clone, Debug, Error)]
#[error("batch {batch} of {frames} frame(s) failed: {cause}")]
#[non_exhaustive]
pub struct BatchFailure {
    /// The batch.
    pub batch: BatchId,
    /// Frames that were in it.
    pub frames: usize,
    /// Why.
    pub cause: FailureCause,
}
