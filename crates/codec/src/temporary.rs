//! Files that appear complete or not at all, even when a signal ends the process.

use pixelflume_device::PerProcess;
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockWriteGuard};
use tempfile::TempPath;

/// What becomes of a file that is there already.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Existing {
    /// Nothing is written. So it is where the file appears while the image is encoded.
    #[default]
    Refuse,
    /// The file is replaced, and keeps its permissions. Where a symbolic link leads to it, the link stays. A folder, pipe or device is
    /// never replaced.
    Replace,
}

/// The temporary files of the process. A program that handles signals removes them when one ends it, by [`TemporaryFiles::close`].
#[derive(Debug, Default)]
pub struct TemporaryFiles {
    /// Locked for reading while a file is created, renamed or removed, and for writing when the process ends: `paths` then
    /// matches the disk and stays so.
    gate: RwLock<()>,
    paths: Mutex<BTreeSet<PathBuf>>,
}

impl TemporaryFiles {
    /// The files of this process. A forked child has its own.
    pub fn of_process() -> &'static Self {
        static LIVE: PerProcess<TemporaryFiles> = PerProcess::new();
        LIVE.get_or_init(TemporaryFiles::default)
    }

    /// Removes all files. While the guard is held, no file is created or renamed.
    pub fn close(&self) -> RwLockWriteGuard<'_, ()> {
        let gate = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        for path in std::mem::take(&mut *self.paths()) {
            // An error has no remedy; the name of the file tells what it is.
            let _ = fs::remove_file(path);
        }
        gate
    }

    /// Runs `change`, which creates, renames or removes a file, while the end of the process is held off.
    fn change<T>(&self, change: impl FnOnce() -> T) -> T {
        let _gate = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        change()
    }

    fn paths(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file with a temporary name, `.pixelflume-XXXX.tmp`, in the folder of the file that it is to become. [`Temporary::persist`] gives it
/// the final name; dropped before that, it is removed.
#[derive(Debug)]
pub struct Temporary {
    path: PathBuf,
    /// The final path, which is no link.
    target: PathBuf,
    file: Option<File>,
    live: &'static TemporaryFiles,
}

impl Temporary {
    /// Creates an empty file that is to become `path`, whose folder must exist. Where `path` is a symbolic link, the file that it leads
    /// to is replaced, and the link stays. A file that is replaced keeps its permissions, but not its owner; a new one has those of
    /// any new file.
    ///
    /// # Errors
    /// No file can be created in the folder, or the link leads nowhere.
    pub fn create_for(path: &Path) -> io::Result<Self> {
        Temporary::create(path, TemporaryFiles::of_process())
    }

    fn create(path: &Path, live: &'static TemporaryFiles) -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let target = followed(path)?;
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!(".pixelflume-{:x}-{number:x}.tmp", std::process::id());
            let path = folder.join(name);
            let opened = live.change(|| {
                let file = OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .open(&path)?;
                live.paths().insert(path.clone());
                Ok(file)
            });
            match opened {
                Ok(file) => {
                    let temporary = Temporary {
                        path,
                        target,
                        file: Some(file),
                        live,
                    };
                    temporary.take_permissions()?;
                    return Ok(temporary);
                }
                // A killed process with the same number left this file behind.
                Err::<File, io::Error>(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Gives the file the permissions of the one that it replaces, before there is anything in it.
    fn take_permissions(&self) -> io::Result<()> {
        #[cfg(unix)]
        if let Ok(there) = fs::metadata(&self.target)
            && there.is_file()
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = there.permissions().mode() & 0o777;
            self.file()
                .set_permissions(fs::Permissions::from_mode(mode))?;
        }
        Ok(())
    }

    /// The open file. It is always open until [`Temporary::persist`], which consumes the value.
    pub fn file(&self) -> &File {
        self.file
            .as_ref()
            .expect("the file is closed only by persist and drop, which nothing can follow")
    }

    /// Renames the file to its final name. This does not wait for the disk: after a loss of power the file may have its name and not its content, and errors
    /// that a file system reports only when a file is closed (a full quota of NFS) are not seen. Where that matters, call [`File::sync_data`] on
    /// [`Temporary::file`] before.
    ///
    /// # Errors
    /// With [`Existing::Refuse`] something has the name, with [`Existing::Replace`] something other than a file; or the system refuses. The file is removed then.
    pub fn persist(mut self, existing: Existing) -> io::Result<()> {
        // Some systems rename closed files only.
        drop(self.file.take());
        self.live.change(|| {
            match existing {
                Existing::Replace => {
                    if fs::metadata(&self.target).is_ok_and(|there| !there.is_file()) {
                        let reason = "it is a folder, a pipe or a device, which are not replaced";
                        return Err(io::Error::new(io::ErrorKind::AlreadyExists, reason));
                    }
                    fs::rename(&self.path, &self.target)?;
                }
                Existing::Refuse => TempPath::try_from_path(&self.path)?
                    .persist_noclobber(&self.target)
                    .map_err(|refused| refused.error)?,
            }
            self.live.paths().remove(&self.path);
            self.path = PathBuf::new();
            Ok(())
        })
    }
}

/// The path that a symbolic link leads to; other paths as they are.
fn followed(path: &Path) -> io::Result<PathBuf> {
    match fs::symlink_metadata(path).is_ok_and(|there| there.is_symlink()) {
        false => Ok(path.to_owned()),
        true => fs::canonicalize(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                io::Error::new(error.kind(), "it is a link to a file that does not exist")
            }
            _ => error,
        }),
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        drop(self.file.take());
        if !self.path.as_os_str().is_empty() {
            self.live.change(|| {
                // As in `TemporaryFiles::close`.
                let _ = fs::remove_file(&self.path);
                self.live.paths().remove(&self.path);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn persisted_or_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        fs::write(&path, "old").unwrap();

        let dropped = Temporary::create_for(&path).unwrap();
        dropped.file().write_all(b"half").unwrap();
        assert_eq!(names(folder.path()).len(), 2);
        drop(dropped);
        assert_eq!(fs::read(&path).unwrap(), b"old");

        let refused = Temporary::create_for(&path).unwrap();
        let refused = refused.persist(Existing::Refuse).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(names(folder.path()), ["a.bin"]);

        let kept = Temporary::create_for(&path).unwrap();
        kept.file().write_all(b"new").unwrap();
        kept.persist(Existing::Replace).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["a.bin"]);
    }

    #[cfg(unix)]
    #[test]
    fn when_the_process_ends_what_is_done_stays_and_the_rest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let live: &'static TemporaryFiles = Box::leak(Box::default());
        let create = |name: &str| Temporary::create(&folder.path().join(name), live).unwrap();
        let [done, half, dropped] = ["done", "half", "dropped"].map(create);
        done.persist(Existing::Refuse).unwrap();
        drop(dropped);
        assert_eq!(live.paths().len(), 1);
        let closed = live.close();
        assert_eq!(names(folder.path()), ["done"]);
        assert!(live.paths().is_empty());
        // Everything that makes or renames files waits for this lock, which is held until the process is gone.
        assert!(live.gate.try_read().is_err());
        drop(closed);
        let named = half.persist(Existing::Replace);
        assert_eq!(named.unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(names(folder.path()), ["done"]);
    }

    #[test]
    fn a_name_that_cannot_be_taken_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("inside"), "").unwrap();
        let temporary = Temporary::create_for(&path).unwrap();
        assert!(temporary.persist(Existing::Replace).is_err());
        assert_eq!(names(folder.path()), ["taken"]);
    }

    #[test]
    fn two_files_have_two_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let first = Temporary::create_for(&path).unwrap();
        let second = Temporary::create_for(&path).unwrap();
        assert_ne!(first.path, second.path);
        assert!(Temporary::create_for(&folder.path().join("missing/a")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let temporary = Temporary::create_for(&socket).unwrap();
        let refused = temporary.persist(Existing::Replace).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert!(!fs::metadata(&socket).unwrap().is_file());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
