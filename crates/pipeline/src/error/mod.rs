//! The errors of building, planning and executing a pipeline.

pub(crate) mod copy;
#[cfg(feature = "codec")]
pub(crate) mod files;
pub(crate) mod names;
mod severity;

#[cfg(feature = "codec")]
pub(crate) use severity::is_shortage;
pub(crate) use severity::leaves_work;

use crate::error::copy::CopyName;
#[cfg(feature = "codec")]
use crate::error::files::{Failures, FileFailure};
use crate::error::names::{MemoryOwner, NodeName};
use pixelflume_device::DeviceError;
use pixelflume_graph::GraphError;
use pixelflume_graph::text::Shown;
use pixelflume_memory::MemoryError;
use pixelflume_ops::image::error::ImageError;
use pixelflume_ops::{ImageShape, OperatorError};
use pixelflume_scheduler::SchedulerError;
use thiserror::Error;

/// A pipeline cannot be built, planned or executed.
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
        /// The number of inputs that the operator takes.
        expected: usize,
        /// Name of the input or node that was connected too much.
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
        /// The number of inputs that the operator takes.
        expected: usize,
        /// The number of inputs that are connected.
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
    /// The number of inputs is not that of the pipeline.
    #[error(
        "pipeline \"{}\" takes {expected} input(s) ({names}), got {got}",
        Shown(pipeline)
    )]
    InputCount {
        /// Name of the pipeline.
        pipeline: String,
        /// The number of inputs of the pipeline.
        expected: usize,
        /// The names of the inputs, the first ten of them.
        names: String,
        /// The number of inputs that were given.
        got: usize,
    },
    /// Memory that is borrowed for a call alone was given to a call that does not wait.
    #[error(
        "{owner} is only borrowed for the call, and `submit` returns before its work is done; give memory that has an owner \
         (`BorrowedMemory`), memory of a pool, or use `execute`"
    )]
    OnlyBorrowed {
        /// The input or output.
        owner: String,
    },
    /// A place in ordinary memory was given to a call that does not wait.
    #[error(
        "the place for output \"{}\" is in ordinary memory, and `submit` returns before there are results; give device memory \
         or `Output::Tensor`, or use `execute`",
        Shown(output)
    )]
    OrdinaryOutput {
        /// Name of the output.
        output: String,
    },
    /// The place for an output has bytes of an input or of another output.
    #[error(
        "the place for output \"{}\" shares memory with {other}; give each output memory of its own",
        Shown(output)
    )]
    SharedMemory {
        /// Name of the output.
        output: String,
        /// The input or output with which it shares memory.
        other: String,
    },
    /// An execution was asked for without frames.
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
        /// The number of frames of the first input.
        expected: usize,
        /// The number of frames of this input.
        got: usize,
    },
    /// A frame differs from the others of its batch.
    #[error(
        "frame {frame} of input \"{}\" is {got}, the frames before it are {expected}; give images of several shapes to a `Runner`, \
         or run each shape by itself",
        Shown(input)
    )]
    FrameShape {
        /// Name of the input with the frame.
        input: String,
        /// Index of the frame in the batch, from 0.
        frame: usize,
        /// Shape of the first frame.
        expected: ImageShape,
        /// Shape of this frame.
        got: ImageShape,
    },
    /// A list of images in device memory was given to a compiled pipeline.
    #[error(
        "input \"{}\" is a list of images in device memory, and a compiled pipeline reads batches; give the list to a `Runner`, or the \
         images as one batch (`Input::Device`)",
        Shown(input)
    )]
    ListedImages {
        /// Name of the input.
        input: String,
    },
    /// An entry of a list of images in device memory has not one image.
    #[error(
        "entry {frame} of input \"{}\" has {got} images; each entry of a list is one image (`DeviceImages::frames` gives a part)",
        Shown(input)
    )]
    ListedBatch {
        /// Name of the input.
        input: String,
        /// The position in the list, from 0.
        frame: usize,
        /// The number of images of the entry.
        got: usize,
    },
    /// The operator of a node cannot take one image of a batch.
    #[error("{node}: frame {frame}{}: {source}", image_number(*index))]
    FrameOperator {
        /// Name and place of the node.
        node: Box<NodeName>,
        /// Index of the frame in the batch, from 0.
        frame: usize,
        /// Number of the image in its data set; `None` where it is not known before the batch is submitted.
        index: Option<u64>,
        /// The reason that the operator gives.
        source: Box<OperatorError>,
    },
    /// Files of an input cannot be decoded. Nothing was executed; the same batch without these files can be.
    #[cfg(feature = "codec")]
    #[error("input \"{}\": {}", Shown(input), Failures(failures))]
    Decode {
        /// Name of the input.
        input: String,
        /// The files, at least one, in their order.
        failures: Vec<FileFailure>,
    },
    /// Files were given to what executes one shape alone.
    #[cfg(feature = "codec")]
    #[error(
        "input \"{}\" is files, which a `Runner` decodes; decode them first, or use one",
        Shown(input)
    )]
    EncodedImages {
        /// Name of the input.
        input: String,
    },
    /// The images of an output have several shapes, and its place is for one.
    #[error(
        "output \"{}\" gives {shape} for frame {frame} and {other} for frame {other_frame}; a batch in one piece has one shape: take the \
         images as a list (`Output::Images`)",
        Shown(output)
    )]
    OutputShapes {
        /// Name of the output.
        output: String,
        /// Index of a frame, from 0.
        frame: usize,
        /// Its shape.
        shape: ImageShape,
        /// Index of a frame of another shape.
        other_frame: usize,
        /// The shape of that one.
        other: ImageShape,
    },
    /// A node has an effect that differs from image to image, where batches of one effect are executed.
    #[error(
        "{node}: the effect of {operator} differs from image to image, which a compiled plan for one shape has no room for; execute \
         the pipeline with a `Runner` or an `Engine`"
    )]
    PerImage {
        /// Name and place of the node.
        node: Box<NodeName>,
        /// Kind of its operator.
        operator: &'static str,
    },
    /// Values for each image do not fit the batch or the pipeline.
    #[error("values for each image: {reason}")]
    ImageValues {
        /// What does not fit, and what to do.
        reason: String,
    },
    /// No image can have the shape of an input.
    #[error("input \"{}\": {source}", Shown(input))]
    InputShape {
        /// Name of the input.
        input: String,
        /// The violated rule of shapes.
        source: ImageError,
    },
    /// An image or a layout is invalid.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The operator of a node cannot take what its inputs give.
    #[error("{node}: {source}")]
    Operator {
        /// Name and place of the node.
        node: Box<NodeName>,
        /// The reason that the operator gives.
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
        /// Images in a batch.
        batch: u32,
    },
    /// A setting is out of range.
    #[error("{setting} = {got} is not possible; {expected}")]
    Setting {
        /// Name of the setting.
        setting: &'static str,
        /// The value that was set.
        got: u64,
        /// The range.
        expected: &'static str,
    },
    /// The device failed, or is lost.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// There is no memory for a part of the pipeline.
    #[error("{owner}: no memory for {purpose}: {source}")]
    Memory {
        /// The node or input that the memory is for; of shared memory, the one that needs the most of it.
        owner: Box<MemoryOwner>,
        /// The purpose of the memory.
        purpose: String,
        /// The error of the memory manager.
        source: MemoryError,
    },
    /// The number of places for results is not the number of the pipeline's outputs.
    #[error(
        "pipeline \"{}\" has {expected} output(s) ({names}), places for {got} were given",
        Shown(pipeline)
    )]
    OutputCount {
        /// Name of the pipeline.
        pipeline: String,
        /// The number of outputs of the pipeline.
        expected: usize,
        /// The names of the outputs, the first ten of them.
        names: String,
        /// The number of places that were given.
        got: usize,
    },
    /// The place for the results of an output has another shape or another number of frames.
    #[error(
        "output \"{}\" gives {frames} image(s) of {shape}, the room is for {got_frames} of {got}",
        Shown(output)
    )]
    OutputRoom {
        /// Name of the output.
        output: String,
        /// Shape of the results.
        shape: ImageShape,
        /// Frames of the results.
        frames: usize,
        /// Shape of the images that the place is for.
        got: ImageShape,
        /// Frames that the place is for.
        got_frames: usize,
    },
    /// A compiled pipeline was given other shapes than it was compiled for.
    #[error(
        "input \"{}\" is {got}, the plan was compiled for {expected}; compile one for it",
        Shown(input)
    )]
    PlanShape {
        /// Name of the input.
        input: String,
        /// Shape that the pipeline was compiled for.
        expected: ImageShape,
        /// Shape that was given.
        got: ImageShape,
    },
    /// Device memory of the caller belongs to another device.
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
    /// The stream that a batch was submitted on belongs to another device.
    #[error(
        "the stream that a batch was submitted on is of {got}, the pipeline runs on {expected}; a device that is opened twice \
         is two devices, so open it once and clone it"
    )]
    ForeignStream {
        /// The device of the pipeline.
        expected: String,
        /// The device of the stream.
        got: String,
    },
    /// There is no node of this name.
    #[error("there is no node \"{}\"; there are: {known}", Shown(name))]
    UnknownNode {
        /// The name that was asked for.
        name: String,
        /// The names of the nodes, the first ten of them.
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
    /// An operator cannot be replaced by one of another kind.
    #[error(
        "node \"{}\" is of kind {expected} with {expected_inputs} input(s) and cannot become {got} with {got_inputs}; build another pipeline",
        Shown(node)
    )]
    OtherKind {
        /// Name of the node.
        node: String,
        /// Kind of its operator.
        expected: &'static str,
        /// Inputs of that kind.
        expected_inputs: usize,
        /// Kind of the other operator.
        got: &'static str,
        /// Inputs of that kind.
        got_inputs: usize,
    },
    /// A copy to or from the device failed: the device refused it, or it did not complete.
    #[error("{owner}: {copy}: {source}")]
    Copy {
        /// The input that was copied to the device, or the node of the output that was copied from it.
        owner: Box<MemoryOwner>,
        /// The purpose and the size of the copy.
        copy: CopyName,
        /// The error of the device.
        source: MemoryError,
    },
    /// The scheduler refused the work, or the device failed while it ran.
    #[error(transparent)]
    Scheduler(#[from] SchedulerError),
    /// A thread of the engine panicked outside of operators and wakers.
    #[error("{what} panicked, and the engine has stopped: {message}; make a new one")]
    Panicked {
        /// The part of the engine that panicked.
        what: String,
        /// Message of the panic.
        message: String,
    },
}

/// The number of an image in its data set, for the text of an error.
fn image_number(index: Option<u64>) -> String {
    index.map_or_else(String::new, |index| format!(" (image {index})"))
}
