//! Pipeline files: pipelines written in TOML.
//!
//! ```toml
//! name = "edges"
//!
//! # inputs = ["input"]      # default; a pipeline may take several images at once
//! # outputs = ["edges"]     # default: every node that nothing reads
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
//! problems that do not depend on each other are reported together.

mod document;
mod error;
mod link;
mod operators;
mod suggest;
mod values;

pub use error::{PipelineFileError, Problem};

use crate::Pipeline;
use error::SourceText;
use std::path::Path;
use std::sync::Arc;
use values::Problems;

/// The most bytes that a pipeline file may have, a guard against files that are something else.
const MAX_FILE_BYTES: u64 = 16 << 20;

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
    /// Everything that is wrong with the text, with its places.
    pub fn from_toml(text: &str, file_name: &str) -> Result<Pipeline, PipelineFileError> {
        let mut problems = Problems::new(SourceText::new(file_name.into(), text));
        let pipeline = document::read(text, &mut problems)
            .and_then(|document| link::pipeline(&document, &mut problems));
        match pipeline {
            Some(pipeline) if problems.is_empty() => Ok(pipeline),
            _ => Err(PipelineFileError::new(problems.into_list())),
        }
    }

    /// Reads a pipeline file; see [`Pipeline::from_toml`].
    ///
    /// # Errors
    /// The file cannot be read, is not UTF-8 text, is larger than 16 MiB, or something is wrong with its text.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Pipeline, PipelineFileError> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let text = read_text(path).map_err(|(message, help)| {
            let file: Arc<str> = name.as_str().into();
            PipelineFileError::new(vec![Problem::of_file(&file, message, help)])
        })?;
        Pipeline::from_toml(&text, &name)
    }
}

/// The text of a file, or what is wrong with it and what to do.
fn read_text(path: &Path) -> Result<String, (String, Option<String>)> {
    let cannot =
        |error: std::io::Error| (format!("the pipeline file cannot be read: {error}"), None);
    let metadata = std::fs::metadata(path).map_err(cannot)?;
    if metadata.is_dir() {
        let message = "the pipeline file cannot be read: it is a folder".to_owned();
        return Err((message, Some("name a .toml file".to_owned())));
    }
    if metadata.len() > MAX_FILE_BYTES {
        let message = format!("{} bytes are too many for a pipeline file", metadata.len());
        return Err((
            message,
            Some(format!(
                "a pipeline file has at most {MAX_FILE_BYTES} bytes"
            )),
        ));
    }
    let bytes = std::fs::read(path).map_err(cannot)?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        (
            format!("the pipeline file is not UTF-8 text (byte {at})"),
            Some("save it as UTF-8".to_owned()),
        )
    })
}
