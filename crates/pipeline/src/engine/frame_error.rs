//! The errors of frames that cannot be put into a batch.

use crate::error::PipelineError;
use pixelflume_graph::text::Shown;
use pixelflume_ops::ImageShape;
use pixelflume_ops::image::error::ImageError;
use std::sync::Arc;
use thiserror::Error;

/// A frame could not be put into a batch, which is unchanged.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The pipeline has fewer inputs.
    #[error("there is no input {index}; the pipeline has {inputs}")]
    NoSuchInput {
        /// The index that was asked for.
        index: usize,
        /// The number of inputs.
        inputs: usize,
    },
    /// The number of images is not the number of inputs.
    #[error("the pipeline takes {expected} input(s), {got} image(s) were given for a frame")]
    InputCount {
        /// Inputs of the pipeline.
        expected: usize,
        /// Images that were given.
        got: usize,
    },
    /// The batch has no room for a frame of this index.
    #[error("there is no room for frame {frame}; a batch has at most {max_batch}")]
    BatchFull {
        /// The index that was asked for.
        frame: usize,
        /// The most frames of a batch.
        max_batch: u32,
    },
    /// The frame has another shape than the engine was made for.
    #[error(
        "frame {frame} of input \"{}\" is {got}, the engine is for {expected}",
        Shown(input)
    )]
    Shape {
        /// Name of the input.
        input: String,
        /// Index of the frame in the batch.
        frame: usize,
        /// The shape that the engine was made for.
        expected: ImageShape,
        /// The shape of the frame.
        got: ImageShape,
    },
    /// The images of an input may have any size, and the call says none.
    #[error(
        "input \"{}\" is for images of any sizes: the place of frame {frame} needs a shape (`frame_mut_of`)",
        Shown(input)
    )]
    NoSize {
        /// Name of the input.
        input: String,
        /// Index of the frame in the batch.
        frame: usize,
    },
    /// The image has not the channels, the sample type or the layout of the input.
    #[error(
        "frame {frame} of input \"{}\" is {got}; the engine is for images like {expected}, of any width and height",
        Shown(input)
    )]
    Format {
        /// Name of the input.
        input: String,
        /// Index of the frame in the batch.
        frame: usize,
        /// The shape of an image that the engine was made for.
        expected: ImageShape,
        /// The shape of the image.
        got: ImageShape,
    },
    /// The image is larger than the room for the pixels of a batch.
    #[error(
        "frame {frame} of input \"{}\" is {shape} and takes {bytes} bytes; the room for the pixels of a batch has {room}: raise \
         PIXELFLUME_MIXED_BYTES",
        Shown(input)
    )]
    ImageTooLarge {
        /// Name of the input.
        input: String,
        /// Index of the frame in the batch.
        frame: usize,
        /// The shape of the image.
        shape: ImageShape,
        /// Bytes that the image takes.
        bytes: usize,
        /// Bytes of the room.
        room: usize,
    },
    /// The room for the pixels of the batch is used up.
    #[error(
        "there is no room for frame {frame} of input \"{}\": it takes {bytes} bytes, and {used} of {room} are used; submit the batch, or raise \
         PIXELFLUME_MIXED_BYTES",
        Shown(input)
    )]
    RoomUsed {
        /// Name of the input.
        input: String,
        /// Index of the frame in the batch.
        frame: usize,
        /// Bytes that the image takes.
        bytes: usize,
        /// Bytes that the other images of the batch take.
        used: usize,
        /// Bytes of the room.
        room: usize,
    },
    /// A tensor cannot be a frame of this engine.
    #[error("the tensor for frame {frame} of input \"{}\" {reason}", Shown(input))]
    Tensor {
        /// Name of the input.
        input: String,
        /// Index of the frame in the batch.
        frame: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The frames of the batch that are in device memory are more than the setting allows.
    #[error(
        "there is no room for frame {frame} of input \"{}\" on the device: it takes {bytes} bytes, and {used} of {limit} are used; \
         submit the batch, or raise PIXELFLUME_TENSOR_BYTES",
        Shown(input)
    )]
    TensorBytes {
        /// Name of the input.
        input: String,
        /// Index of the frame in the batch.
        frame: usize,
        /// Bytes that the image takes.
        bytes: usize,
        /// Bytes that the other tensors of the batch take.
        used: usize,
        /// The most bytes.
        limit: usize,
    },
    /// No image can have this shape.
    #[error("frame {frame} of input \"{}\": {source}", Shown(input))]
    ImageShape {
        /// Name of the input.
        input: String,
        /// Index of the frame in the batch.
        frame: usize,
        /// The reason.
        source: ImageError,
    },
    /// The file of a frame cannot be decoded.
    #[cfg(feature = "codec")]
    #[error(
        "file {file} of input \"{}\" cannot be decoded: {source}",
        Shown(input)
    )]
    Decode {
        /// Name of the input.
        input: String,
        /// Index of the file among those that were given.
        file: usize,
        /// The reason.
        source: Arc<pixelflume_codec::DecodeError>,
    },
    /// A node cannot take the image.
    #[error(transparent)]
    Image(Arc<PipelineError>),
    /// A chain of nodes cannot compute the image together with those of other sizes.
    #[error("frame {frame} ({shape}), nodes {nodes}: {reason}; execute it alone, with a `Runner`")]
    Chain {
        /// Index of the frame in the batch.
        frame: usize,
        /// The shape of the image.
        shape: ImageShape,
        /// The names of the nodes.
        nodes: String,
        /// The reason.
        reason: String,
    },
    /// Values cannot be given for a parameter of an image.
    #[error("values for frame {frame}: {reason}")]
    Values {
        /// Index of the frame in the batch.
        frame: usize,
        /// What does not fit, and what to do.
        reason: String,
    },
    /// The memory cannot be written, because a copy from it could not be waited for.
    #[error("the memory for frames cannot be used: {0}")]
    Memory(Arc<pixelflume_memory::MemoryError>),
}
