//! Batches whose images have several sizes, or whose effect differs from image to image.

mod batches;
mod chains;
mod description;
mod lists;
mod per_image;
mod random;
mod submit;
mod support;
