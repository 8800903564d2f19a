//! Image processors of transformers, read from their JSON texts.

mod kinds;
mod read;
mod reader;
mod rules;
mod size;

pub(super) use kinds::{HALF, IMAGENET, Statistics};
pub(super) use read::recipe;
