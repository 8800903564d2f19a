//! Which files a run reads and which it writes, so that nothing that is written replaces anything that is read, or
//! another file of the run.

use crate::failure::Failure;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The files of a run. Everything is claimed before anything is written.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    /// Regular files, which writing to their paths would replace.
    read: HashMap<FileId, PathBuf>,
    /// Pipes, devices and the like: they are not replaced by writing to them, and can be read once.
    streams: HashMap<FileId, PathBuf>,
    /// Where results go to standard output.
    stdout: Option<FileId>,
    /// By [place](place_of): what is written there, as messages call it.
    written: HashMap<PathBuf, String>,
}

impl Claims {
    /// Claims for a run that reads these files.
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
    /// It is a pipe or a device that is another input of the run already: each would get a part of it.
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

    /// The file that the run reads and that lies at `path`, whatever links and spellings lead there.
    pub(crate) fn read_at(&self, path: &Path) -> Option<&Path> {
        self.read.get(&FileId::of(path)?.0).map(PathBuf::as_path)
    }

    /// Claims a path for `what`, which the option `--OPTION` places.
    ///
    /// # Errors
    /// The run reads the file that is there, or writes something else to the same place.
    pub(crate) fn write(&mut self, what: &str, option: &str, path: &Path) -> Result<(), Failure> {
        let folder = place_of(&folder_of(path));
        let name = path.file_name().unwrap_or_default();
        self.write_in(&folder, name, option, || (what.to_owned(), path.to_owned()))
    }

    /// The same for a file of this name in a folder whose [place](place_of) is known; `what` gives its name in messages and
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
            // It is written to, and not replaced: `/dev/null` has room for any number of files.
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
    /// It is a file that the run reads, which would never come to its end.
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

/// Whether a path leads to the file that stdout or stderr goes to.
pub(crate) fn is_standard_stream(path: &Path) -> bool {
    let file = FileId::of(path);
    file.is_some() && (file == FileId::of_stdout() || file == FileId::of_stderr())
}

/// `what` at this path would replace a file that the run reads.
pub(crate) fn would_replace(what: &str, path: &Path, read: &Path) -> Failure {
    let (path, read) = (path.display().to_string(), read.display().to_string());
    let message = match path == read {
        true => format!("{what} would replace {read}, which this run reads"),
        false => format!("{what}, {path}, would replace {read}, which this run reads"),
    };
    Failure::new(message)
}

/// What two paths of one file have in common.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct FileId(#[cfg(unix)] (u64, u64), #[cfg(not(unix))] PathBuf);

/// What a file is.
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
    /// Device and inode of what a path leads to; `None` where nothing is.
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
    /// The path without links; `None` where nothing is.
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

/// The folder of a report file: its parent, or the current one.
pub(crate) fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Where a folder is or will be, without links: folders that are not there yet are made as their path says.
pub(crate) fn place_of(folder: &Path) -> PathBuf {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let mut place = PathBuf::new();
    let mut exists = true;
    for component in absolute.components() {
        match component {
            // After links were resolved, the parent is the one that the system takes.
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

/// Where names that differ in case alone are one file, so are their places.
fn fold_case(place: PathBuf) -> PathBuf {
    match cfg!(any(windows, target_os = "macos")) {
        true => place.into_os_string().to_ascii_lowercase().into(),
        false => place,
    }
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
