//! Opens files and streams for writing. A file gets its name when it is complete.

use crate::claims;
use crate::failure::Failure;
use pixelflume::codec::{Existing, Temporary, open_regular};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

/// An open target.
pub(crate) enum OpenTarget {
    /// Stdout, a pipe or a device.
    Direct(Box<dyn Write + Send + Sync>),
    /// A file under a temporary name.
    File(Temporary),
}

impl fmt::Debug for OpenTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenTarget::Direct(_) => f.write_str("Direct"),
            OpenTarget::File(file) => f.debug_tuple("File").field(file).finish(),
        }
    }
}

impl OpenTarget {
    /// Opens the target at a path. An existing pipe or device, and a file behind stdout or stderr (`/dev/stdout`), is appended
    /// to and not replaced. Anything else becomes a file; a link is followed.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => Err(io::Error::other("it is a folder")),
            Ok(metadata) if !metadata.is_file() || claims::is_standard_stream(path) => {
                let file = OpenOptions::new().append(true).open(path)?;
                Ok(OpenTarget::Direct(Box::new(file)))
            }
            _ => Temporary::create_for(path).map(OpenTarget::File),
        }
    }

    /// Gives a file its final name; dropped before that, it is removed.
    pub(crate) fn keep(self) -> io::Result<()> {
        match self {
            OpenTarget::Direct(_) => Ok(()),
            OpenTarget::File(temporary) => temporary.persist(Existing::Replace),
        }
    }
}

impl Write for OpenTarget {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            OpenTarget::Direct(target) => target.write(bytes),
            OpenTarget::File(temporary) => {
                let mut file: &File = temporary.file();
                file.write(bytes)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            OpenTarget::Direct(target) => target.flush(),
            OpenTarget::File(temporary) => {
                let mut file: &File = temporary.file();
                file.flush()
            }
        }
    }
}

/// Opens the file of the option `--WHAT` under a temporary name, so that a path that cannot be written is refused before the
/// run. A pipe or a device is opened directly.
pub(crate) fn prepare_file(what: &str, path: Option<&Path>) -> Result<Option<OpenTarget>, Failure> {
    let Some(path) = path else {
        return Ok(None);
    };
    let help = format!("--{what} takes the path of a new file, or of an earlier {what}");
    let refused = |reason: String| {
        Failure::new(format!("cannot write {what} {}: {reason}", path.display())).help(&help)
    };
    if path == Path::new("-") {
        return Err(refused("- is no file; /dev/stdout is one".to_owned()));
    }
    if !claims::is_standard_stream(path) && !may_be_json(path) {
        return Err(refused(format!(
            "the existing file is not a {what}, and would be lost"
        )));
    }
    let opened = OpenTarget::create(path).map_err(|error| refused(error.to_string()))?;
    Ok(Some(opened))
}

/// Whether a path may be replaced by JSON: its content begins like JSON, it is empty, it is no regular file, or it does not
/// exist.
fn may_be_json(path: &Path) -> bool {
    let mut begin = Vec::new();
    let read = open_regular(path).and_then(|(file, _)| file.take(64).read_to_end(&mut begin));
    let first = begin.iter().find(|byte| !byte.is_ascii_whitespace());
    read.is_err() || matches!(first, None | Some(b'{' | b'['))
}
