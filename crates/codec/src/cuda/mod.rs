//! JPEG files decoded on CUDA: batches of files of any sizes to pixels in device memory, bit for bit as the CPU decodes them.
//!
//! The entropy-coded data become coefficients; two kernels make samples, and then pixels, of the coefficients of all images of a
//! batch. Whatever a file holds, it is decoded or its error is told, and the other files of the batch are not touched by it.

mod decoder;
pub mod entropy;
mod error;
mod host;
mod image;
mod layout;
mod options;
mod pass;
mod pixels;
mod plan;
mod resources;
mod slot;
mod times;

pub use decoder::{BatchDecoder, BatchStatistics, Pending};
pub use error::BatchError;
pub use image::DecodedImage;
pub use options::{BatchConfig, BatchOptions, takes};
pub use times::Milestone;
