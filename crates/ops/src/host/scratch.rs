//! Memory of a strip that lives for one call: kept by the thread, so that only the first large image allocates.

use std::cell::Cell;

#[derive(Default)]
struct Buffers {
    bytes: Vec<u8>,
    words: Vec<u16>,
}

thread_local! {
    static BUFFERS: Cell<Buffers> = Cell::default();
}

/// Calls `f` with `bytes` bytes and `words` 16-bit words. What they hold is left over from earlier calls.
pub(crate) fn with<R>(bytes: usize, words: usize, f: impl FnOnce(&mut [u8], &mut [u16]) -> R) -> R {
    // Taken out while in use: a nested call would allocate its own, and a panic merely drops them.
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
