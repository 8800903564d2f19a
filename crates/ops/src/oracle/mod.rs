//! The common part of the operators' references: their image type, borders, windows, and the rounding to bf16.

mod bf16;
mod border;
mod image;
mod window;

pub use bf16::bf16_bits;
pub(crate) use border::reflect;
pub use border::reflect_101;
pub use image::Image;
pub(crate) use window::{inside, windows};
