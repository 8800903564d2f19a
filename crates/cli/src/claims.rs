//! Which files a run reads and which it writes, so that nothing that is written replaces anything that is read, or
//! another file of the run.

use crate::failure::Failure;
use crate::report::folder_of;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The files of a run. Everything is claimed before anything is written.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    read: HashMap<FileId, PathBuf>,
    /// By [place](place_of): what is written there, as messages call it.
    written: HashMap<PathBuf, String>,
}

impl Claims {
    /// Claims for a run that reads these files. What is no regular file, such as a pipe or `/dev/zero`, is not replaced by
    /// writing to it, and needs no protection.
    pub(crate) fn reading<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Self {
        let files = paths.into_iter();
        let read = files.filter_map(|path| Some((FileId::of(path)?, path.to_owned())));
        Claims {
            read: read.collect(),
            written: HashMap::new(),
        }
    }

    /// The file of the run's inputs that lies at `path`, whatever links and spellings lead there.
    pub(crate) fn read_at(&self, path: &Path) -> Option<&Path> {
        self.read.get(&FileId::of(path)?).map(PathBuf::as_path)
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
        let place = folder.join(name);
        let advice = format!("choose another place for --{option}");
        if let Some(read) = self.read_at(&place) {
            let (what, path) = what();
            return Err(would_replace(&what, &path, read).help(advice));
        }
        match self.written.entry(fold_case(place)) {
            Entry::Vacant(free) => {
                free.insert(what().0);
                Ok(())
            }
            Entry::Occupied(taken) => {
                let (what, path) = what();
                let message = format!("{what} and {} would both be", taken.get());
                Err(Failure::new(format!("{message} {}", path.display())).help(advice))
            }
        }
    }

    /// Refuses standard output where it is a file that the run reads, which would never come to its end.
    pub(crate) fn refuse_stdout(&self) -> Result<(), Failure> {
        match FileId::of_stdout().and_then(|id| self.read.get(&id)) {
            Some(read) => Err(Failure::new(format!(
                "standard output is {}, which this run reads",
                read.display()
            ))
            .help("write to another file")),
            None => Ok(()),
        }
    }
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

/// What two paths of one regular file have in common.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct FileId(#[cfg(unix)] (u64, u64), #[cfg(not(unix))] PathBuf);

#[cfg(unix)]
impl FileId {
    /// Device and inode of the file where a path leads; `None` where there is none, or no regular one.
    fn of(path: &Path) -> Option<Self> {
        FileId::of_metadata(&fs::metadata(path).ok()?)
    }

    fn of_stdout() -> Option<Self> {
        use std::os::fd::AsFd;
        let stdout = std::io::stdout();
        let owned = stdout.as_fd().try_clone_to_owned().ok()?;
        FileId::of_metadata(&fs::File::from(owned).metadata().ok()?)
    }

    fn of_metadata(metadata: &fs::Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        metadata
            .is_file()
            .then(|| FileId((metadata.dev(), metadata.ino())))
    }
}

#[cfg(not(unix))]
impl FileId {
    /// The path without links; `None` where there is no regular file.
    fn of(path: &Path) -> Option<Self> {
        let path = fs::canonicalize(path).ok()?;
        path.is_file().then_some(FileId(path))
    }

    fn of_stdout() -> Option<Self> {
        None
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
