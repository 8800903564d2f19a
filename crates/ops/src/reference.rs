//! The plain reference of every operator: one loop per pixel, straight from the formula.
//!
//! This module is the oracle that every optimised executor (host SIMD, host threads, CUDA, fused) is compared with, bit
//! for bit. It is written to be read and checked by eye, and its results are equal to those of OpenCV 5.0.0 (the golden
//! vectors in `tests/golden` prove it). It allocates for every call, uses no SIMD and no threads, and is therefore never
//! used on a hot path.
//!
//! Images are 8-bit, interleaved and tight (no padding between rows); see [`Image`]. Functions panic when a shape breaks
//! the contract that their documentation states: a test that feeds them such a shape is wrong.

mod binary;
mod border;
mod color;
mod gather;
mod gaussian;
mod image;
mod laplacian;
mod pointwise;
mod resize;
mod sobel;
mod warp_affine;
mod window;

pub use self::binary::{abs_diff, blend};
pub use self::border::reflect_101;
pub use self::color::{
    bgr_to_gray, bgr_to_rgb, gray_to_rgb, rgb_to_bgr, rgb_to_gray, rgb_to_rgba, rgba_to_gray,
    rgba_to_rgb,
};
pub use self::gather::{Border, center_crop, crop, flip, letterbox, pad};
pub use self::gaussian::{gaussian_blur, gaussian_taps};
pub use self::image::Image;
pub use self::laplacian::{laplacian, laplacian_clamped};
pub use self::pointwise::{normalize, nv12_to_rgb, threshold};
pub use self::resize::{resize_bilinear, resize_nearest};
pub use self::sobel::{sobel_dx, sobel_dy, sobel_magnitude};
pub use self::warp_affine::{WARP_GROUP, invert_affine, warp_affine};
pub use self::window::{box_blur, dilate, erode, median_blur};
