//! Containers of uncompressed video: Y4M streams and raw frames, read from and written to a stream of bytes.
//!
//! - [`format`](mod@format): the pixel format, size and timing of a stream; [`header`]: the first line of a Y4M stream;
//!   [`raw`]: the values of `--raw` and `--out-raw`.
//! - [`reader`] and [`writer`]: frames from and to a stream of bytes; [`pixels`]: frames to images and back.

pub(crate) mod format;
pub(crate) mod header;
pub(crate) mod pixels;
pub(crate) mod raw;
pub(crate) mod reader;
pub(crate) mod writer;
