//! Reads the text of a file, up to a limit, and only from files that end.

use super::MAX_FILE_BYTES;
use super::error::{PipelineFileError, Problem};
use std::fs::{File, FileType};
use std::io::{Error, Read};
use std::path::Path;

/// What a file is read as, for messages.
#[derive(Copy, Clone, Debug)]
pub(crate) struct FileKind {
    /// For example `pipeline file`.
    pub(crate) name: &'static str,
    /// The end of names of such files.
    pub(crate) extension: &'static str,
}

/// A pipeline file.
pub(super) const PIPELINE: FileKind = FileKind {
    name: "pipeline file",
    extension: ".toml",
};

/// The reason why a file could not be read, and what to do.
pub(crate) struct Refusal {
    pub(crate) message: String,
    pub(crate) help: String,
}

impl Refusal {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Refusal {
            message: message.into(),
            help: help.into(),
        }
    }

    /// The error for the file of this name.
    pub(super) fn of(&self, file: &str) -> PipelineFileError {
        let problem = Problem::new(&file.into(), None, &self.message, &self.help);
        PipelineFileError::new(vec![problem], 0)
    }
}

/// Refuses a file of this size.
pub(super) fn too_large(kind: FileKind, bytes: u64) -> Refusal {
    Refusal::new(
        format!("{bytes} bytes are too many for a {}", kind.name),
        limit(kind),
    )
}

fn limit(kind: FileKind) -> String {
    format!("a {} has at most {MAX_FILE_BYTES} bytes", kind.name)
}

/// Reads the text of a file.
pub(crate) fn text(path: &Path, kind: FileKind) -> Result<String, Refusal> {
    let name = kind.name;
    let cannot = |error: Error| Refusal::new(format!("the {name} cannot be read: {error}"), "");
    let metadata = std::fs::metadata(path).map_err(cannot)?;
    if let Some(what) = endless(path, metadata.file_type()) {
        return Err(Refusal::new(
            format!("the {name} cannot be read: it is {what}"),
            format!("name a {} file", kind.extension),
        ));
    }
    if metadata.len() > MAX_FILE_BYTES as u64 {
        return Err(too_large(kind, metadata.len()));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(cannot)?;
    // A pipe, or a file that grows, is longer than it said.
    let mut some = file.take(MAX_FILE_BYTES as u64 + 1);
    some.read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() > MAX_FILE_BYTES {
        let message = format!("more than {MAX_FILE_BYTES} bytes are too many for a {name}");
        return Err(Refusal::new(message, limit(kind)));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Refusal::new(
            format!("the {name} is not UTF-8 text (byte {at})"),
            "save it as UTF-8",
        )
    })
}

/// The kind of a path that leads to no file, reading of which might never end.
fn endless(path: &Path, kind: FileType) -> Option<&'static str> {
    if kind.is_file() {
        return None;
    }
    if kind.is_dir() {
        return Some("a folder");
    }
    if is_pipe(kind) {
        // Unnamed pipes have a writer, whose end is theirs. They lie in no folder: their path leads to no place.
        return path.canonicalize().is_ok().then_some("a named pipe");
    }
    Some("a device or a socket")
}

#[cfg(unix)]
fn is_pipe(kind: FileType) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&kind)
}

#[cfg(not(unix))]
fn is_pipe(_: FileType) -> bool {
    false
}
