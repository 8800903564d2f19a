//! The encoder: 8-bit gray or RGB images to baseline JPEG files, byte for byte those of libjpeg-turbo.
//!
//! The image goes through one row of MCUs at a time: [`rows`] converts its pixels to the planes of the components ([`color`],
//! [`downsample`]), [`transform`] computes the quantized coefficients of its blocks, [`blocks`] turns them into Huffman symbols,
//! and [`bits`] writes those. [`layout`] has the geometry, [`quantizers`] and [`codes`] the tables of a file, [`optimal`] the
//! Huffman tables of an optimized file, and [`markers`] the segments of the header.

mod bits;
mod blocks;
mod codes;
mod color;
mod downsample;
mod encoder;
pub(crate) mod error;
mod layout;
mod markers;
mod optimal;
pub(crate) mod options;
mod quantizers;
mod rows;
mod transform;

pub use crate::encode::encoder::Encoder;
