//! Where the bytes of an image file come from.

pub(crate) mod bounded;
pub(crate) mod regular;
pub(crate) mod whole;

use std::io::{BufRead, Seek};

/// What decoders read: a file, or bytes in memory.
pub(crate) trait Source: BufRead + Seek + Send {}

impl<R: BufRead + Seek + Send> Source for R {}
