//! The references of all operators: one loop per pixel, straight from the formula.
//!
//! A reference is the oracle that every optimized executor (host SIMD, host threads, CUDA, fused) is compared with, bit for bit.
//! It is written to be checked by reading, and its results equal those of OpenCV 5.0.0, as the golden vectors show. It allocates
//! in every call and uses neither SIMD nor threads, so that it is never used on a hot path. The source of a reference is
//! `reference.rs` in the folder of its operator.
//!
//! Images are 8-bit and interleaved, without padding between rows; see [`Image`]. The functions panic for shapes that their
//! documentation excludes: a test with such a shape is wrong.

pub use crate::oracle::{Image, bf16_bits, reflect_101};
pub use crate::registry::references::*;
