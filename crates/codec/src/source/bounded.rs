//! A reader with a bound on the bytes that a decoder may read.

use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

/// A reader that ends after a number of bytes, until its bound is [lifted](Bound::lift), or after an error.
///
/// Some decoders keep a header of any length in memory, and some continue to read after an error without end.
pub(crate) struct Bounded<R> {
    source: R,
    left: Bound,
    failed: bool,
}

/// The number of bytes that may still be read, shared with the reader. The two are on one thread at a time, and may move to
/// another one together.
#[derive(Clone)]
pub(crate) struct Bound {
    left: Arc<AtomicUsize>,
    refused: Arc<AtomicBool>,
}

impl Bound {
    /// Removes the bound.
    pub(crate) fn lift(&self) {
        self.left.store(usize::MAX, Relaxed);
    }

    /// Whether a read was refused because of the bound.
    pub(crate) fn has_refused(&self) -> bool {
        self.refused.load(Relaxed)
    }

    /// The number of bytes that one read may return.
    fn most(&self) -> usize {
        let most = self.left.load(Relaxed);
        if most == 0 {
            self.refused.store(true, Relaxed);
        }
        most
    }

    fn take(&self, bytes: usize) {
        let left = self.left.load(Relaxed);
        if left < usize::MAX {
            self.left.store(left.saturating_sub(bytes), Relaxed);
        }
    }
}

impl<R> Bounded<R> {
    /// A reader of at most `bytes` bytes, and the handle that lifts the bound.
    pub(crate) fn new(source: R, bytes: usize) -> (Self, Bound) {
        let left = Bound {
            left: Arc::new(AtomicUsize::new(bytes)),
            refused: Arc::default(),
        };
        let bound = left.clone();
        let reader = Bounded {
            source,
            left,
            failed: false,
        };
        (reader, bound)
    }

    /// The number of bytes that one read may return.
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
        // The PNM decoder of the crate `image` ignores errors within comments.
        let begin = Cursor::new(b"P5 # comment").chain(Broken);
        let (reader, _) = Bounded::new(io::BufReader::new(begin), 100);
        assert!(image::codecs::pnm::PnmDecoder::new(reader).is_err());
    }
}
