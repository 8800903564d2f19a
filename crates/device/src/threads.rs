//! How many threads the work of this process may use.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The environment variable that limits the threads of each pool of the process, from 1 to [`MAX_THREADS`].
pub const THREADS_VARIABLE: &str = "PIXELFLUME_THREADS";

/// The most threads of one pool.
pub const MAX_THREADS: usize = 1024;

/// What [`limit_threads`] set; 0 where it was not called.
static LIMIT: AtomicUsize = AtomicUsize::new(0);

/// The number of threads that each pool made from now on has by default: the workers of a host device, and the threads that
/// decode files. It is the number that [`limit_threads`] set, else the one in [`THREADS_VARIABLE`], else the CPU cores
/// that the process may use.
///
/// A value of the variable that is not a number from 1 to [`MAX_THREADS`] counts as absent, with a warning in the log.
pub fn default_threads() -> usize {
    match LIMIT.load(Ordering::Relaxed) {
        0 => from_environment().unwrap_or_else(cores),
        limit => limit,
    }
}

/// Sets what [`default_threads`] gives in this process and in children that it forks, up to [`MAX_THREADS`]; 0 takes the limit
/// back. Pools that exist keep their threads, so a program calls this before it opens a device.
///
/// ```
/// use pixelflume_device::{default_threads, limit_threads};
///
/// limit_threads(2);
/// assert_eq!(default_threads(), 2);
/// # limit_threads(0);
/// ```
pub fn limit_threads(threads: usize) {
    LIMIT.store(threads.min(MAX_THREADS), Ordering::Relaxed);
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn from_environment() -> Option<usize> {
    let value = std::env::var_os(THREADS_VARIABLE)?;
    let threads = value.to_str().and_then(parse);
    if threads.is_none() {
        tracing::warn!(
            variable = THREADS_VARIABLE,
            ?value,
            "not a number from 1 to {MAX_THREADS}: as many threads as cores are used"
        );
    }
    threads
}

fn parse(text: &str) -> Option<usize> {
    let threads = text.trim().parse().ok()?;
    (1..=MAX_THREADS).contains(&threads).then_some(threads)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn only_numbers_of_threads_that_can_be_are_taken() {
        assert_eq!(parse(" 8 "), Some(8));
        assert_eq!(parse("1024"), Some(1024));
        for refused in ["", "0", "1025", "-1", "2.5", "all"] {
            assert_eq!(parse(refused), None, "{refused}");
        }
    }
}
