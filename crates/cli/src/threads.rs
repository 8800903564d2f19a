//! Threads of the command. It copes with systems that refuse some: threads are limited in number and in memory for their stacks.

use crate::console;
use crate::machine;

/// The stack size of a thread in bytes: the default of threads, whatever `RUST_MIN_STACK` says. Decoders and encoders keep some
/// tables on the stack.
pub(crate) const STACK: usize = 2 << 20;

/// Bytes of address space that a thread takes: its stacks, and what the C library and the allocator reserve for it.
const ADDRESSES: u64 = 66 << 20;

/// Threads beside those that are asked for: of the job, of its device and of engines.
const OTHERS: u64 = 8;

/// The number of threads of each kind, at most `most`, for which the process has address space (`ulimit -v`). A warning is
/// printed where it is less. To start threads until that fails would not do: the next allocation, for example of a thread that
/// starts, would abort the process.
pub(crate) fn fitting(most: usize) -> usize {
    let count = fitting_in(most, machine::free_addresses());
    if count < most {
        console::warning(&format!(
            "{count} of {most} threads are used: for more the process has too few addresses (ulimit -v)"
        ));
    }
    count
}

/// Two threads for each that is asked for: one works on files, the other computes. Half of the address space is left to the rest of the run.
fn fitting_in(most: usize, free: Option<u64>) -> usize {
    let room = free.map(|bytes| (bytes / 2 / ADDRESSES).saturating_sub(OTHERS) / 2);
    let room = room.map_or(usize::MAX, |room| {
        usize::try_from(room).unwrap_or(usize::MAX)
    });
    most.min(room).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_take_half_of_the_addresses_at_most() {
        for (most, free, count) in [
            (1024, None, 1024),
            (1024, Some(0), 1),
            (1024, Some(640 << 20), 1),
            (1024, Some(8 << 30), 27),
            (8, Some(8 << 30), 8),
            (8, Some(u64::MAX), 8),
        ] {
            assert_eq!(fitting_in(most, free), count, "{free:?}");
        }
    }
}
