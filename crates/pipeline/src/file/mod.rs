//! Pipeline files: pipelines written in TOML.
//!
//! ```toml
//! name = "edges"
//!
//! # inputs = ["input"]      # default; a pipeline may take several images at once
//! # outputs = ["edges"]     # default: every node that nothing reads
//! # fusion = false          # default: true; chains of nodes may become one launch
//!
//! # [decode]                # image files that are inputs (feature `codec`); these are the defaults
//! # exif = "apply"          # or "ignore": images as they are stored
//! # color = "keep"          # or "gray", "rgb", "rgba"
//! # allow_truncated = false # true: what is there of a cut or damaged JPEG file, as libjpeg-turbo decodes it
//!
//! [[node]]
//! name = "gray"
//! op = "color"
//! from = "input"            # a node or an input; ["a", "b"] for an operator with two inputs
//! conversion = "rgb_to_gray"
//!
//! [[node]]
//! name = "edges"
//! op = "sobel"
//! from = "gray"
//! ```
//!
//! Nodes may stand in any order. Whatever is wrong is refused with its line and column, and with what would be right;
//! problems that do not depend on each other are reported together, 20 at most. A file has at most 1 MiB.
//!
//! [`Pipeline::from_toml`] and [`Pipeline::from_file`] read such files, [`Pipeline::to_toml`] writes their text.

mod decoding;
mod document;
mod error;
mod link;
mod names;
mod parameters;
pub(crate) mod reading;
mod source;
pub(crate) mod suggest;
mod values;
mod writing;

pub use error::{PipelineFileError, Problem};
pub use writing::PipelineTextError;

use crate::pipeline::Pipeline;
use reading::{PIPELINE, too_large};
use source::SourceText;
use std::path::Path;
use values::Problems;

/// The most bytes that a pipeline file may have, which is room for 20,000 nodes. It bounds the memory and time that a file
/// takes, and is a guard against files that are something else.
pub(crate) const MAX_FILE_BYTES: usize = 1 << 20;

impl Pipeline {
    /// Reads a pipeline from the text of a pipeline file. `file_name` stands in messages, and its stem names the
    /// pipeline where the file does not.
    ///
    /// ```
    /// use pixelflume_pipeline::Pipeline;
    ///
    /// let text = "[[node]]\nname = \"edges\"\nop = \"sobel\"\nfrom = \"input\"\n";
    /// let pipeline = Pipeline::from_toml(text, "edges.toml")?;
    /// assert_eq!(pipeline.outputs().collect::<Vec<_>>(), ["edges"]);
    ///
    /// let error = Pipeline::from_toml(&text.replace("sobel", "sobol"), "edges.toml").unwrap_err();
    /// assert_eq!(error.problems()[0].line(), Some(3));
    /// assert!(error.to_string().contains("did you mean \"sobel\"?"));
    /// # Ok::<(), pixelflume_pipeline::PipelineFileError>(())
    /// ```
    ///
    /// # Errors
    /// What is wrong with the text, with its places: at most 20 problems. Or the text is larger than 1 MiB.
    pub fn from_toml(text: &str, file_name: &str) -> Result<Pipeline, PipelineFileError> {
        if text.len() > MAX_FILE_BYTES {
            return Err(too_large(PIPELINE, text.len() as u64).of(file_name));
        }
        let mut problems = Problems::new(SourceText::new(file_name.into(), text));
        let pipeline = document::read(text, &mut problems)
            .and_then(|document| link::pipeline(&document, &mut problems));
        match pipeline {
            Some(pipeline) if problems.is_empty() => Ok(pipeline),
            _ => Err(problems.into_error()),
        }
    }

    /// Reads a pipeline file; see [`Pipeline::from_toml`]. An unnamed pipe, such as `/dev/stdin` may be, is read to its end.
    ///
    /// # Errors
    /// It is no file (a folder, a device, a named pipe), cannot be read, is not UTF-8 text, is larger than 1 MiB, or something
    /// is wrong with its text.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Pipeline, PipelineFileError> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let text = reading::text(path, PIPELINE).map_err(|refusal| refusal.of(&name))?;
        Pipeline::from_toml(&text, &name)
    }
}
