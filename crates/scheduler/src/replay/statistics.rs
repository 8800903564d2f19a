//! Counts of submissions, by way and reason.

use std::fmt;
use std::ops::AddAssign;

use crate::path::{DirectReason, InstantiateReason, RunPath};

/// Counts of the runs since the executor was made, by the way in which they were submitted. Every run that was
/// submitted counts once among `replayed`, `patched`, `updated`, `instantiated` and `direct`.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ReplayStatistics {
    /// Runs that launched an executable unchanged.
    pub replayed: u64,
    /// Runs that launched an executable after launches in it were patched.
    pub patched: u64,
    /// Launches that were patched in those runs.
    pub patched_nodes: u64,
    /// Runs that launched an executable after it was updated from a new capture.
    pub updated: u64,
    /// Runs that launched a new executable.
    pub instantiated: u64,
    /// New executables that were added beside another executable of the same key.
    pub ring_grown: u64,
    /// Captures that succeeded.
    pub captured: u64,
    /// Captures that failed, or from which no executable could be made.
    pub captures_failed: u64,
    /// Patches that the device refused.
    pub patches_refused: u64,
    /// Updates that the device refused.
    pub updates_refused: u64,
    /// Direct runs by reason.
    pub direct: DirectRuns,
}

/// Counts of direct runs, by [`DirectReason`].
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct DirectRuns {
    /// [`DirectReason::Mode`].
    pub mode: u64,
    /// [`DirectReason::WarmUp`].
    pub warm_up: u64,
    /// [`DirectReason::DimensionsChanged`].
    pub dimensions_changed: u64,
    /// [`DirectReason::TopologyChanged`].
    pub topology_changed: u64,
    /// [`DirectReason::WorkChanged`].
    pub work_changed: u64,
    /// [`DirectReason::RecaptureAsked`].
    pub recapture_asked: u64,
    /// [`DirectReason::AfterFailure`].
    pub after_failure: u64,
    /// [`DirectReason::CaptureFailed`].
    pub capture_failed: u64,
    /// [`DirectReason::BackingOff`].
    pub backing_off: u64,
    /// [`DirectReason::LaunchRefused`].
    pub launch_refused: u64,
    /// [`DirectReason::KeysTaken`].
    pub keys_taken: u64,
}

impl DirectRuns {
    /// Number of direct runs.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.by_reason().iter().map(|(_, runs)| runs).sum()
    }

    /// The counts with their reasons.
    #[must_use]
    pub fn by_reason(&self) -> [(DirectReason, u64); 11] {
        [
            (DirectReason::Mode, self.mode),
            (DirectReason::WarmUp, self.warm_up),
            (DirectReason::DimensionsChanged, self.dimensions_changed),
            (DirectReason::TopologyChanged, self.topology_changed),
            (DirectReason::WorkChanged, self.work_changed),
            (DirectReason::RecaptureAsked, self.recapture_asked),
            (DirectReason::AfterFailure, self.after_failure),
            (DirectReason::CaptureFailed, self.capture_failed),
            (DirectReason::BackingOff, self.backing_off),
            (DirectReason::LaunchRefused, self.launch_refused),
            (DirectReason::KeysTaken, self.keys_taken),
        ]
    }

    fn of(&mut self, reason: DirectReason) -> &mut u64 {
        match reason {
            DirectReason::Mode => &mut self.mode,
            DirectReason::WarmUp => &mut self.warm_up,
            DirectReason::DimensionsChanged => &mut self.dimensions_changed,
            DirectReason::TopologyChanged => &mut self.topology_changed,
            DirectReason::WorkChanged => &mut self.work_changed,
            DirectReason::RecaptureAsked => &mut self.recapture_asked,
            DirectReason::AfterFailure => &mut self.after_failure,
            DirectReason::CaptureFailed => &mut self.capture_failed,
            DirectReason::BackingOff => &mut self.backing_off,
            DirectReason::LaunchRefused => &mut self.launch_refused,
            DirectReason::KeysTaken => &mut self.keys_taken,
        }
    }
}

impl ReplayStatistics {
    /// Number of runs that were submitted.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.replayed + self.patched + self.updated + self.instantiated + self.direct.total()
    }

    pub(crate) fn count(&mut self, path: RunPath) {
        match path {
            RunPath::Direct(reason) => *self.direct.of(reason) += 1,
            RunPath::Replayed => self.replayed += 1,
            RunPath::Patched { nodes } => {
                self.patched += 1;
                self.patched_nodes += nodes as u64;
            }
            RunPath::Updated => self.updated += 1,
            RunPath::Instantiated(reason) => {
                self.instantiated += 1;
                self.ring_grown += u64::from(reason == InstantiateReason::RingGrown);
            }
        }
    }
}

/// Adds the counts of several executors.
impl AddAssign for ReplayStatistics {
    fn add_assign(&mut self, other: ReplayStatistics) {
        let ReplayStatistics {
            replayed,
            patched,
            patched_nodes,
            updated,
            instantiated,
            ring_grown,
            captured,
            captures_failed,
            patches_refused,
            updates_refused,
            direct,
        } = other;
        self.replayed += replayed;
        self.patched += patched;
        self.patched_nodes += patched_nodes;
        self.updated += updated;
        self.instantiated += instantiated;
        self.ring_grown += ring_grown;
        self.captured += captured;
        self.captures_failed += captures_failed;
        self.patches_refused += patches_refused;
        self.updates_refused += updates_refused;
        for (reason, runs) in direct.by_reason() {
            *self.direct.of(reason) += runs;
        }
    }
}

/// Writes the counts in one line for reports; zeros are left out, except for the number of replayed
/// runs.
impl fmt::Display for ReplayStatistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} runs replayed", self.replayed, self.runs())?;
        let counts = [
            (self.patched, "patched"),
            (self.patched_nodes, "launches patched"),
            (self.updated, "updated"),
            (self.instantiated, "instantiated"),
            (self.captured, "captures"),
            (self.captures_failed, "captures failed"),
            (self.patches_refused, "patches refused"),
            (self.updates_refused, "updates refused"),
        ];
        for (count, what) in counts.iter().filter(|(count, _)| *count > 0) {
            write!(f, ", {count} {what}")?;
        }
        for (reason, count) in self.direct.by_reason() {
            if count > 0 {
                write!(f, ", {count} direct ({reason})")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_counted_once_and_named() {
        let mut statistics = ReplayStatistics::default();
        let reasons = DirectRuns::default().by_reason().map(|(reason, _)| reason);
        for reason in reasons {
            statistics.count(RunPath::Direct(reason));
        }
        assert_eq!(
            statistics.direct.by_reason(),
            reasons.map(|reason| (reason, 1))
        );
        statistics.count(RunPath::Replayed);
        statistics.count(RunPath::Patched { nodes: 3 });
        statistics.count(RunPath::Updated);
        statistics.count(RunPath::Instantiated(InstantiateReason::RingGrown));
        assert_eq!(statistics.runs(), 15);
        assert_eq!((statistics.patched_nodes, statistics.ring_grown), (3, 1));
        let text = statistics.to_string();
        assert!(
            text.starts_with("1 of 15 runs replayed, 1 patched, 3 launches patched"),
            "{text}"
        );
        assert!(text.contains("1 direct (warm-up)"), "{text}");
    }

    #[test]
    fn sums_count_every_run_of_both() {
        let (mut first, mut second) = (ReplayStatistics::default(), ReplayStatistics::default());
        for path in [
            RunPath::Replayed,
            RunPath::Patched { nodes: 3 },
            RunPath::Direct(DirectReason::WarmUp),
        ] {
            first.count(path);
        }
        for path in [
            RunPath::Updated,
            RunPath::Instantiated(InstantiateReason::RingGrown),
            RunPath::Patched { nodes: 4 },
            RunPath::Direct(DirectReason::WarmUp),
            RunPath::Direct(DirectReason::Mode),
        ] {
            second.count(path);
        }
        first += second;
        assert_eq!(first.runs(), 8);
        assert_eq!((first.patched, first.patched_nodes), (2, 7));
        assert_eq!(
            (first.updated, first.instantiated, first.ring_grown),
            (1, 1, 1)
        );
        assert_eq!((first.direct.warm_up, first.direct.mode), (2, 1));
    }
}
