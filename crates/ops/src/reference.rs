//! The plain reference of every operator: one loop per pixel, straight from the formula.
//!
//! This module is the oracle that every optimized executor (host SIMD, host threads, CUDA, fused) is compared with, bit
//! for bit. It is written to be read and checked by eye, and its results are equal to those of OpenCV 5.0.0 (the golden
//! vectors, `golden.bin` in the folder of each operator, prove it). It allocates for every call, uses no SIMD and no threads, and is therefore never
//! used on a hot path.
//!
//! Images are 8-bit, interleaved and tight (no padding between rows); see [`Image`]. Functions panic when a shape breaks
//! the contract that their documentation states: a test that feeds them such a shape is wrong.

pub use crate::oracle::{Image, reflect_101};
pub use crate::registry::references::*;
