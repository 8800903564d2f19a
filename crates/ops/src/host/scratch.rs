//! Scratch memory for the computation of one strip. Each thread keeps its memory, so that only its first large image allocates.

use std::cell::Cell;

#[derive(Default)]
struct Buffers {
    bytes: Vec<u8>,
    words: Vec<u16>,
}

thread_local! {
    static BUFFERS: Cell<Buffers> = Cell::default();
}

/// Calls `f` with `bytes` bytes and `words` 16-bit words, which hold what earlier calls left in them.
pub(crate) fn with<R>(bytes: usize, words: usize, f: impl FnOnce(&mut [u8], &mut [u16]) -> R) -> R {
    // The buffers are taken out while they are in use: a nested call allocates its own, and a panic drops them.
    let mut buffers = BUFFERS.take();
    if buffers.bytes.len() < bytes {
        buffers.bytes.resize(bytes, 0);
    }
    if buffers.words.len() < words {
        buffers.words.resize(words, 0);
    }
    let result = f(&mut buffers.bytes[..bytes], &mut buffers.words[..words]);
    BUFFERS.set(buffers);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_call_reuses_the_memory_of_the_first() {
        let first = with(1000, 500, |bytes, words| (bytes.as_ptr(), words.as_ptr()));
        let smaller = with(10, 5, |bytes, words| {
            assert_eq!((bytes.len(), words.len()), (10, 5));
            (bytes.as_ptr(), words.as_ptr())
        });
        assert_eq!(first, smaller);
        with(10, 5, |outer, _| {
            outer.fill(7);
            with(10, 5, |inner, _| inner.fill(9));
            assert!(outer.iter().all(|&byte| byte == 7));
        });
    }
}
