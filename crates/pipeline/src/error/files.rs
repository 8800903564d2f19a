//! Files of a batch that cannot be decoded.

use pixelflume_codec::DecodeError;
use std::fmt;

/// A file of an input that cannot be decoded.
#[derive(Debug)]
pub struct FileFailure {
    /// Index of the file in its input, from 0.
    pub frame: usize,
    /// The reason.
    pub error: DecodeError,
}

impl fmt::Display for FileFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "file {} cannot be decoded: {}", self.frame, self.error)
    }
}

/// The first failure, and the number of the others.
pub(crate) struct Failures<'a>(pub(crate) &'a [FileFailure]);

impl fmt::Display for Failures<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((first, others)) = self.0.split_first() else {
            return Ok(());
        };
        first.fmt(f)?;
        match others.len() {
            0 => Ok(()),
            1 => f.write_str("; one other file cannot be decoded either"),
            others => write!(f, "; {others} other files cannot be decoded either"),
        }
    }
}
