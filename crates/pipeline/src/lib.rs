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
#![forbid(unsafe_code)]

mod builder;
mod cache;
mod config;
mod description;
mod error;
mod execution;
pub mod file;
mod image;
#[cfg(feature = "image")]
mod interop;
mod layout;
mod outputs;
mod pipeline;
mod runner;
mod staging;

pub use self::image::{Image, ImageError};
pub use builder::{PipelineBuilder, Port};
pub use config::{MAX_BATCH, RunnerConfig, RunnerStatistics};
pub use description::{
    BufferDescription, Description, InputDescription, MemoryDescription, NodeDescription,
    ScheduleDescription, ShapeDescription,
};
pub use error::{Location, NodeName, PipelineError};
pub use execution::ExecutionPlan;
pub use file::{PipelineFileError, Problem};
#[cfg(feature = "image")]
pub use interop::ConvertImageError;
pub use layout::{BufferPlan, Slot};
pub use outputs::{BatchOutputs, NodeFailure, OutputError};
pub use pipeline::{Node, Pipeline, Shapes, Source};
pub use runner::Runner;
