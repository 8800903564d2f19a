//! Conversions between RGB and YUV video frames: NV12, and planar 4:2:0, 4:2:2 and 4:4:4 (I420, Y4M).
//!
//! 8 bits, with the matrix and range of a [`YuvCoding`]. The default, BT.601 of limited range, has the integer arithmetic of OpenCV
//! 5.0.0 and equals it bit for bit (`COLOR_YUV2RGB_NV12`, `COLOR_YUV2RGB_I420`, `COLOR_RGB2YUV_I420`). With y = max(Y - 16, 0) * 1220542, u = U - 128 and
//! v = V - 128:
//!
//! - R = clamp((y + 1673527 v + 2^19) >> 20)
//! - G = clamp((y - 852492 v - 409993 u + 2^19) >> 20)
//! - B = clamp((y + 2116026 u + 2^19) >> 20)
//!
//! and from RGB to YUV:
//!
//! - Y = (269484 R + 528482 G + 102760 B + 2^19 + (16 << 20)) >> 20
//! - U = (-155188 R - 305135 G + 460324 B + 2^19 + (128 << 20)) >> 20
//! - V = (460324 R - 385875 G - 74448 B + 2^19 + (128 << 20)) >> 20
//!
//! The other codings have the same sums with other weights: round(2^20 c) of the coefficient c that follows from Kr and Kb of the
//! standard, and with full range the luma of black is 0. Samples are clamped to 0 to 255. Luma below that of black counts as black.
//!
//! Each chroma sample is shared by a block of pixels ([`Subsampling`]); conversion from RGB takes the chroma of the top-left pixel
//! of a block. Where a width or height is odd, the last column or row has chroma samples of its own: with 4:2:0, chroma planes are
//! (w + 1) / 2 wide and (h + 1) / 2 high. A gray image is a Y plane without any conversion.
//!
//! Frames are rows without padding. The conversions do not allocate. [`mod@reference`] computes one pixel at a time and is the
//! oracle of the tests.

mod coding;
mod error;
mod from_rgb;
mod planes;
pub mod reference;
mod simd;
#[cfg(test)]
mod tests;
mod to_rgb;

pub(crate) use coding::{FromRgb, ToRgb};
pub use coding::{YuvCoding, YuvMatrix, YuvRange};
pub use error::YuvError;
pub use from_rgb::rgb_to_planar;
pub use planes::{Planes, PlanesMut, Subsampling, nv12_bytes};
pub use to_rgb::{nv12_to_rgb, planar_to_rgb};
