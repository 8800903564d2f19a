//! Children that are forked from a test.
#![expect(unsafe_code, reason = "forks, and waits for the child")]

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// The time between two looks at a child.
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

/// The way in which a child failed.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum ForkFailure {
    /// The system could not fork.
    NoFork,
    /// The child was not at its end in time, and was killed.
    TimedOut,
    /// The child panicked; it has printed why.
    Panicked,
    /// A signal ended the child.
    Signal(i32),
}

impl fmt::Display for ForkFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ForkFailure::NoFork => f.write_str("the system could not fork"),
            ForkFailure::TimedOut => f.write_str("the child was not at its end in time"),
            ForkFailure::Panicked => f.write_str("the child panicked"),
            ForkFailure::Signal(signal) => write!(f, "signal {signal} ended the child"),
        }
    }
}

/// Forks this process, calls `work` in the child, and waits for the end of the child. The child gets copies of what `work`
/// borrows, and whatever it does with them, this process does not see; it leaves nothing else of the caller's behind.
///
/// # Errors
/// `work` panicked, or it was not at its end within `limit`, and the child was killed.
pub fn in_forked_child(limit: Duration, work: impl FnOnce()) -> Result<(), ForkFailure> {
    // SAFETY: the child calls only what the test is about, and ends without returning from here. What it may find locked or half
    // changed by threads that it does not have is the subject of the test.
    match unsafe { libc::fork() } {
        -1 => Err(ForkFailure::NoFork),
        0 => {
            let done = catch_unwind(AssertUnwindSafe(work)).is_ok();
            // SAFETY: ends the process at once, without the functions of its parent that run at exit.
            unsafe { libc::_exit(i32::from(!done)) }
        }
        child => wait(child, limit),
    }
}

fn wait(child: libc::pid_t, limit: Duration) -> Result<(), ForkFailure> {
    let begun = Instant::now();
    let mut timed_out = false;
    loop {
        let mut status = 0;
        let flags = if timed_out { 0 } else { libc::WNOHANG };
        // SAFETY: the child is ours and was not waited for; `status` is a valid place for the result.
        if unsafe { libc::waitpid(child, &mut status, flags) } == child {
            return match status {
                _ if timed_out => Err(ForkFailure::TimedOut),
                _ if libc::WIFSIGNALED(status) => Err(ForkFailure::Signal(libc::WTERMSIG(status))),
                0 => Ok(()),
                _ => Err(ForkFailure::Panicked),
            };
        }
        if !timed_out && begun.elapsed() > limit {
            // SAFETY: the child is ours and was not waited for, so that the number is still its own.
            unsafe { libc::kill(child, libc::SIGKILL) };
            timed_out = true;
        }
        std::thread::sleep(BETWEEN_LOOKS);
    }
}
