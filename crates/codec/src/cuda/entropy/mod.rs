//! Entropy decoding on the GPU: the kernels of `jpeg_entropy.cu`, from the bytes of a batch of files to coefficients.
//!
//! A [`Batch`] takes what is known of the files ([`Baseline`](pixelflume_jpeg::Baseline)) and gives the [`Layout`] of what they need in device memory: a *blob* that is
//! written on the host ([`Batch::write`]) and uploaded, and a workspace. [`Batch::launches`] are eight launches for any batch. Behind
//! them the blob begins with a status for each image, 0 or bits of [`JpegOdd`](pixelflume_kernels::args::JpegOdd): such an image is
//! damaged or unusual, its coefficients are not to be used, and the CPU decodes it with the exact rules for damaged files.

mod batch;
mod functions;
mod layout;
mod scan;
mod table_sets;
mod tables;

pub use batch::Batch;
pub use functions::Functions;
pub use layout::{Buffers, Layout};
pub use scan::Refused;
