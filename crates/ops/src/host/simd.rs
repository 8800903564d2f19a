//! Blocks of samples, the unit of the inner loops.
//!
//! What an inner loop calls has to be inlined, or it is compiled without the instructions that `dispatch!` chose and costs
//! a call for each block. Helpers here are `#[inline(always)]` for that; of the standard library's, array `map` and
//! `from_fn` and the constructor of `zip` are not inlined where the user's build profile has no link-time optimisation,
//! so loops over blocks do without them.

/// Samples of a block: a whole number of vectors of every instruction set.
pub(crate) const LANES: usize = 64;

/// `samples` rounded up to whole blocks: the length of a scratch row that is worked on without a scalar tail.
pub(crate) fn whole_blocks(samples: usize) -> usize {
    samples.next_multiple_of(LANES)
}

/// The block that begins at `start`.
#[inline(always)]
pub(crate) fn block<T>(row: &[T], start: usize) -> &[T; LANES] {
    row[start..start + LANES]
        .try_into()
        .expect("the range has LANES samples")
}

/// The block that begins at `start`, to be written.
#[inline(always)]
pub(crate) fn block_mut<T>(row: &mut [T], start: usize) -> &mut [T; LANES] {
    (&mut row[start..start + LANES])
        .try_into()
        .expect("the range has LANES samples")
}

/// Writes as much of a block as `out` has room for.
#[inline(always)]
pub(crate) fn store<T: Copy, const N: usize>(out: &mut [T], block: &[T; N]) {
    match <&mut [T; N]>::try_from(&mut *out) {
        Ok(out) => *out = *block,
        Err(_) => out.copy_from_slice(&block[..out.len()]),
    }
}
