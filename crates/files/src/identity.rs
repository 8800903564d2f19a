//! The identity of a file, whatever path leads to it.

use std::fs;
use std::path::Path;
#[cfg(not(unix))]
use std::path::PathBuf;

/// Whether a path leads to the file behind stdout or stderr.
pub fn is_standard_stream(path: &Path) -> bool {
    let file = FileId::of(path);
    file.is_some() && (file == FileId::of_stdout() || file == FileId::of_stderr())
}

/// The identity of a file, the same for all paths that lead to it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct FileId(#[cfg(unix)] (u64, u64), #[cfg(not(unix))] PathBuf);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Regular,
    /// A pipe, a device, a socket or a folder.
    Other,
}

impl Kind {
    fn of(metadata: &fs::Metadata) -> Self {
        match metadata.is_file() {
            true => Kind::Regular,
            false => Kind::Other,
        }
    }
}

#[cfg(unix)]
impl FileId {
    /// Device and inode of the file at a path; `None` where there is none.
    pub(crate) fn of(path: &Path) -> Option<(Self, Kind)> {
        Some(FileId::of_metadata(&fs::metadata(path).ok()?))
    }

    pub(crate) fn of_stdin() -> Option<(Self, Kind)> {
        FileId::of_stream(std::io::stdin())
    }

    pub(crate) fn of_stdout() -> Option<(Self, Kind)> {
        FileId::of_stream(std::io::stdout())
    }

    pub(crate) fn of_stderr() -> Option<(Self, Kind)> {
        FileId::of_stream(std::io::stderr())
    }

    fn of_stream(stream: impl std::os::fd::AsFd) -> Option<(Self, Kind)> {
        let owned = stream.as_fd().try_clone_to_owned().ok()?;
        Some(FileId::of_metadata(&fs::File::from(owned).metadata().ok()?))
    }

    fn of_metadata(metadata: &fs::Metadata) -> (Self, Kind) {
        use std::os::unix::fs::MetadataExt;
        let id = FileId((metadata.dev(), metadata.ino()));
        (id, Kind::of(metadata))
    }
}

#[cfg(not(unix))]
impl FileId {
    /// The canonical path; `None` where there is no file.
    pub(crate) fn of(path: &Path) -> Option<(Self, Kind)> {
        let path = fs::canonicalize(path).ok()?;
        let kind = Kind::of(&fs::metadata(&path).ok()?);
        Some((FileId(path), kind))
    }

    pub(crate) fn of_stdin() -> Option<(Self, Kind)> {
        None
    }

    pub(crate) fn of_stdout() -> Option<(Self, Kind)> {
        None
    }

    pub(crate) fn of_stderr() -> Option<(Self, Kind)> {
        None
    }
}
