//! Scratch memory for the computation of one strip. Each thread keeps its memory, so that only its first large image allocates.

use bytemuck::{Pod, Zeroable};
use std::cell::Cell;

/// Bytes of a cache line.
pub(crate) const CACHE_LINE: usize = 64;

/// Scratch memory of one cache line.
#[derive(Copy, Clone, Pod, Zeroable)]
#[repr(C, align(64))]
pub(crate) struct Line([u8; CACHE_LINE]);

#[derive(Default)]
struct Buffers {
    lines: Vec<Line>,
    words: Vec<u16>,
    longs: Vec<u32>,
}

thread_local! {
    static BUFFERS: Cell<Buffers> = Cell::default();
}

/// Calls `f` with `bytes` bytes, aligned to a cache line, and `words` 16-bit words, which hold what earlier calls left in them.
pub(crate) fn with<R>(bytes: usize, words: usize, f: impl FnOnce(&mut [u8], &mut [u16]) -> R) -> R {
    with_buffers(|buffers| {
        f(
            aligned(&mut buffers.lines, bytes),
            grown(&mut buffers.words, words),
        )
    })
}

/// Calls `f` with `bytes` bytes, aligned to a cache line, and `longs` 32-bit numbers, which hold what earlier calls left in them.
pub(crate) fn with_longs<R>(
    bytes: usize,
    longs: usize,
    f: impl FnOnce(&mut [u8], &mut [u32]) -> R,
) -> R {
    with_buffers(|buffers| {
        f(
            aligned(&mut buffers.lines, bytes),
            grown(&mut buffers.longs, longs),
        )
    })
}

fn with_buffers<R>(f: impl FnOnce(&mut Buffers) -> R) -> R {
    // The buffers are taken out while they are in use: a nested call allocates its own, and a panic drops them.
    let mut buffers = BUFFERS.take();
    let result = f(&mut buffers);
    BUFFERS.set(buffers);
    result
}

/// The first `bytes` bytes of a buffer, which grows as needed.
fn aligned(buffer: &mut Vec<Line>, bytes: usize) -> &mut [u8] {
    let lines = grown(buffer, bytes.div_ceil(CACHE_LINE));
    &mut bytemuck::cast_slice_mut(lines)[..bytes]
}

/// The first `count` items of a buffer, which grows as needed.
fn grown<T: Copy + Zeroable>(buffer: &mut Vec<T>, count: usize) -> &mut [T] {
    if buffer.len() < count {
        buffer.resize(count, T::zeroed());
    }
    &mut buffer[..count]
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
