//! What pipelines and runners refuse, by the name of the node.

pub(crate) mod copy;
pub(crate) mod names;

use crate::error::copy::CopyName;
use crate::error::names::{MemoryOwner, NodeName};
use crate::image::ImageError;
use pixelflume_device::{DeviceError, Severity};
use pixelflume_graph::GraphError;
use pixelflume_graph::text::Shown;
use pixelflume_memory::MemoryError;
use pixelflume_ops::{ImageShape, OperatorError};
use pixelflume_scheduler::SchedulerError;
use thiserror::Error;

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
    #[error(
        "\"{}\" is an input of the pipeline and reads nothing; connect to a node",
        Shown(input)
    )]
    IntoInput {
        /// Name of the input.
        input: String,
    },
    /// A node has all its inputs, and another one was connected.
    #[error(
        "node \"{}\": {operator} takes {expected} input(s); \"{}\" would be one too many",
        Shown(node),
        Shown(from)
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
        "node \"{}\": {operator} takes {expected} input(s), {got} connected; connect the rest",
        Shown(node)
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
    #[error(
        "\"{}\" is an input of the pipeline and cannot be its output as well; name a node",
        Shown(name)
    )]
    OutputIsInput {
        /// Name of the input.
        name: String,
    },
    /// A node was named as an output twice.
    #[error("\"{}\" is an output already; name each output once", Shown(name))]
    DuplicateOutput {
        /// Name of the node.
        name: String,
    },
    /// The pipeline has no nodes.
    #[error("pipeline \"{}\" has no nodes; add an operator", Shown(pipeline))]
    Empty {
        /// Name of the pipeline.
        pipeline: String,
    },
    /// No output depends on an input.
    #[error(
        "no output depends on the input \"{}\"; connect it, or leave it out",
        Shown(input)
    )]
    UnusedInput {
        /// Name of the input.
        input: String,
    },
    /// As many inputs as the pipeline has were not given.
    #[error(
        "pipeline \"{}\" takes {expected} input(s) ({names}), got {got}",
        Shown(pipeline)
    )]
    InputCount {
        /// Name of the pipeline.
        pipeline: String,
        /// How many it takes.
        expected: usize,
        /// Their names, the first ten of them.
        names: String,
        /// How many were given.
        got: usize,
    },
    /// There is nothing to run.
    #[error("a batch without frames was given; give at least one")]
    NoFrames,
    /// Two inputs have different numbers of frames.
    #[error(
        "input \"{}\" has {got} frame(s), the others {expected}; frames of one index belong together",
        Shown(input)
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
        "frame {frame} of input \"{}\" is {got}, the frames before it are {expected}; run each shape by itself",
        Shown(input)
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
    #[error("input \"{}\": {source}", Shown(input))]
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
    /// There is no memory for a part of the pipeline.
    #[error("{owner}: no memory for {purpose}: {source}")]
    Memory {
        /// The node or input that it is for; of memory that several use together, the one that needs the most of it.
        owner: Box<MemoryOwner>,
        /// What the memory is for.
        purpose: String,
        /// What the memory manager says.
        source: MemoryError,
    },
    /// There are not as many places for results as the pipeline has outputs.
    #[error(
        "pipeline \"{}\" has {expected} output(s) ({names}), places for {got} were given",
        Shown(pipeline)
    )]
    OutputCount {
        /// Name of the pipeline.
        pipeline: String,
        /// How many it has.
        expected: usize,
        /// Their names, the first ten of them.
        names: String,
        /// How many places were given.
        got: usize,
    },
    /// The room for the results of an output is of another size.
    #[error(
        "output \"{}\" gives {frames} image(s) of {shape}, the room is for {got_frames} of {got}",
        Shown(output)
    )]
    OutputRoom {
        /// Name of the output.
        output: String,
        /// What it gives.
        shape: ImageShape,
        /// How many.
        frames: usize,
        /// What there is room for.
        got: ImageShape,
        /// For how many.
        got_frames: usize,
    },
    /// An execution plan was given other images than it was compiled for.
    #[error(
        "input \"{}\" is {got}, the plan was compiled for {expected}; compile one for it",
        Shown(input)
    )]
    PlanShape {
        /// Name of the input.
        input: String,
        /// Shape that the plan is for.
        expected: ImageShape,
        /// Shape that was given.
        got: ImageShape,
    },
    /// Device memory of the caller is of another device.
    #[error(
        "the memory given for {owner} is of {got}, the pipeline runs on {expected}; allocate it from the memory of the runner or plan"
    )]
    ForeignMemory {
        /// The input or output.
        owner: String,
        /// The device of the pipeline.
        expected: String,
        /// The device of the memory.
        got: String,
    },
    /// There is no node of a name.
    #[error("there is no node \"{}\"; there are: {known}", Shown(name))]
    UnknownNode {
        /// The name.
        name: String,
        /// The names that there are, the first ten of them.
        known: String,
    },
    /// A parameter was to be set of an operator that is not built in.
    #[error(
        "node \"{}\" is of kind {kind}, which is no built-in operator with parameters; replace it as a whole (`set_operator`)",
        Shown(node)
    )]
    NoParameters {
        /// Name of the node.
        node: String,
        /// Kind of its operator.
        kind: &'static str,
    },
    /// An operator was to be replaced by one of another kind.
    #[error(
        "node \"{}\" is of kind {expected} with {expected_inputs} input(s) and cannot become {got} with {got_inputs}; build another pipeline",
        Shown(node)
    )]
    OtherKind {
        /// Name of the node.
        node: String,
        /// Kind of its operator.
        expected: &'static str,
        /// How many inputs that takes.
        expected_inputs: usize,
        /// Kind of the other operator.
        got: &'static str,
        /// How many inputs that takes.
        got_inputs: usize,
    },
    /// A copy to or from the device failed: the device refused it, or did not come to its end.
    #[error("{owner}: {copy}: {source}")]
    Copy {
        /// The input that was copied to the device, or the node of the output that was copied from it.
        owner: Box<MemoryOwner>,
        /// Which copy it was.
        copy: CopyName,
        /// What the device says.
        source: MemoryError,
    },
    /// The scheduler failed.
    #[error(transparent)]
    Scheduler(#[from] SchedulerError),
    /// A thread of the engine panicked where no operator and no waker of the user's was running.
    #[error("{what} panicked, and the engine has stopped: {message}; make a new one")]
    Panicked {
        /// What panicked.
        what: String,
        /// Its message.
        message: String,
    },
}

impl PipelineError {
    /// Whether nothing works any more after the error: the device is lost, or the order of its work is wrong.
    pub fn is_fatal(&self) -> bool {
        let lost = |error: &DeviceError| error.severity() == Severity::DeviceLost;
        match self {
            PipelineError::Device(error)
            | PipelineError::Memory {
                source: MemoryError::Device(error),
                ..
            }
            | PipelineError::Copy {
                source: MemoryError::Device(error),
                ..
            } => lost(error),
            PipelineError::Scheduler(error) => leaves_work(error),
            _ => false,
        }
    }

    /// Whether it is a lack of memory that giving memory back may help against.
    pub(crate) fn is_shortage(&self) -> bool {
        let PipelineError::Memory { source, .. } = self else {
            return false;
        };
        match source {
            MemoryError::NeverFits { .. } | MemoryError::OutOfRange { .. } => false,
            MemoryError::Device(source) => source.severity() == Severity::Recoverable,
            _ => true,
        }
    }
}

/// Whether a run that ended with this error may have left work in streams that nothing orders before what comes next.
pub(crate) fn leaves_work(error: &SchedulerError) -> bool {
    matches!(
        error,
        SchedulerError::Unordered { .. } | SchedulerError::DeviceLost { .. }
    )
}
