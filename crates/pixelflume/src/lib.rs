//! Graphs of image operators over batches of frames, on NVIDIA GPUs and on CPUs, with the same pixels.
//!
//! A pipeline is written in Rust or in a TOML file; it takes images and gives the images of its outputs. The results are
//! equal bit for bit on every device, and for 8-bit images equal to those of OpenCV 5.0.0.
//!
//! ```
//! use pixelflume::prelude::*;
//!
//! // Shrink, make gray, smooth, find edges.
//! let mut builder = PipelineBuilder::new("edges");
//! let input = builder.input("input")?;
//! let small = builder.then(input, "small", Resize::new(32, 24)?)?;
//! let gray = builder.then(small, "gray", Color::new(ColorConversion::RgbToGray))?;
//! let smooth = builder.then(gray, "smooth", GaussianBlur::new(5)?)?;
//! builder.then(smooth, "edges", Sobel::magnitude())?;
//!
//! // The first GPU, or the CPU where there is none.
//! let mut runner = Runner::new(builder.build()?, &Device::best(), ExecutionConfig::default())?;
//!
//! // White on the right half: one vertical edge.
//! let image = Image::from_fn(64, 48, 3, |x, _, _| if x < 32 { 0 } else { 255 })?;
//! let outputs = runner.run(&[&image])?;
//! let edges = &outputs.images("edges")?[0];
//! assert_eq!(edges.shape(), ImageShape::u8(32, 24, 1));
//! assert_eq!(edges.data()[0], 0);
//! assert!(edges.data()[16] > 200);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The same pipeline as a file:
//!
//! ```
//! use pixelflume::prelude::*;
//!
//! let pipeline = Pipeline::from_toml(
//!     r#"
//!     [[node]]
//!     name = "gray"
//!     op = "color"
//!     from = "input"
//!     conversion = "rgb_to_gray"
//!
//!     [[node]]
//!     name = "edges"
//!     op = "sobel"
//!     from = "gray"
//!     "#,
//!     "edges.toml",
//! )?;
//! let shapes = pipeline.infer(&[ImageShape::u8(640, 480, 3)])?;
//! assert_eq!(shapes.nodes, [ImageShape::u8(640, 480, 1); 2]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Layers
//! Most programs need only the [`prelude`]. The other modules are the crates below, each built on the crates after it:
//! [`pipeline`] (builder, files, runner, engine), [`ops`] (operators, and the trait for custom ones), [`scheduler`]
//! (streams and events for a graph), [`graph`], [`memory`] and [`device`]. The feature `codec` has a module for image files beside
//! `pipeline` and one for jobs (`runtime`) on top, the feature `files` one for folders, video, arrays of NumPy and tar shards.
//!
//! # Features
//! - `codec`: image files (PNG, JPEG, BMP, PNM, GIF, TIFF, WebP), decoded and encoded with bounded memory, and jobs that bring files
//!   through a pipeline (`runtime`).
//! - `files`: with `codec`, folders as sets of images, Y4M and raw video, npy and npz, tar shards, and results that appear complete or not at all.
//! - `cuda`: NVIDIA GPUs. The driver is found at run time; the program starts without one.
//! - `cudarc`, `cust`: contexts, streams and buffers shared with a program that uses one of these crates for CUDA
//!   (`memory::interop`).
//! - `dlpack`: tensors of other libraries as inputs and outputs, and images as tensors (`pipeline::dlpack`).
//! - `ndarray`: arrays of the crate `ndarray` as inputs, without copying, and images as arrays.
//! - `nvtx`: ranges around runs and submissions for Nsight; needs a C compiler.
//! - `image`: conversions between [`Image`](pipeline::Image) and the images of the crate `image`.
#![forbid(unsafe_code)]

/// The README and the examples of the book (`book` has links to `docs`), compiled and run as tests.
#[cfg(doctest)]
mod book {
    #[doc = include_str!("../README.md")]
    mod readme {}
    #[doc = include_str!("../book/getting-started.md")]
    mod getting_started {}
    #[doc = include_str!("../book/pipeline-files.md")]
    mod pipeline_files {}
    #[doc = include_str!("../book/rust-guide.md")]
    mod rust_guide {}
    #[doc = include_str!("../book/mixed-batches.md")]
    mod mixed_batches {}
    #[doc = include_str!("../book/augmentation.md")]
    mod augmentation {}
    #[doc = include_str!("../book/custom-operators.md")]
    mod custom_operators {}
    #[doc = include_str!("../book/processes.md")]
    mod processes {}
    #[doc = include_str!("../book/processors.md")]
    mod processors {}
    #[cfg(feature = "files")]
    #[doc = include_str!("../book/files.md")]
    mod files {}
}

#[cfg(feature = "codec")]
pub use pixelflume_codec as codec;
pub use pixelflume_device as device;
#[cfg(feature = "files")]
pub use pixelflume_files as files;
pub use pixelflume_graph as graph;
pub use pixelflume_memory as memory;
pub use pixelflume_ops as ops;
pub use pixelflume_pipeline as pipeline;
#[cfg(feature = "codec")]
pub use pixelflume_runtime as runtime;
pub use pixelflume_scheduler as scheduler;

/// The names that most programs need.
pub mod prelude {
    pub use crate::device::{Device, DeviceError, DeviceRequest, LazyDevice};
    pub use crate::memory::AllocatorMode;
    pub use crate::ops::operators::*;
    pub use crate::ops::{Custom, ImageShape, Layout, Operator, OperatorError, SampleType, Value};
    pub use crate::pipeline::{
        BatchFailure, BatchLayout, BatchOutputs, BatchParameters, BatchView, BatchViewMut,
        BatchWriter, CompiledPipeline, DeviceImages, DeviceImagesMut, DeviceTensor, Engine,
        EngineConfig, Execution, ExecutionConfig, Image, ImageView, Input, NodeFailure, Output,
        OutputError, OutputLease, Pending, Pipeline, PipelineBuilder, PipelineError,
        PipelineFileError, PipelineTextError, Port, Processor, ProcessorError, Runner, SubmitError,
    };
    pub use crate::scheduler::ExecutionMode;
}
