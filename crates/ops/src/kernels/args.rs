//! The argument blocks of the kernels. The same bytes serve the CUDA kernel, which takes the struct by value as its one
//! parameter, and its host twin. The structs of the same names in `kernels/*.cu` have the same fields in the same order;
//! both sides assert the size, so that a field added to one alone does not compile.

use crate::image::ImageParam;
use bytemuck::{Pod, Zeroable};

const _: () = assert!(size_of::<ImageParam>() == 40);
const _: () = assert!(size_of::<ColorArgs>() == 88);
const _: () = assert!(size_of::<ResizeArgs>() == 96);
const _: () = assert!(size_of::<BlurArgs>() == 152);
const _: () = assert!(size_of::<SobelArgs>() == 88);
const _: () = assert!(size_of::<BinaryArgs>() == 128);
const _: () = assert!(size_of::<UnaryArgs>() == 88);
const _: () = assert!(size_of::<GatherArgs>() == 112);
const _: () = assert!(size_of::<NormalizeArgs>() == 120);

/// Arguments of `color`: `dst` has the size and batch of `src`, and the channels that the conversion makes.
#[derive(Copy, Clone, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct ColorArgs {
    /// The images read.
    pub(crate) src: ImageParam,
    /// The images written.
    pub(crate) dst: ImageParam,
    /// The conversion as a number, in the order of the variants of `ColorConversion`.
    pub(crate) conversion: u32,
    /// Zero; fills the struct, which has no padding.
    pub(crate) reserved: u32,
}

/// Arguments of `resize_bilinear`, `resize_half` and `resize_nearest`: `dst` has the channels and batch of `src`.
#[derive(Copy, Clone, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct ResizeArgs {
    /// The images read.
    pub(crate) src: ImageParam,
    /// The images written.
    pub(crate) dst: ImageParam,
    /// Address of the tables, a multiple of 16; unused by `resize_half`. Bilinear: `dst.width` entries for x, then
    /// `dst.height` for y, each `{ index0: i32, index1: i32, weight0: i32, weight1: i32 }` with clamped indices.
    /// Nearest: `dst.width` u32 indices for x, then `dst.height` for y.
    pub(crate) tables: u64,
    /// 0 bilinear, 1 exactly half, 2 nearest.
    pub(crate) mode: u32,
    /// Zero; fills the struct, which has no padding.
    pub(crate) reserved: u32,
}

/// Arguments of `gaussian_blur`: `src` and `dst` have one shape of 1, 3 or 4 channels and must not overlap.
#[derive(Copy, Clone, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct BlurArgs {
    /// The images read.
    pub(crate) src: ImageParam,
    /// The images written.
    pub(crate) dst: ImageParam,
    /// Taps on each axis: odd, 1 to 31.
    pub(crate) size: u32,
    /// Zero; fills the struct, which has no padding.
    pub(crate) reserved: u32,
    /// `taps[0..size]` in 1/256, mirrored, with the sum 256; the rest is zero.
    pub(crate) taps: [u16; 32],
}

/// Arguments of `sobel`: `src` has 1, 3 (RGB) or 4 (RGBA) channels, `dst` one, and they must not overlap.
#[derive(Copy, Clone, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct SobelArgs {
    /// The images read.
    pub(crate) src: ImageParam,
    /// The images written; for dx and dy with an even base, pitch and stride.
    pub(crate) dst: ImageParam,
    /// 0 magnitude (u8), 1 dx (i16), 2 dy (i16).
    pub(crate) output: u32,
    /// Zero; fills the struct, which has no padding.
    pub(crate) reserved: u32,
}

/// Arguments of `abs_diff` and `blend`: images without channels (rows of samples) of one size and batch.
#[derive(Copy, Clone, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct BinaryArgs {
    /// The first input.
    pub(crate) a: ImageParam,
    /// The second input.
    pub(crate) b: ImageParam,
    /// The images written; they must not overlap those read.
    pub(crate) dst: ImageParam,
    /// Weight of `a` in 1/256, 0 to 256; unused by `abs_diff`.
    pub(crate) weight: u32,
    /// Zero; fills the struct, which has no padding.
    pub(crate) reserved: u32,
}

/// Arguments of kernels with one input and at most two numbers as parameters; the images must not overlap.
/// - `threshold`: `a` the threshold, `b` the maximum, each 0 to 255; images without channels.
/// - `box_blur`, `erode`, `dilate`: `a` the size, odd, 1 to 31; 1, 3 or 4 channels.
/// - `laplacian`: `a` 0 for i16, 1 for u8; 1, 3 or 4 channels.
/// - `median_blur`: `a` the size, 3 or 5; 1, 3 or 4 channels.
/// - `nv12_to_rgb`: none; `src` is a gray image with half as many rows again as `dst`.
#[derive(Copy, Clone, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct UnaryArgs {
    /// The images read.
    pub(crate) src: ImageParam,
    /// The images written.
    pub(crate) dst: ImageParam,
    /// The first parameter; 0 where there is none.
    pub(crate) a: u32,
    /// The second parameter; 0 where there is none.
    pub(crate) b: u32,
}

/// Arguments of `gather`: `dst` has the channels (1, 3 or 4) and batch of `src`.
#[derive(Copy, Clone, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct GatherArgs {
    /// The images read.
    pub(crate) src: ImageParam,
    /// The images written.
    pub(crate) dst: ImageParam,
    /// Column of `dst` where the left column of `src` lies.
    pub(crate) left: i32,
    /// Row of `dst` where the top row of `src` lies.
    pub(crate) top: i32,
    /// Width of the source in `dst`: that of `src`, where `src` is read.
    pub(crate) inner_width: u32,
    /// Height of the source in `dst`.
    pub(crate) inner_height: u32,
    /// Bit 0 mirrors the source along x, bit 1 along y.
    pub(crate) flip: u32,
    /// What is outside the source: 0 `value`, 1 its border pixel, 2 its mirror image, 3 `value`, with the inside left alone.
    pub(crate) outside: u32,
    /// One sample for each channel.
    pub(crate) value: [u8; 4],
    /// Zero; fills the struct, which has no padding.
    pub(crate) reserved: u32,
}

/// Arguments of `normalize`: `src` has 1, 3 or 4 channels.
#[derive(Copy, Clone, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct NormalizeArgs {
    /// The images read.
    pub(crate) src: ImageParam,
    /// The images written, as rows of samples without channels: those of `src`, or `channels` times as many.
    pub(crate) dst: ImageParam,
    /// Factor of each channel.
    pub(crate) a: [f32; 4],
    /// Summand of each channel.
    pub(crate) b: [f32; 4],
    /// 0 interleaved, 1 one plane after the other.
    pub(crate) planar: u32,
    /// 0 for f32, 1 for f16.
    pub(crate) half: u32,
}

/// Arguments of `warp_affine`: `dst` has the channels (1, 3 or 4) and batch of `src`.
#[derive(Copy, Clone, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct WarpArgs {
    /// The images read.
    pub(crate) src: ImageParam,
    /// The images written.
    pub(crate) dst: ImageParam,
    /// Places of the output to places of the source: `[a, b, c, d, e, f]` for `a x + b y + c` and `d x + e y + f`.
    pub(crate) map: [f32; 6],
    /// One sample for each channel, for what is outside the source.
    pub(crate) value: [u8; 4],
    /// Zero; fills the struct, which has no padding.
    pub(crate) reserved: u32,
}
