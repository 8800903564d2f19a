//! Payloads: the bytes of a task, written at submit into the byte ring, where the dispatch reads
//! them.

use super::sync::{AtomicU64, Ordering};
use std::fmt;

pub(super) const WORD: usize = size_of::<u64>();

/// Writes the payload of a task where the dispatch will read it.
pub struct PayloadWriter<'a> {
    words: &'a [AtomicU64],
    /// Bytes written so far, with the padding between parts; more than the request after an overflow.
    written: usize,
    room: usize,
}

impl<'a> PayloadWriter<'a> {
    pub(super) fn new(words: &'a [AtomicU64], room: usize) -> Self {
        PayloadWriter {
            words,
            written: 0,
            room,
        }
    }

    /// Appends `bytes` at the next multiple of 8 and returns their offset from the beginning of the payload, in bytes.
    /// More than the request reserved is not written, and the submit fails with
    /// [`super::SubmitError::PayloadOverflow`].
    pub fn append(&mut self, bytes: &[u8]) -> usize {
        let start = self.written.next_multiple_of(WORD);
        self.written = start.saturating_add(bytes.len());
        if self.written > self.room {
            return start;
        }
        let (whole, rest) = bytes.as_chunks::<WORD>();
        let mut words = self.words[start / WORD..].iter();
        for (bytes, word) in whole.iter().zip(words.by_ref()) {
            word.store(u64::from_ne_bytes(*bytes), Ordering::Relaxed);
        }
        if !rest.is_empty()
            && let Some(word) = words.next()
        {
            let mut last = [0; WORD];
            last[..rest.len()].copy_from_slice(rest);
            word.store(u64::from_ne_bytes(last), Ordering::Relaxed);
        }
        start
    }

    /// Bytes that were asked for, padding included.
    pub(super) fn written(&self) -> usize {
        self.written
    }
}

/// The payload of a task, in its ring.
///
/// The bytes lie in words that are atomic only to let two threads share them without unsafe code: the submitter wrote them
/// before the task was published, and they are not written again before it is released. They lie in memory as they were
/// given to [`PayloadWriter::append`].
#[derive(Copy, Clone)]
pub struct Payload<'a> {
    words: &'a [AtomicU64],
    len: usize,
}

impl<'a> Payload<'a> {
    pub(super) fn new(words: &'a [AtomicU64], len: usize) -> Self {
        Payload { words, len }
    }

    /// Bytes that were written, with the padding between parts.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The address of the first byte, a multiple of 8, for a driver call. Valid for [`Payload::len`] bytes until the
    /// task is released, and not written until then.
    #[cfg(not(loom))]
    pub fn as_ptr(&self) -> *const u8 {
        self.words.as_ptr().cast()
    }

    /// The eight bytes from `8 * index` on; zeros after the end.
    pub fn word(&self, index: usize) -> [u8; WORD] {
        let word = self.words.get(index);
        word.map_or(0, |word| word.load(Ordering::Relaxed))
            .to_ne_bytes()
    }

    /// Copies the bytes to `target`, as far as it reaches.
    pub fn copy_to(&self, target: &mut [u8]) {
        let len = self.len.min(target.len());
        for (index, chunk) in target[..len].chunks_mut(WORD).enumerate() {
            chunk.copy_from_slice(&self.word(index)[..chunk.len()]);
        }
    }
}

impl fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({} bytes)", self.len)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn parts_lie_where_they_were_put() {
        let words: Vec<AtomicU64> = (0..4).map(|_| AtomicU64::new(u64::MAX)).collect();
        let mut writer = PayloadWriter::new(&words, 32);
        assert_eq!(writer.append(&[1, 2, 3]), 0);
        assert_eq!(writer.append(&[4; 9]), 8);
        assert_eq!(writer.written(), 17);
        let payload = Payload::new(&words, 17);
        let mut bytes = [9; 20];
        payload.copy_to(&mut bytes);
        let expected = [1, 2, 3, 0, 0, 0, 0, 0, 4, 4, 4, 4, 4, 4, 4, 4, 4, 9, 9, 9];
        assert_eq!(bytes, expected);
    }

    #[test]
    fn what_does_not_fit_is_not_written() {
        let words: Vec<AtomicU64> = (0..2).map(|_| AtomicU64::new(7)).collect();
        let mut writer = PayloadWriter::new(&words, 8);
        writer.append(&[1; 9]);
        assert_eq!(writer.written(), 9);
        assert_eq!(words[0].load(Ordering::Relaxed), 7);
    }
}
