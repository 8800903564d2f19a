//! Opens files and streams for writing. A file gets its name when it is complete.

pub use crate::identity::is_standard_stream;
use pixelflume_codec::{Existing, Temporary};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// A file or a stream that is written to.
pub enum OpenTarget {
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
    /// to and not replaced; opening a named pipe waits until a reader opens it. Anything else becomes a file; a link is followed.
    ///
    /// # Errors
    /// The path is a folder, its folder does not exist, or the system refuses.
    pub fn create(path: &Path) -> io::Result<Self> {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => Err(io::Error::other("it is a folder")),
            Ok(metadata) if !metadata.is_file() || is_standard_stream(path) => {
                let file = OpenOptions::new().append(true).open(path)?;
                Ok(OpenTarget::Direct(Box::new(file)))
            }
            _ => Temporary::create_for(path).map(OpenTarget::File),
        }
    }

    /// Waits until the content of a file is on the disk, and gives it its final name, replacing one that has it; dropped before that, it is removed.
    ///
    /// # Errors
    /// The content cannot be written to the disk, or the system refuses the name.
    pub fn keep(self) -> io::Result<()> {
        match self {
            OpenTarget::Direct(_) => Ok(()),
            OpenTarget::File(temporary) => {
                temporary.file().sync_data()?;
                temporary.persist(Existing::Replace)
            }
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
