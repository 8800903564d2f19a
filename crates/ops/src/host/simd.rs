//! Blocks of samples, over which the inner loops run.
//!
//! A function that an inner loop calls must be inlined: otherwise it is compiled without the instruction set that `dispatch!`
//! chose, and costs a call per block. The helpers here are `#[inline(always)]` for that reason. Array `map`, `from_fn` and the
//! constructor of `zip` of the standard library are not inlined in build profiles without link-time optimization, so that loops
//! over blocks avoid them.

/// The number of samples of a block: a whole number of vectors in every instruction set.
pub(crate) const BLOCK: usize = 64;

/// `samples` rounded up to whole blocks: the length of a scratch row that needs no scalar tail.
pub(crate) fn whole_blocks(samples: usize) -> usize {
    samples.next_multiple_of(BLOCK)
}

/// The block that begins at `start`.
#[inline(always)]
pub(crate) fn block<T>(row: &[T], start: usize) -> &[T; BLOCK] {
    row[start..start + BLOCK]
        .try_into()
        .expect("the range has BLOCK samples")
}

/// The block that begins at `start`, for writing.
#[inline(always)]
pub(crate) fn block_mut<T>(row: &mut [T], start: usize) -> &mut [T; BLOCK] {
    (&mut row[start..start + BLOCK])
        .try_into()
        .expect("the range has BLOCK samples")
}

/// Writes the first samples of a block, as many as `out` has room for.
#[inline(always)]
pub(crate) fn store<T: Copy, const N: usize>(out: &mut [T], block: &[T; N]) {
    match <&mut [T; N]>::try_from(&mut *out) {
        Ok(out) => *out = *block,
        Err(_) => out.copy_from_slice(&block[..out.len()]),
    }
}
