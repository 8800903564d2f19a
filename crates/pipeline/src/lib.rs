//! Pipelines of image operators: built in Rust or read from TOML, checked, compiled for shapes and a device, and executed in
//! batches.
//!
//! - A [`PipelineBuilder`] or a pipeline file ([`Pipeline::from_toml`], [`mod@file`]) makes a [`Pipeline`]: a checked graph of
//!   operators, independent of shapes and devices. [`Pipeline::infer`] gives the shapes of all nodes for input shapes.
//! - A [`CompiledPipeline`] executes a pipeline for one set of input shapes, without looking anything up and, from the third
//!   execution on, without allocating.
//! - A [`Runner`] executes a pipeline for images of any shapes: it keeps plans with their memory for recent shapes.
//! - An [`Engine`] has several batches in flight, so that uploads, computing and downloads overlap. An
//!   [`EngineCache`](engine::EngineCache) does so for batches of any shapes.
//! - A [`Processor`] makes the pipeline that prepares images for a model as transformers, torchvision or ultralytics do.
//! - The module `dlpack` (feature `dlpack`) takes tensors of other libraries, and gives images away as tensors.
//!
//! A node that fails fails the outputs that depend on it and no others. Errors name the node, and its place in the file where
//! the pipeline came from one.
//!
//! Inside, a pipeline is planned (`plan`: data, then bound to memory), and a lane (`lane`) executes the plan; the types above
//! are made of lanes.

mod builder;
mod compiled_pipeline;
mod config;
#[cfg(feature = "codec")]
mod decoding;
#[cfg(feature = "dlpack")]
pub mod dlpack;
#[cfg(feature = "codec")]
mod encoded;
pub mod engine;
mod error;
pub mod file;
mod image;
mod inputs;
mod lane;
mod mixed;
mod outputs;
mod parameter;
mod pending;
mod pipeline;
mod plan;
pub mod processor;
mod results;
mod runner;
#[cfg(feature = "testing")]
pub mod testing;

pub use self::image::device::{DeviceImages, DeviceImagesMut};
pub use self::image::tensor::DeviceTensor;
pub use builder::{PipelineBuilder, Port};
pub use compiled_pipeline::CompiledPipeline;
pub use config::{ExecutionConfig, ExecutionStatistics, MAX_BATCH, MAX_IN_FLIGHT};
pub use engine::{
    BatchFailure, BatchId, BatchWriter, Engine, EngineConfig, OutputLease, SubmitError,
};
pub use error::PipelineError;
pub use error::copy::CopyName;
#[cfg(feature = "codec")]
pub use error::files::FileFailure;
pub use error::names::{Location, MemoryOwner, NodeName};
pub use file::{PipelineFileError, PipelineTextError, Problem};
pub use inputs::Input;
pub use mixed::values::BatchParameters;
pub use outputs::Output;
pub use pending::Pending;
pub use pipeline::Pipeline;
pub use pipeline::node::{Node, Shapes, Source};
#[cfg(feature = "ndarray")]
pub use pixelflume_ops::image::arrays::ArrayError;
pub use pixelflume_ops::image::error::ImageError;
#[cfg(feature = "image")]
pub use pixelflume_ops::image::interop::ConvertImageError;
pub use pixelflume_ops::image::layout::BatchLayout;
pub use pixelflume_ops::image::owned::Image;
pub use pixelflume_ops::image::view::{BatchView, BatchViewMut, ImageView};
pub use plan::arena::{ArenaPlan, ArenaRange};
pub use plan::description::{
    ApartDescription, ChainDescription, Description, FusionDescription, InputDescription,
    NodeDescription, ScheduleDescription, ShapeDescription,
};
pub use plan::memory::{BufferDescription, MemoryDescription};
pub use plan::mixed::description::{GroupedDescription, MixedChainDescription, MixedDescription};
pub use processor::{Processor, ProcessorError};
pub use results::{BatchOutputs, Execution, NodeFailure, OutputError};
pub use runner::Runner;
#[cfg(feature = "codec")]
pub use runner::encoded::EncodedOutputs;
