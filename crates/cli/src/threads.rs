//! Starts threads, and copes with systems that refuse some: threads are limited in number and in memory for their stacks.

use crate::console;
use crate::machine;
use crossbeam::channel::{self, Receiver};
use std::io;
use std::thread::{Builder, Scope};
use thiserror::Error;

/// The stack size of a thread in bytes: the default of threads, whatever `RUST_MIN_STACK` says. Decoders and encoders keep some
/// tables on the stack.
pub(crate) const STACK: usize = 2 << 20;

/// Bytes of address space for one decoder, one encoder and one compute thread: stacks, signal stacks, and what the allocator
/// reserves for each thread. Measured: 19 MB for images of 512x512.
const ADDRESSES: u64 = 32 << 20;

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

/// Half of the address space is left to the rest of the run.
fn fitting_in(most: usize, free: Option<u64>) -> usize {
    let room = free.map(|bytes| bytes / 2 / ADDRESSES);
    let room = room.map_or(usize::MAX, |room| {
        usize::try_from(room).unwrap_or(usize::MAX)
    });
    most.min(room).max(1)
}

/// The error of starting a thread.
#[derive(Debug, Error)]
#[error(
    "no thread can be started to {purpose}: give a smaller number to --threads, or allow the process more threads and \
     memory (ulimit -u, ulimit -v)"
)]
pub(crate) struct ThreadError {
    /// The purpose of the thread, for the message.
    purpose: &'static str,
    source: io::Error,
}

impl ThreadError {
    pub(crate) fn new(purpose: &'static str, source: io::Error) -> Self {
        ThreadError { purpose, source }
    }
}

/// Starts a thread of `scope`.
pub(crate) fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    purpose: &'static str,
    work: impl FnOnce() + Send + 'scope,
) -> Result<(), ThreadError> {
    let thread = Builder::new().name(purpose.to_owned()).stack_size(STACK);
    let started = thread.spawn_scoped(scope, work);
    started
        .map(drop)
        .map_err(|source| ThreadError::new(purpose, source))
}

/// Starts `most` threads of `scope` that all do `work`, and returns their number. Where the system refuses some, only half of
/// those that it started do the work and the others end, with a warning: a limit of threads or memory is reached, and the rest
/// of the run needs some of both.
///
/// # Errors
/// The system starts no thread.
pub(crate) fn team<'scope>(
    scope: &'scope Scope<'scope, '_>,
    purpose: &'static str,
    most: usize,
    work: impl FnOnce() + Send + Clone + 'scope,
) -> Result<usize, ThreadError> {
    gather(purpose, most, |place: Place| {
        let work = work.clone();
        start(scope, purpose, move || {
            if place.is_kept() {
                work();
            }
        })
    })
}

/// The place of a thread in a team that is being started.
struct Place(Receiver<()>);

impl Place {
    /// Waits until the team is complete; returns whether this thread stays in it.
    fn is_kept(&self) -> bool {
        self.0.recv().is_ok()
    }
}

fn gather(
    purpose: &'static str,
    most: usize,
    mut start: impl FnMut(Place) -> Result<(), ThreadError>,
) -> Result<usize, ThreadError> {
    let (keep, kept) = channel::unbounded();
    let mut started = 0;
    let mut short = None;
    while started < most && short.is_none() {
        match start(Place(kept.clone())) {
            Ok(()) => started += 1,
            Err(error) if started == 0 => return Err(error),
            Err(error) => short = Some(error.source),
        }
    }
    let count = match &short {
        None => started,
        Some(_) => started.div_ceil(2),
    };
    if let Some(error) = short {
        console::warning(&format!(
            "{started} of {most} threads to {purpose} could be started, {count} are used: {error}"
        ));
    }
    for _ in 0..count {
        // The threads that were started wait for this.
        let _ = keep.send(());
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// The size of a team of eight and the number of its threads that did the work, where the system starts `given` threads.
    fn team_of(given: usize) -> (Option<usize>, usize) {
        let working = AtomicUsize::new(0);
        let team = std::thread::scope(|scope| {
            let mut left = given;
            gather("test", 8, |place| {
                let error = || ThreadError::new("test", io::ErrorKind::WouldBlock.into());
                left = left.checked_sub(1).ok_or_else(error)?;
                let working = &working;
                scope.spawn(move || {
                    if place.is_kept() {
                        working.fetch_add(1, Ordering::SeqCst);
                    }
                });
                Ok(())
            })
        });
        (team.ok(), working.into_inner())
    }

    #[test]
    fn threads_take_half_of_the_addresses_at_most() {
        for (most, free, count) in [
            (1024, None, 1024),
            (1024, Some(0), 1),
            (1024, Some(640 << 20), 10),
            (8, Some(640 << 20), 8),
            (8, Some(u64::MAX), 8),
        ] {
            assert_eq!(fitting_in(most, free), count, "{free:?}");
        }
    }

    #[test]
    fn half_of_the_threads_that_could_be_had_work() {
        for (given, count) in [(1, 1), (2, 1), (5, 3), (7, 4), (8, 8)] {
            assert_eq!(team_of(given), (Some(count), count), "{given}");
        }
        assert_eq!(team_of(0), (None, 0));
    }

    #[test]
    fn a_thread_that_cannot_be_had_is_a_typed_error() {
        std::thread::scope(|scope| {
            team(scope, "run", 3, || ()).unwrap();
            start(scope, "run once", || ()).unwrap();
        });
        let error = ThreadError::new("decode images", io::ErrorKind::WouldBlock.into());
        let text = crate::failure::full_text(&error);
        assert!(text.starts_with("no thread can be started to decode images: "));
        assert!(text.contains("--threads"), "{text}");
    }
}
