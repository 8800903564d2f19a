//! Pipelines of image operators: written in Rust or in TOML, checked, compiled for shapes and a device, and run in
//! batches.
//!
//! - A [`PipelineBuilder`], or a pipeline file ([`Pipeline::from_toml`], [`mod@file`]), makes a [`Pipeline`]: a checked
//!   graph of operators, independent of shapes and devices.
//! - [`Pipeline::infer`] says which shapes all nodes have for given inputs, or which node cannot take its input.
//! - An [`CompiledPipeline`] is a pipeline compiled for shapes, a device and a batch size: memory, and complete launches.
//! - A [`Runner`] keeps plans and memory and turns [`Image`]s into [`BatchOutputs`]. A node that fails takes only the
//!   outputs with it that depend on it.
//!
//! Errors name the node, and the place in the file where the pipeline came from one.

mod builder;
mod compiled_pipeline;
mod config;
pub mod engine;
mod error;
pub mod file;
mod image;
mod inputs;
mod lane;
mod outputs;
mod parameter;
mod pipeline;
mod plan;
mod results;
mod runner;

#[cfg(feature = "ndarray")]
pub use self::image::arrays::ArrayError;
pub use self::image::device::{DeviceImages, DeviceImagesMut};
#[cfg(feature = "image")]
pub use self::image::interop::ConvertImageError;
pub use self::image::layout::BatchLayout;
pub use self::image::view::{BatchView, BatchViewMut, ImageView};
pub use self::image::{Image, ImageError};
pub use builder::{PipelineBuilder, Port};
pub use compiled_pipeline::CompiledPipeline;
pub use config::{ExecutionConfig, ExecutionStatistics, MAX_BATCH};
pub use engine::{
    BatchFailure, BatchId, BatchWriter, Engine, EngineConfig, OutputLease, SubmitError,
};
pub use error::PipelineError;
pub use error::copy::CopyName;
pub use error::names::{Location, MemoryOwner, NodeName};
pub use file::{PipelineFileError, Problem};
pub use inputs::Input;
pub use outputs::Output;
pub use pipeline::Pipeline;
pub use pipeline::node::{Node, Shapes, Source};
pub use plan::arena::{ArenaPlan, Slot};
pub use plan::description::{
    ApartDescription, Description, FusionDescription, InputDescription, NodeDescription,
    RunDescription, ScheduleDescription, ShapeDescription,
};
pub use plan::memory::{BufferDescription, MemoryDescription};
pub use results::{BatchOutputs, Execution, NodeFailure, OutputError};
pub use runner::Runner;
