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

/// A reader that ends after so many bytes, until that is [lifted](Bound::lift), or after an error.
///
/// Some decoders keep all of a header, however long it is, and some go on reading after errors without end.
pub(super) struct Bounded<R> {
    source: R,
    left: Bound,
    failed: bool,
}

/// Bytes that may still be read.
#[derive(Clone)]
pub(super) struct Bound {
    left: Rc<Cell<usize>>,
    refused: Rc<Cell<bool>>,
}

impl Bound {
    /// Lets everything be read.
    pub(super) fn lift(&self) {
        self.left.set(usize::MAX);
    }

    /// Whether somebody wanted to read more.
    pub(super) fn has_refused(&self) -> bool {
        self.refused.get()
    }

    /// The most bytes that may be read at once.
    fn most(&self) -> usize {
        let most = self.left.get();
        if most == 0 {
            self.refused.set(true);
        }
        most
    }

    fn take(&self, bytes: usize) {
        let left = self.left.get();
        if left < usize::MAX {
            self.left.set(left.saturating_sub(bytes));
        }
    }
}

impl<R> Bounded<R> {
    /// A reader of at most `bytes` bytes, and what lifts the bound.
    pub(super) fn new(source: R, bytes: usize) -> (Self, Bound) {
        let left = Bound {
            left: Rc::new(Cell::new(bytes)),
            refused: Rc::default(),
        };
        let bound = left.clone();
        let reader = Bounded {
            source,
            left,
            failed: false,
        };
        (reader, bound)
    }

    /// The reader as it is.
    pub(super) fn into_inner(self) -> R {
        self.source
    }

    /// The most bytes that may be read at once.
    fn most(&self) -> usize {
        if self.failed { 0 } else { self.left.most() }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let most = bytes.len().min(self.most());
        if most == 0 {
            return Ok(0);
        }
        let read = self.source.read(&mut bytes[..most]);
        self.failed |= is_failure(&read);
        self.left.take(*read.as_ref().unwrap_or(&0));
        read
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let most = self.most();
        if most == 0 {
            return Ok(&[]);
        }
        let bytes = self.source.fill_buf();
        self.failed |= is_failure(&bytes);
        bytes.map(|bytes| &bytes[..bytes.len().min(most)])
    }

    fn consume(&mut self, bytes: usize) {
        self.source.consume(bytes);
        self.left.take(bytes);
    }
}

fn is_failure<T>(result: &io::Result<T>) -> bool {
    let error = result.as_ref().err();
    error.is_some_and(|error| error.kind() != io::ErrorKind::Interrupted)
}

impl<R: Seek> Seek for Bounded<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.source.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn what_is_beyond_the_bound_is_read_when_it_is_lifted() {
        let (mut reader, bound) = Bounded::new(Cursor::new(b"abcdefgh"), 5);
        let mut bytes = [0; 4];
        reader.read_exact(&mut bytes).unwrap();
        assert_eq!(reader.fill_buf().unwrap(), b"e");
        reader.consume(1);
        assert!(!bound.has_refused());
        assert_eq!(reader.read(&mut bytes).unwrap(), 0);
        assert!(bound.has_refused());
        assert_eq!(reader.fill_buf().unwrap(), b"");
        bound.lift();
        reader.read_exact(&mut bytes[..3]).unwrap();
        assert_eq!(&bytes[..3], b"fgh");
        assert_eq!(reader.read(&mut bytes).unwrap(), 0);
    }

    #[test]
    fn after_an_error_comes_the_end() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("broken"))
            }
        }
        let (mut reader, _) = Bounded::new(io::BufReader::new(Broken), 100);
        assert!(reader.read(&mut [0; 4]).is_err());
        assert_eq!(reader.read(&mut [0; 4]).unwrap(), 0);
        // The decoder of the crate `image` passes over errors in comments.
        let begin = Cursor::new(b"P5 # comment").chain(Broken);
        let (reader, _) = Bounded::new(io::BufReader::new(begin), 100);
        assert!(image::codecs::pnm::PnmDecoder::new(reader).is_err());
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
