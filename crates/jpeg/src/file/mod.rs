//! What a file says before and between its entropy-coded data.

pub(crate) mod color;
mod exif;
pub(crate) mod frame;
pub(crate) mod header;
pub(crate) mod huffman;
pub(crate) mod markers;
pub(crate) mod quantizers;
pub(crate) mod scan;
pub(crate) mod segments;
pub(crate) mod zigzag;
