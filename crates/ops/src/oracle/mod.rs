//! The common part of the operators' references: their image type, reflect-101 and windows.

mod border;
mod image;
mod window;

pub use border::reflect_101;
pub use image::Image;
pub(crate) use window::{inside, windows};
