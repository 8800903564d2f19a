//! Files that appear complete or not at all, even when a signal ends the process.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::sync::RwLockWriteGuard;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

/// The temporary files of the process, which are removed when a signal ends it.
#[derive(Debug)]
pub(crate) struct TemporaryFiles {
    /// Locked for reading while a file is created, renamed or removed, and for writing when the process ends: `paths` then
    /// matches the disk and stays so.
    gate: RwLock<()>,
    paths: Mutex<BTreeSet<PathBuf>>,
}

impl TemporaryFiles {
    const fn new() -> Self {
        TemporaryFiles {
            gate: RwLock::new(()),
            paths: Mutex::new(BTreeSet::new()),
        }
    }

    /// The files of this process.
    pub(crate) fn of_process() -> &'static Self {
        static LIVE: TemporaryFiles = TemporaryFiles::new();
        &LIVE
    }

    /// Removes all files. While the guard is held, no file is created or renamed.
    #[cfg(unix)]
    pub(crate) fn close(&self) -> RwLockWriteGuard<'_, ()> {
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

/// A file with a temporary name, `.pixelflume-XXXX.tmp`, in its final folder. [`Temporary::persist`] gives it its final name;
/// dropped before that, it is removed.
#[derive(Debug)]
pub(crate) struct Temporary {
    path: PathBuf,
    file: Option<File>,
    live: &'static TemporaryFiles,
}

impl Temporary {
    /// Creates an empty file in `folder`, which must exist.
    pub(crate) fn create_in(folder: &Path) -> io::Result<Self> {
        Temporary::create(folder, TemporaryFiles::of_process())
    }

    fn create(folder: &Path, live: &'static TemporaryFiles) -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
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
                    return Ok(Temporary {
                        path,
                        file: Some(file),
                        live,
                    });
                }
                // A killed process with the same number left this file behind.
                Err::<File, io::Error>(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The open file. It is always open until [`Temporary::persist`], which consumes the value.
    pub(crate) fn file(&self) -> &File {
        self.file
            .as_ref()
            .expect("the file is closed only by persist and drop, which nothing can follow")
    }

    /// Renames the file to `path` in the same folder, replacing a file of that name.
    pub(crate) fn persist(mut self, path: &Path) -> io::Result<()> {
        // Some systems rename closed files only.
        drop(self.file.take());
        self.live.change(|| {
            fs::rename(&self.path, path)?;
            self.live.paths().remove(&self.path);
            self.path = PathBuf::new();
            Ok(())
        })
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

        let dropped = Temporary::create_in(folder.path()).unwrap();
        dropped.file().write_all(b"half").unwrap();
        assert_eq!(names(folder.path()).len(), 2);
        drop(dropped);
        assert_eq!(fs::read(&path).unwrap(), b"old");

        let kept = Temporary::create_in(folder.path()).unwrap();
        kept.file().write_all(b"new").unwrap();
        kept.persist(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["a.bin"]);
    }

    #[cfg(unix)]
    #[test]
    fn when_the_process_ends_what_is_done_stays_and_the_rest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let live: &'static TemporaryFiles = Box::leak(Box::new(TemporaryFiles::new()));
        let create = || Temporary::create(folder.path(), live).unwrap();
        let [done, half, dropped] = [(); 3].map(|()| create());
        done.persist(&folder.path().join("done")).unwrap();
        drop(dropped);
        assert_eq!(live.paths().len(), 1);
        let closed = live.close();
        assert_eq!(names(folder.path()), ["done"]);
        assert!(live.paths().is_empty());
        // Everything that makes or renames files waits for this lock, which is held until the process is gone.
        assert!(live.gate.try_read().is_err());
        drop(closed);
        let named = half.persist(&folder.path().join("half"));
        assert_eq!(named.unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(names(folder.path()), ["done"]);
    }

    #[test]
    fn a_name_that_cannot_be_taken_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("inside"), "").unwrap();
        let temporary = Temporary::create_in(folder.path()).unwrap();
        assert!(temporary.persist(&path).is_err());
        assert_eq!(names(folder.path()), ["taken"]);
    }

    #[test]
    fn two_files_have_two_names() {
        let folder = tempfile::tempdir().unwrap();
        let first = Temporary::create_in(folder.path()).unwrap();
        let second = Temporary::create_in(folder.path()).unwrap();
        assert_ne!(first.path, second.path);
        assert!(Temporary::create_in(&folder.path().join("missing")).is_err());
    }
}
