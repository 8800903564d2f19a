//! Regular files, and nothing that could be read without end or keep a reader waiting.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::path::Path;
use std::rc::Rc;

/// Opens a file and gives it with its length in bytes.
///
/// # Errors
/// It cannot be opened, or it is a folder, a pipe, a device or a socket.
pub(crate) fn open(path: &Path) -> io::Result<(File, u64)> {
    // Opening a device may have effects of its own, so it is looked at before; and again when it is open, when it
    // cannot become another one any more.
    require_regular(&fs::metadata(path)?)?;
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // Without this, opening a pipe waits for somebody who writes.
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32);
    }
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    require_regular(&metadata)?;
    Ok((file, metadata.len()))
}

fn require_regular(metadata: &fs::Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let kind = if metadata.is_dir() {
        "a folder"
    } else {
        kind_of_special(metadata)
    };
    Err(io::Error::other(format!(
        "it is {kind}, and images are read from regular files"
    )))
}

#[cfg(unix)]
fn kind_of_special(metadata: &fs::Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    let kind = metadata.file_type();
    if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn kind_of_special(_: &fs::Metadata) -> &'static str {
    "no file"
}

/// A reader from which only so many bytes can be read, until that is [lifted](Bound::lift): some decoders keep all of a
/// header, however long it is.
pub(super) struct Bounded<R> {
    source: R,
    left: Bound,
}

/// Bytes that may still be read.
#[derive(Clone)]
pub(super) struct Bound(Rc<Cell<usize>>);

impl Bound {
    /// Lets everything be read.
    pub(super) fn lift(&self) {
        self.0.set(usize::MAX);
    }

    fn take(&self, bytes: usize) {
        let left = self.0.get();
        if left < usize::MAX {
            self.0.set(left.saturating_sub(bytes));
        }
    }

    fn refuse_end(&self) -> io::Result<()> {
        match self.0.get() {
            0 => Err(io::Error::other("its header is too long")),
            _ => Ok(()),
        }
    }
}

impl<R> Bounded<R> {
    /// A reader of at most `bytes` bytes, and what lifts the bound.
    pub(super) fn new(source: R, bytes: usize) -> (Self, Bound) {
        let left = Bound(Rc::new(Cell::new(bytes)));
        let bound = left.clone();
        (Bounded { source, left }, bound)
    }

    /// The reader as it is.
    pub(super) fn into_inner(self) -> R {
        self.source
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.left.refuse_end()?;
        let most = bytes.len().min(self.left.0.get());
        let read = self.source.read(&mut bytes[..most])?;
        self.left.take(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.left.refuse_end()?;
        let bytes = self.source.fill_buf()?;
        Ok(&bytes[..bytes.len().min(self.left.0.get())])
    }

    fn consume(&mut self, bytes: usize) {
        self.source.consume(bytes);
        self.left.take(bytes);
    }
}

impl<R: Seek> Seek for Bounded<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.source.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_the_bound_is_read_when_it_is_lifted() {
        let (mut reader, bound) = Bounded::new(io::Cursor::new(b"abcdefgh"), 5);
        let mut bytes = [0; 4];
        reader.read_exact(&mut bytes).unwrap();
        assert_eq!(reader.fill_buf().unwrap(), b"e");
        reader.consume(1);
        assert!(reader.read(&mut bytes).is_err());
        assert!(reader.fill_buf().is_err());
        bound.lift();
        reader.read_exact(&mut bytes[..3]).unwrap();
        assert_eq!(&bytes[..3], b"fgh");
        assert_eq!(reader.read(&mut bytes).unwrap(), 0);
    }

    #[test]
    fn folders_and_devices_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let text = |path: &Path| open(path).unwrap_err().to_string();
        assert!(text(folder.path()).starts_with("it is a folder, "));
        #[cfg(unix)]
        assert!(text(Path::new("/dev/zero")).starts_with("it is a device, "));
        let path = folder.path().join("a");
        fs::write(&path, "four").unwrap();
        assert_eq!(open(&path).unwrap().1, 4);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_that_nobody_writes_to_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        let text = open(&path).unwrap_err().to_string();
        assert!(text.starts_with("it is a named pipe, "), "{text}");
    }
}
