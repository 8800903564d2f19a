//! The argument structs of the kernels: the one definition of each, for the host and for CUDA.
//!
//! A kernel takes one struct by value, and the host executor of the same operator reads the same bytes. `cargo xtask kernels`
//! writes the CUDA declarations of the structs into `args/*.cuh`, with an assertion of the offset of every field;
//! `cargo xtask kernels --check` fails when a header is not what these definitions give.

mod element;
mod fused;
mod jpeg_entropy;
mod jpeg_pixels;
mod layout;
mod operators;
mod resample;
mod shrink;
mod warp;

pub use element::{ElementArgs, ElementOutside};
pub use fused::{
    ColorMapArgs, LineTap, MixedAxis, MixedImage, NormalizeSteps, SampleArgs, SampleFlags,
    SampleWordsArgs, StencilArgs, StencilTaps, WordTap, WordTile,
};
pub use jpeg_entropy::{JpegEntropyArgs, JpegEntropySizes, JpegOdd, JpegScan, JpegScanBlock};
pub use jpeg_pixels::{
    JpegColor, JpegColorsArgs, JpegImage, JpegPlane, JpegPlanesArgs, JpegSource, JpegUpsampling,
};
pub use layout::{Argument, Constant, Constants, Field, Kind, Layout};
pub use operators::*;
pub use resample::{
    ResampleArgs, ResampleColumn, ResampleFlags, ResampleGroup, ResampleLine, ResampleMixedArgs,
    ResampleMixedAxis, ResampleMixedFilter, ResampleMixedImage, ResamplePassArgs, ResampleSpan,
    ResampleTile,
};
pub use shrink::{ShrinkArgs, ShrinkColumn, ShrinkLine, ShrinkLines, ShrinkPart, ShrinkTile};
pub use warp::{WarpArgs, WarpOutside, WarpPositions};

/// The layouts of all argument structs; a nested struct comes before the structs that have it as a field.
pub fn layouts() -> impl Iterator<Item = &'static Layout> {
    let all = operators::LAYOUTS.iter().chain(fused::LAYOUTS);
    let all = all.chain(resample::LAYOUTS).chain(shrink::LAYOUTS);
    let all = all.chain(warp::LAYOUTS);
    let all = all.chain(element::LAYOUTS);
    let all = all.chain(jpeg_pixels::LAYOUTS);
    all.chain(jpeg_entropy::LAYOUTS).copied()
}

/// The sets of constants that kernels and host share.
pub fn constants() -> impl Iterator<Item = &'static Constants> {
    let all = fused::CONSTANTS.iter().chain(resample::CONSTANTS);
    let all = all.chain(warp::CONSTANTS);
    let all = all.chain(element::CONSTANTS);
    let all = all.chain(jpeg_pixels::CONSTANTS);
    all.chain(jpeg_entropy::CONSTANTS).copied()
}
