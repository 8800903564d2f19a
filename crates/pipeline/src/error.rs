//! What pipelines and runners refuse, by the name of the node.

use crate::ImageError;
use pixelflume_device::DeviceError;
use pixelflume_graph::GraphError;
use pixelflume_memory::MemoryError;
use pixelflume_ops::{ImageShape, OperatorError};
use pixelflume_scheduler::SchedulerError;
use std::fmt;
use std::sync::Arc;
use thiserror::Error;

/// A place in a pipeline file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Location {
    /// Name of the file, as it was given.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Location {
    /// `file:line:column`, as editors and terminals take it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// The node that an error is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NodeName {
    /// Name of the node.
    pub name: String,
    /// Where the node stands, when the pipeline came from a file.
    pub location: Option<Location>,
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node \"{}\"", self.name)?;
        match &self.location {
            Some(location) => write!(f, " ({location})"),
            None => Ok(()),
        }
    }
}

/// A pipeline cannot be built, planned or run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// A name is taken or blank, or an edge would close a cycle.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// A port was made by another builder.
    #[error("this port belongs to another pipeline builder; use the ports that this one returned")]
    ForeignPort,
    /// A connection leads to an input of the pipeline.
    #[error("\"{input}\" is an input of the pipeline and reads nothing; connect to a node")]
    IntoInput {
        /// Name of the input.
        input: String,
    },
    /// A node has all its inputs, and another one was connected.
    #[error(
        "node \"{node}\": {operator} takes {expected} input(s); \"{from}\" would be one too many"
    )]
    SurplusInput {
        /// Name of the node.
        node: String,
        /// Kind of its operator.
        operator: &'static str,
        /// How many inputs the operator takes.
        expected: usize,
        /// Name of the surplus input.
        from: String,
    },
    /// A node lacks inputs.
    #[error(
        "node \"{node}\": {operator} takes {expected} input(s), {got} connected; connect the rest"
    )]
    MissingInput {
        /// Name of the node.
        node: String,
        /// Kind of its operator.
        operator: &'static str,
        /// How many inputs the operator takes.
        expected: usize,
        /// How many are connected.
        got: usize,
    },
    /// An input of the pipeline was named as its output.
    #[error("\"{name}\" is an input of the pipeline and cannot be its output as well; name a node")]
    OutputIsInput {
        /// Name of the input.
        name: String,
    },
    /// A node was named as an output twice.
    #[error("\"{name}\" is an output already; name each output once")]
    DuplicateOutput {
        /// Name of the node.
        name: String,
    },
    /// The pipeline has no nodes.
    #[error("pipeline \"{pipeline}\" has no nodes; add an operator")]
    Empty {
        /// Name of the pipeline.
        pipeline: String,
    },
    /// No output depends on an input.
    #[error("no output depends on the input \"{input}\"; connect it, or leave it out")]
    UnusedInput {
        /// Name of the input.
        input: String,
    },
    /// As many inputs as the pipeline has were not given.
    #[error("pipeline \"{pipeline}\" takes {expected} input(s) ({names}), got {got}")]
    InputCount {
        /// Name of the pipeline.
        pipeline: String,
        /// How many it takes.
        expected: usize,
        /// Their names.
        names: String,
        /// How many were given.
        got: usize,
    },
    /// There is nothing to run.
    #[error("a batch without frames was given; give at least one")]
    NoFrames,
    /// Two inputs have different numbers of frames.
    #[error(
        "input \"{input}\" has {got} frame(s), the others {expected}; frames of one index belong together"
    )]
    FrameCount {
        /// Name of the input.
        input: String,
        /// How many frames the first input has.
        expected: usize,
        /// How many this one has.
        got: usize,
    },
    /// A frame differs from the others of its batch.
    #[error(
        "frame {frame} of input \"{input}\" is {got}, the frames before it are {expected}; run each shape by itself"
    )]
    FrameShape {
        /// Name of the input.
        input: String,
        /// Index of the frame in the batch, from 0.
        frame: usize,
        /// Shape of the first frame.
        expected: ImageShape,
        /// Shape of this one.
        got: ImageShape,
    },
    /// The shape of an input cannot be that of an image.
    #[error("input \"{input}\": {source}")]
    InputShape {
        /// Name of the input.
        input: String,
        /// What is wrong with it.
        source: ImageError,
    },
    /// An image is not one.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The operator of a node cannot take what its inputs give.
    #[error("{node}: {source}")]
    Operator {
        /// The node.
        node: Box<NodeName>,
        /// What the operator says.
        source: Box<OperatorError>,
    },
    /// A batch is larger than any memory.
    #[error(
        "{owner} needs more memory than can be addressed: {batch} image(s) of {shape}; use smaller images or batches"
    )]
    TooLarge {
        /// The node or input.
        owner: String,
        /// Shape of an image.
        shape: ImageShape,
        /// How many there are in a batch.
        batch: u32,
    },
    /// A setting of the runner is impossible.
    #[error("{setting} = {got} is not possible; {expected}")]
    Setting {
        /// Name of the setting.
        setting: &'static str,
        /// Its value.
        got: u64,
        /// What would be right.
        expected: &'static str,
    },
    /// The device failed, or is lost.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// There is not enough memory.
    #[error("{purpose}: {source}")]
    Memory {
        /// What the memory is for.
        purpose: String,
        /// What the memory manager says.
        source: MemoryError,
    },
    /// The scheduler failed.
    #[error(transparent)]
    Scheduler(#[from] SchedulerError),
}
