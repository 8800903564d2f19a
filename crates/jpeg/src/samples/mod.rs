//! Coefficients to samples: smoothing, dequantization and inverse DCT, upsampling, color.
//!
//! [`sampler::Sampler`] takes the blocks of a file MCU row by MCU row and writes rows of pixels. It holds one MCU row of samples of
//! each component and the row above it, so that neither sequential nor progressive files need whole planes. Incomplete progressive
//! files are smoothed before ([`smoothing::smooth`]).

pub(crate) mod color;
pub(crate) mod geometry;
pub(crate) mod idct;
mod lanes;
pub(crate) mod sampler;
pub(crate) mod smoothing;
#[cfg(test)]
mod tests;
mod upsample;
mod window;
