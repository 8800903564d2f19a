//! Tensors of other libraries as images, and images as tensors.

mod export;
mod import;
mod malformed;
#[expect(unsafe_code, reason = "makes structs of C")]
mod support;
