//! Tensors of other libraries as images, and images as tensors.

mod export;
#[cfg(feature = "cuda")]
mod fake_gpu;
mod import;
mod malformed;
mod managed;
mod shared;
mod submit;
#[expect(unsafe_code, reason = "makes structs of C")]
mod support;
