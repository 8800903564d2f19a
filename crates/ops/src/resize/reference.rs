//! The references of `resize`.
//!
//! Formulas: OpenCV's `resize` for 8-bit samples, in the order of its roundings.

mod area;
mod bilinear;
mod fixed;
mod nearest;

pub use area::resize_area;
pub use bilinear::resize_bilinear;
pub use fixed::{resize_cubic, resize_lanczos4, resize_linear_exact};
pub use nearest::{resize_nearest, resize_nearest_exact};

/// The length of the source in lengths of the output. It is `1.0 / (dst / src)` in f64, which differs from `src / dst` in the last bit
/// for some sizes, and so in a weight or an index.
fn scale(src: usize, dst: usize) -> f64 {
    1.0 / (dst as f64 / src as f64)
}
