//! The golden data of processors: what transformers, torchvision and ultralytics made of images, as hashes. The tests of this crate
//! and the validation of GPUs compare with it.
//!
//! `tests/processors/generate.py` makes the data and describes its format.

mod images;
mod results;
mod sets;

pub use images::image;
pub use sets::{GoldenCase, GoldenError, GoldenProcessors, GoldenSet};
