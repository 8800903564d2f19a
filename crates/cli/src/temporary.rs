//! Files that appear whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A file under a temporary name, `.pixelflume-XXXX.tmp`, in the folder where it will stay. It takes its final name with
/// [`Temporary::persist`]; dropped before that, it is removed.
#[derive(Debug)]
pub(crate) struct Temporary {
    path: PathBuf,
    file: Option<File>,
}

impl Temporary {
    /// Creates an empty file in `folder`, which must exist.
    pub(crate) fn create_in(folder: &Path) -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!(".pixelflume-{:x}-{number:x}.tmp", std::process::id());
            let path = folder.join(name);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    return Ok(Temporary {
                        path,
                        file: Some(file),
                    });
                }
                // Left behind by a killed process that had the same number as this one.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The open file; `None` never occurs before [`Temporary::persist`], which consumes the value.
    pub(crate) fn file(&self) -> &File {
        self.file
            .as_ref()
            .expect("the file is closed only by persist and drop, which nothing can follow")
    }

    /// Gives the file its name, replacing a file of that name. `path` lies in the folder of the temporary file.
    pub(crate) fn persist(mut self, path: &Path) -> io::Result<()> {
        // Some systems rename closed files only.
        drop(self.file.take());
        fs::rename(&self.path, path)?;
        self.path = PathBuf::new();
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        drop(self.file.take());
        if !self.path.as_os_str().is_empty() {
            // Nothing is left to do about a file that cannot be removed; its name says what it is.
            let _ = fs::remove_file(&self.path);
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
