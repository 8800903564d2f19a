//! The common part of the operators' references: their image type, reflect-101, windows, and the rounding to bf16.

mod bf16;
mod border;
mod image;
mod window;

pub use bf16::bf16_bits;
pub use border::reflect_101;
pub use image::Image;
pub(crate) use window::{inside, windows};
