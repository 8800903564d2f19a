//! Files around a pipeline: what reads its inputs and writes its results.
//!
//! - [`discover`]: files and folders as an ordered list of sets of images.
//! - [`video`]: Y4M and raw frames, over any stream of bytes.
//! - [`npy`] and [`npz`]: arrays of NumPy.
//! - [`tar`]: shards of samples, as WebDataset has them.
//! - [`output`] and [`target`]: results in a format of one's choice, which appear complete or not at all.
//! - [`claims`]: no file is written twice, nor over an input.
//!
//! Image files themselves are those of [`pixelflume_codec`]. Nothing here starts a thread or knows a device; readers are iterators, and those of
//! [`video`] and [`tar`] tell a [`Position`] from which a later reader goes on.
//!
//! Files are not trusted. Whatever their bytes are, the result is an item or an error with its place; memory follows the bytes that arrive, up to a bound of
//! the caller.
#![forbid(unsafe_code)]

mod bytes;
pub mod claims;
pub mod discover;
mod error;
mod identity;
pub mod npy;
pub mod npz;
pub mod output;
mod position;
pub mod tar;
pub mod target;
pub mod video;

pub use error::FileError;
pub use position::Position;
