//! The files that a run reads and writes. A run never writes a file that it reads, nor two results to one file.

use crate::failure::Failure;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The files of a run. All of them are claimed before the first one is written.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    /// Regular files, which a result written to their path would replace.
    read: HashMap<FileId, PathBuf>,
    /// Pipes, devices and sockets: writing does not replace them, and their bytes can be read once only.
    streams: HashMap<FileId, PathBuf>,
    /// The file behind standard output, where results go there.
    stdout: Option<FileId>,
    /// The name in messages of each result, by its [place](place_of).
    written: HashMap<PathBuf, String>,
}

impl Claims {
    /// Claims `paths` for reading.
    pub(crate) fn reading<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Self {
        let mut claims = Claims::default();
        for path in paths {
            if let Some((id, Kind::Regular)) = FileId::of(path) {
                claims.read.insert(id, path.to_owned());
            }
        }
        claims
    }

    /// Claims a video for reading; `None` stands for standard input.
    ///
    /// # Errors
    /// The path is a pipe or a device that is another input of the run already: each input would get a part of its bytes.
    pub(crate) fn read_video(&mut self, path: Option<&Path>) -> Result<(), Failure> {
        let found = path.map_or_else(FileId::of_stdin, FileId::of);
        let name = path.unwrap_or(Path::new("standard input"));
        match found {
            None => {}
            Some((id, Kind::Regular)) => drop(self.read.insert(id, name.to_owned())),
            Some((id, Kind::Other)) => {
                if let Some(first) = self.streams.insert(id, name.to_owned()) {
                    let (first, name) = (first.display(), name.display());
                    let message = format!("{first} and {name} are one stream, given to two inputs");
                    return Err(Failure::new(message)
                        .help("read the other one from a file or a pipe of its own"));
                }
            }
        }
        Ok(())
    }

    /// The file that the run reads at `path`, by whatever links and spellings.
    pub(crate) fn read_at(&self, path: &Path) -> Option<&Path> {
        self.read.get(&FileId::of(path)?.0).map(PathBuf::as_path)
    }

    /// Claims a path for writing; `what` names it in messages and `option` is the option that sets it.
    ///
    /// # Errors
    /// The run reads the file at that path, or writes something else to it.
    pub(crate) fn write(&mut self, what: &str, option: &str, path: &Path) -> Result<(), Failure> {
        let folder = place_of(&folder_of(path));
        let name = path.file_name().unwrap_or_default();
        self.write_in(&folder, name, option, || (what.to_owned(), path.to_owned()))
    }

    /// Like [`Claims::write`], for a file in a folder whose [place](place_of) is known; `what` returns its name in messages and
    /// its path.
    pub(crate) fn write_in(
        &mut self,
        folder: &Path,
        name: &OsStr,
        option: &str,
        what: impl Fn() -> (String, PathBuf),
    ) -> Result<(), Failure> {
        let mut place = folder.join(name);
        let refused =
            |failure: Failure| Err(failure.help(format!("choose another place for --{option}")));
        let both = |other: &str| {
            let (what, path) = what();
            let message = format!("{what} and {other} would both be {}", path.display());
            refused(Failure::new(message))
        };
        if let Some((id, kind)) = FileId::of(&place) {
            if let Some(read) = self.read.get(&id) {
                let (what, path) = what();
                return refused(would_replace(&what, &path, read));
            }
            if self.stdout.as_ref() == Some(&id) {
                return both("the video");
            }
            // Writing does not replace it: `/dev/null` takes any number of results.
            if kind == Kind::Other {
                return Ok(());
            }
            // Two links may lead to one file.
            place = fs::canonicalize(&place).unwrap_or(place);
        }
        match self.written.entry(fold_case(place)) {
            Entry::Vacant(free) => {
                free.insert(what().0);
                Ok(())
            }
            Entry::Occupied(taken) => both(taken.get()),
        }
    }

    /// Claims standard output for a video.
    ///
    /// # Errors
    /// Standard output is a file that the run reads: the run would read its own output without end.
    pub(crate) fn write_stdout(&mut self) -> Result<(), Failure> {
        let Some((id, _)) = FileId::of_stdout() else {
            return Ok(());
        };
        if let Some(read) = self.read.get(&id) {
            let read = read.display();
            let message = format!("standard output is {read}, which this run reads");
            return Err(Failure::new(message).help("write to another file"));
        }
        self.stdout = Some(id);
        Ok(())
    }
}

/// Whether a path leads to the file behind stdout or stderr.
pub(crate) fn is_standard_stream(path: &Path) -> bool {
    let file = FileId::of(path);
    file.is_some() && (file == FileId::of_stdout() || file == FileId::of_stderr())
}

/// The failure that `what` at `path` would replace a file that the run reads.
pub(crate) fn would_replace(what: &str, path: &Path, read: &Path) -> Failure {
    let (path, read) = (path.display().to_string(), read.display().to_string());
    let message = match path == read {
        true => format!("{what} would replace {read}, which this run reads"),
        false => format!("{what}, {path}, would replace {read}, which this run reads"),
    };
    Failure::new(message)
}

/// The identity of a file, the same for all paths that lead to it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct FileId(#[cfg(unix)] (u64, u64), #[cfg(not(unix))] PathBuf);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
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
    fn of(path: &Path) -> Option<(Self, Kind)> {
        Some(FileId::of_metadata(&fs::metadata(path).ok()?))
    }

    fn of_stdin() -> Option<(Self, Kind)> {
        FileId::of_stream(std::io::stdin())
    }

    fn of_stdout() -> Option<(Self, Kind)> {
        FileId::of_stream(std::io::stdout())
    }

    fn of_stderr() -> Option<(Self, Kind)> {
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
    fn of(path: &Path) -> Option<(Self, Kind)> {
        let path = fs::canonicalize(path).ok()?;
        let kind = Kind::of(&fs::metadata(&path).ok()?);
        Some((FileId(path), kind))
    }

    fn of_stdin() -> Option<(Self, Kind)> {
        None
    }

    fn of_stdout() -> Option<(Self, Kind)> {
        None
    }

    fn of_stderr() -> Option<(Self, Kind)> {
        None
    }
}

/// The folder of a file: its parent, or the current folder.
pub(crate) fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The canonical path of a folder, which need not exist yet: components that do not exist are taken as written.
pub(crate) fn place_of(folder: &Path) -> PathBuf {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let mut place = PathBuf::new();
    let mut exists = true;
    for component in absolute.components() {
        match component {
            // `place` has no links any more, so its parent is the one that the system would use.
            Component::ParentDir => {
                place.pop();
            }
            component => place.push(component),
        }
        if exists {
            match fs::canonicalize(&place) {
                Ok(resolved) => place = resolved,
                Err(_) => exists = false,
            }
        }
    }
    place
}

/// The key of a path: in lower case where the file system ignores case.
fn fold_case(place: PathBuf) -> PathBuf {
    match cfg!(any(windows, target_os = "macos")) {
        true => place.into_os_string().to_ascii_lowercase().into(),
        false => place,
    }
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
