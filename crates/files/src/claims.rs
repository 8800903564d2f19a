//! The files that a run reads and writes. A run never writes a file that it reads, nor two results to one file.

use crate::identity::{FileId, Kind};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};
use thiserror::Error;

/// The reason why a file must not be read or written.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[non_exhaustive]
pub enum ClaimError {
    /// A file that is read would be replaced.
    #[error("{}", would_replace(.what, .path, .read))]
    Replaces {
        /// What would replace it.
        what: String,
        /// The path of that.
        path: PathBuf,
        /// The file that is read, as it was claimed.
        read: PathBuf,
    },
    /// Two files would be one.
    #[error("{what} and {other} would both be {}", .path.display())]
    Twice {
        /// What is claimed.
        what: String,
        /// What was claimed before.
        other: String,
        /// The path of both.
        path: PathBuf,
    },
    /// A pipe or a device would be read by two inputs, each of which would get a part of its bytes.
    #[error("{} and {} are one stream, given to two inputs", .first.display(), .second.display())]
    OneStream {
        /// The first input.
        first: PathBuf,
        /// The second input.
        second: PathBuf,
    },
    /// Standard output is a file that is read: a program would read its own output without end.
    #[error("standard output is {}, which this run reads", .read.display())]
    StdoutIsRead {
        /// The file.
        read: PathBuf,
    },
}

fn would_replace(what: &str, path: &Path, read: &Path) -> String {
    let (path, read) = (path.display().to_string(), read.display().to_string());
    match path == read {
        true => format!("{what} would replace {read}, which this run reads"),
        false => format!("{what}, {path}, would replace {read}, which this run reads"),
    }
}

/// The files of a run. All of them are claimed before the first one is written.
#[derive(Debug, Default)]
pub struct Claims {
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
    pub fn reading<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Self {
        let mut claims = Claims::default();
        claims.read(paths);
        claims
    }

    /// Claims further `paths` for reading.
    pub fn read<'a>(&mut self, paths: impl IntoIterator<Item = &'a Path>) {
        for path in paths {
            if let Some((id, Kind::Regular)) = FileId::of(path) {
                self.read.insert(id, path.to_owned());
            }
        }
    }

    /// Claims a video for reading; `None` stands for standard input.
    ///
    /// # Errors
    /// The path is a pipe or a device that is another input of the run already: each input would get a part of its bytes.
    pub fn read_video(&mut self, path: Option<&Path>) -> Result<(), ClaimError> {
        let found = path.map_or_else(FileId::of_stdin, FileId::of);
        let name = path.unwrap_or(Path::new("standard input"));
        match found {
            None => {}
            Some((id, Kind::Regular)) => drop(self.read.insert(id, name.to_owned())),
            Some((id, Kind::Other)) => {
                if let Some(first) = self.streams.insert(id, name.to_owned()) {
                    let second = name.to_owned();
                    return Err(ClaimError::OneStream { first, second });
                }
            }
        }
        Ok(())
    }

    /// The file that the run reads at `path`, by whatever links and spellings.
    pub fn read_at(&self, path: &Path) -> Option<&Path> {
        self.read.get(&FileId::of(path)?.0).map(PathBuf::as_path)
    }

    /// Claims a path for writing; `what` names it in messages.
    ///
    /// # Errors
    /// The run reads the file at that path, or writes something else to it.
    pub fn write(&mut self, what: &str, path: &Path) -> Result<(), ClaimError> {
        let folder = place_of(&folder_of(path));
        let name = path.file_name().unwrap_or_default();
        self.write_in(&folder, name, || (what.to_owned(), path.to_owned()))
    }

    /// Claims a file for writing as [`Claims::write`] does, in a folder whose [place](place_of) is known; `what` returns its name in messages and
    /// its path.
    ///
    /// # Errors
    /// As [`Claims::write`].
    pub fn write_in(
        &mut self,
        folder: &Path,
        name: &OsStr,
        what: impl Fn() -> (String, PathBuf),
    ) -> Result<(), ClaimError> {
        let mut place = folder.join(name);
        let both = |other: &str| {
            let (what, path) = what();
            Err(ClaimError::Twice {
                what,
                other: other.to_owned(),
                path,
            })
        };
        if let Some((id, kind)) = FileId::of(&place) {
            if let Some(read) = self.read.get(&id) {
                let (what, path) = what();
                let read = read.clone();
                return Err(ClaimError::Replaces { what, path, read });
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
    pub fn write_stdout(&mut self) -> Result<(), ClaimError> {
        let Some((id, _)) = FileId::of_stdout() else {
            return Ok(());
        };
        if let Some(read) = self.read.get(&id) {
            let read = read.clone();
            return Err(ClaimError::StdoutIsRead { read });
        }
        self.stdout = Some(id);
        Ok(())
    }
}

/// The folder of a file: its parent, or the current folder.
pub fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The canonical path of a folder, which need not exist yet: components that do not exist are taken as written.
pub fn place_of(folder: &Path) -> PathBuf {
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
