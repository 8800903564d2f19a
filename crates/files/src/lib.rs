#![forbid(unsafe_code)]

mod bytes;
pub mod npy;
pub mod npz;
