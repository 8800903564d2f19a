//! Video through files and pipes: Y4M and raw frames in, a pipeline over each frame, Y4M or raw frames out.
//!
//! - [`format`]: what a frame is made of; [`header`]: the first line of a Y4M stream; [`raw`]: `--raw`.
//! - [`reader`] and [`writer`]: frames from and to a stream of bytes; [`pixels`]: frames to images and back.
//! - [`source`] and [`target`]: files, stdin and stdout.
//! - [`flow`]: reading, computing and writing at the same time; [`run`](mod@run): the whole.

pub(crate) mod flow;
pub(crate) mod format;
pub(crate) mod header;
mod lost;
pub(crate) mod pixels;
pub(crate) mod raw;
pub(crate) mod reader;
pub(crate) mod run;
pub(crate) mod source;
pub(crate) mod target;
pub(crate) mod writer;
