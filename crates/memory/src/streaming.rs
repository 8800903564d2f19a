//! A copy whose target goes to memory and not into the caches of the processor.

/// Bytes from which on a copy goes past the caches: below that its edges cost more than it saves.
const LEAST: usize = 4 << 10;

/// Copies `source` to `target`, which is as long, and leaves it in memory instead of in a cache. A device that reads
/// page-locked memory gets it faster from there: it need not ask a processor for a line that the processor has changed. On
/// other processors than x86-64, and below 4 KiB, this is an ordinary copy.
///
/// # Panics
/// When the lengths differ.
pub fn copy_past_caches(target: &mut [u8], source: &[u8]) {
    match source.len() < LEAST || target.len() != source.len() {
        true => target.copy_from_slice(source),
        false => by_lines(target, source),
    }
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
fn by_lines(target: &mut [u8], source: &[u8]) {
    target.copy_from_slice(source);
}

/// Copies slices of one length; whole lines of the target are written past the caches.
#[cfg(all(target_arch = "x86_64", not(miri)))]
#[expect(
    unsafe_code,
    reason = "stores of the processor that go past its caches"
)]
fn by_lines(target: &mut [u8], source: &[u8]) {
    use std::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_sfence, _mm_stream_si128};

    /// A line of a cache.
    #[repr(C, align(64))]
    struct Line([__m128i; 4]);

    // SAFETY: each pattern of bytes is a `Line`, which has no padding, and each `Line` is 64 bytes.
    let (head, lines, tail) = unsafe { target.align_to_mut::<Line>() };
    let (first, rest) = source.split_at(head.len());
    let (middle, last) = rest.split_at(size_of_val(lines));
    head.copy_from_slice(first);
    tail.copy_from_slice(last);
    let (sources, _) = middle.as_chunks::<{ size_of::<Line>() }>();
    for (Line(parts), source) in lines.iter_mut().zip(sources) {
        for (part, source) in parts.iter_mut().zip(source.as_chunks::<16>().0) {
            // SAFETY: the 16 bytes of `source` are read at any alignment; `part` is aligned, and borrowed for writing. SSE2 is
            // a part of x86-64.
            unsafe { _mm_stream_si128(part, _mm_loadu_si128(source.as_ptr().cast())) };
        }
    }
    // SAFETY: this has no conditions; it ends the stores above before anything that comes later, on any thread.
    unsafe { _mm_sfence() };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_arrives_and_no_other_changes() {
        let source: Vec<u8> = (0..3 * LEAST).map(|at| (at * 31 % 251) as u8).collect();
        for len in [0, 1, LEAST - 1, LEAST, LEAST + 1, 2 * LEAST + 63] {
            for (from, to) in [(0, 0), (1, 0), (0, 1), (5, 63), (17, 64), (64, 100)] {
                let mut target = vec![255; 3 * LEAST];
                copy_past_caches(&mut target[to..to + len], &source[from..from + len]);
                assert!(
                    target[to..to + len] == source[from..from + len],
                    "{len} {from} {to}"
                );
                let others = target[..to].iter().chain(&target[to + len..]);
                assert!(
                    others.into_iter().all(|&byte| byte == 255),
                    "{len} {from} {to}"
                );
            }
        }
    }

    #[test]
    #[should_panic(expected = "length")]
    fn slices_of_different_lengths_are_refused() {
        copy_past_caches(&mut vec![0; LEAST], &vec![0; LEAST + 1]);
    }
}
