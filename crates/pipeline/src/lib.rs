//! Pipelines of image operators: written in Rust or in TOML, checked, compiled for shapes and a device, and run in
//! batches.
//!
//! - A [`PipelineBuilder`], or a pipeline file ([`Pipeline::from_toml`], [`mod@file`]), makes a [`Pipeline`]: a checked
//!   graph of operators, independent of shapes and devices.
//! - [`Pipeline::infer`] says which shapes all nodes have for given inputs, or which node cannot take its input.
//! - An [`ExecutionPlan`] is a pipeline compiled for shapes, a device and a batch size: memory, and complete launches.
//! - A [`Runner`] keeps plans and memory and turns [`Image`]s into [`BatchOutputs`]. A node that fails takes only the
//!   outputs with it that depend on it.
//!
//! Errors name the node, and the place in the file where the pipeline came from one.

mod arena;
#[cfg(feature = "ndarray")]
mod arrays;
mod batch_layout;
mod builder;
mod cache;
mod check;
mod compiled;
mod config;
mod constants;
mod context;
mod copies;
mod description;
mod device_images;
pub mod engine;
mod error;
mod execution;
pub mod file;
mod fusion;
mod image;
#[cfg(feature = "image")]
mod interop;
mod io;
mod names;
mod node;
mod outputs;
mod parameter;
mod pipeline;
mod placement;
mod planned;
mod runner;
mod sharing;
mod staging;
mod view;

pub use self::image::{Image, ImageError};
pub use arena::{ArenaPlan, Slot};
#[cfg(feature = "ndarray")]
pub use arrays::ArrayError;
pub use batch_layout::BatchLayout;
pub use builder::{PipelineBuilder, Port};
pub use config::{MAX_BATCH, RunnerConfig, RunnerStatistics};
pub use copies::CopyName;
pub use description::{
    ApartDescription, Description, FusionDescription, InputDescription, NodeDescription,
    RunDescription, ScheduleDescription, ShapeDescription,
};
pub use device_images::{DeviceImages, DeviceImagesMut};
pub use engine::{
    BatchFailure, BatchId, BatchWriter, Engine, EngineConfig, OutputLease, SubmitError,
};
pub use error::PipelineError;
pub use execution::ExecutionPlan;
pub use file::{PipelineFileError, Problem};
#[cfg(feature = "image")]
pub use interop::ConvertImageError;
pub use io::{Input, Output};
pub use names::{Location, MemoryOwner, NodeName};
pub use node::{Node, Shapes, Source};
pub use outputs::{BatchOutputs, Execution, NodeFailure, OutputError};
pub use pipeline::Pipeline;
pub use planned::{BufferDescription, MemoryDescription};
pub use runner::Runner;
pub use view::{BatchView, BatchViewMut, ImageView};
