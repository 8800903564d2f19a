//! Image processors of transformers, read from their JSON texts.

mod kinds;
mod read;
mod reader;
mod rules;
mod size;

pub(super) use kinds::{HALF, IMAGENET, Statistics};
pub(super) use read::recipe;

/// The version of transformers whose source says how each text is read.
pub(super) const VERSION: &str = "5.23.0";
