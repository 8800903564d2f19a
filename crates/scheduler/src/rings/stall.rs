//! The time-out of a wait without progress.

use std::time::{Duration, Instant};

/// A clock that restarts at each progress.
pub(super) struct StallClock<P> {
    limit: Duration,
    since: Instant,
    seen: Option<P>,
}

impl<P: PartialEq> StallClock<P> {
    pub(super) fn new(limit: Duration, now: Instant) -> Self {
        StallClock {
            limit,
            since: now,
            seen: None,
        }
    }

    /// The time left to wait, where `progress` is the progress seen at `now`; `None` after the limit.
    pub(super) fn left(&mut self, now: Instant, progress: P) -> Option<Duration> {
        if self.seen.as_ref() != Some(&progress) {
            self.seen = Some(progress);
            self.since = now;
        }
        let left = self.limit.checked_sub(now - self.since)?;
        (!left.is_zero()).then_some(left)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn progress_restarts_the_clock_and_nothing_else_does() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut stall = StallClock::new(Duration::from_millis(100), start);
        assert_eq!(stall.left(at(0), 7), Some(Duration::from_millis(100)));
        assert_eq!(stall.left(at(60), 7), Some(Duration::from_millis(40)));
        assert_eq!(stall.left(at(90), 8), Some(Duration::from_millis(100)));
        assert_eq!(stall.left(at(189), 8), Some(Duration::from_millis(1)));
        assert_eq!(stall.left(at(190), 8), None);
    }

    #[test]
    fn without_patience_the_first_look_is_the_last() {
        let now = Instant::now();
        assert_eq!(StallClock::new(Duration::ZERO, now).left(now, 0), None);
    }
}
