//! The references of all operators: one loop per pixel, straight from the formula.
//!
//! A reference is the oracle that every optimized executor (host SIMD, host threads, CUDA, fused) is compared with, bit for bit.
//! It is written to be checked by reading, and its results equal those of OpenCV 5.0.0, as the golden vectors show. It allocates
//! in every call and uses neither SIMD nor threads, so that it is never used on a hot path. The source of a reference is
//! `reference.rs` in the folder of its operator.
//!
//! Images are 8-bit and interleaved, without padding between rows; see [`Image`]. The functions panic for shapes that their
//! documentation excludes: a test with such a shape is wrong.

pub use crate::abs_diff::reference::abs_diff;
pub use crate::blend::reference::blend;
pub use crate::box_blur::reference::box_blur;
pub use crate::center_crop::reference::center_crop;
pub use crate::color::reference::{
    bgr_to_gray, bgr_to_rgb, gray_to_rgb, rgb_to_bgr, rgb_to_gray, rgb_to_rgba, rgba_to_gray,
    rgba_to_rgb,
};
pub use crate::crop::reference::crop;
pub use crate::dilate::reference::dilate;
pub use crate::erode::reference::erode;
pub use crate::flip::reference::flip;
pub use crate::gaussian_blur::reference::{gaussian_blur, gaussian_taps};
pub use crate::laplacian::reference::{laplacian, laplacian_clamped};
pub use crate::letterbox::reference::letterbox;
pub use crate::median_blur::reference::median_blur;
pub use crate::normalize::reference::normalize;
pub use crate::nv12_to_rgb::reference::nv12_to_rgb;
pub use crate::oracle::{Image, reflect_101};
pub use crate::pad::reference::{Border, pad};
pub use crate::resize::reference::{resize_bilinear, resize_nearest};
pub use crate::sobel::reference::{sobel_dx, sobel_dy, sobel_magnitude};
pub use crate::threshold::reference::threshold;
pub use crate::warp_affine::reference::{WARP_GROUP, invert_affine, warp_affine};
