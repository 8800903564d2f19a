//! Blocks of samples, the unit of the inner loops.

/// Samples of a block: a whole number of vectors of every instruction set.
pub(super) const LANES: usize = 64;

/// `samples` rounded up to whole blocks: the length of a scratch row that is worked on without a scalar tail.
pub(super) fn whole_blocks(samples: usize) -> usize {
    samples.next_multiple_of(LANES)
}

/// The block that begins at `start`.
#[inline(always)]
pub(super) fn block<T>(row: &[T], start: usize) -> &[T; LANES] {
    row[start..start + LANES]
        .try_into()
        .expect("the range has LANES samples")
}

/// The block that begins at `start`, to be written.
#[inline(always)]
pub(super) fn block_mut<T>(row: &mut [T], start: usize) -> &mut [T; LANES] {
    (&mut row[start..start + LANES])
        .try_into()
        .expect("the range has LANES samples")
}

/// Writes as much of a block as `out` has room for.
#[inline(always)]
pub(super) fn store<T: Copy>(out: &mut [T], block: &[T; LANES]) {
    match <&mut [T; LANES]>::try_from(&mut *out) {
        Ok(out) => *out = *block,
        Err(_) => out.copy_from_slice(&block[..out.len()]),
    }
}
