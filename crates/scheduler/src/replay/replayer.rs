//! The replay keys of one schedule: their captured graphs, and the choice of the key that is
//! evicted.

use pixelflume_device::{DeviceError, Launch};

use super::executables::{KeyEntry, RecordedLaunches};
use super::ladder::Attempt;
use crate::path::{DirectReason, RunPath};

/// The replay keys of one schedule with their captured graphs.
#[derive(Default)]
pub(crate) struct Replayer {
    /// One entry for each key, the most recently run one last.
    entries: Vec<KeyEntry>,
    /// The dimensions that got no entry, with the number of the run that had them, the most recent one last.
    refused: Vec<(u64, u64)>,
    /// The number of runs so far.
    runs: u64,
    /// Whether the last run has an entry.
    is_listed: bool,
    after_failure: bool,
}

/// Refused dimensions that are remembered for each key that is kept.
const REMEMBERED: usize = 4;

impl Replayer {
    /// Whether there was no run yet.
    pub(crate) fn is_new(&self) -> bool {
        self.entries.is_empty()
    }

    /// Notes whether the last run failed. After one in which a task failed, the next one is direct: whatever made it
    /// fail should not be captured, and should be met where the cause is easiest to find.
    pub(crate) fn note_outcome(&mut self, success: bool) {
        self.after_failure = !success;
        if let (false, true, Some(entry)) = (success, self.is_listed, self.entries.last_mut()) {
            entry.stable = 0;
        }
    }

    /// Drops the state of these dimensions.
    pub(crate) fn forget(&mut self, dimensions: u64) {
        self.entries.retain(|entry| entry.dimensions != dimensions);
    }

    /// Whether dimensions without an entry get one, for which the entry that was not used for the longest time has to go
    /// where `keys` are kept already.
    ///
    /// It goes for dimensions that come back sooner than it does: their last run was after its last one. Where the same
    /// dimensions take turns, more than are kept, no entry goes, since each comes back as late as the others; as many as are
    /// kept are replayed, where giving the oldest place to each new one would replay none. An entry that was not used for
    /// longer than refused dimensions are remembered goes for any.
    fn admits(&mut self, dimensions: u64, keys: usize) -> bool {
        let at = self
            .refused
            .iter()
            .position(|(refused, _)| *refused == dimensions);
        let before = at.map(|at| self.refused.remove(at).1);
        let oldest = match self.entries.first() {
            Some(entry) if self.entries.len() >= keys => entry.used,
            _ => return true,
        };
        let admitted = match before {
            Some(before) => before > oldest,
            None => self.runs - oldest > (REMEMBERED * keys) as u64,
        };
        if admitted {
            self.entries.remove(0);
            return true;
        }
        if self.refused.len() >= REMEMBERED * keys {
            self.refused.remove(0);
        }
        self.refused.push((dimensions, self.runs));
        false
    }

    /// Submits the run on the main stream as a graph, or returns the reason why it must be submitted directly; in that
    /// case nothing of it is on the device. `first` is the reason to give for the first run.
    ///
    /// An error says that the device is lost.
    pub(crate) fn submit<L: AsRef<[Launch]>>(
        &mut self,
        first: DirectReason,
        mut attempt: Attempt<'_, L>,
    ) -> Result<RunPath, DeviceError> {
        let key = attempt.key;
        if key.recapture {
            for entry in &mut self.entries {
                entry.executables.clear();
            }
        }
        let after_failure = std::mem::take(&mut self.after_failure);
        self.runs += 1;
        let known = self
            .entries
            .iter()
            .position(|entry| entry.dimensions == key.dimensions);
        self.is_listed = known.is_some() || self.admits(key.dimensions, attempt.config.keys);
        if !self.is_listed {
            return Ok(RunPath::Direct(DirectReason::KeysTaken));
        }
        let path = match known {
            Some(at) => {
                self.entries[at..].rotate_left(1);
                None
            }
            None => {
                let reason = match self.entries.is_empty() {
                    true => first,
                    false => DirectReason::DimensionsChanged,
                };
                let first_run =
                    RecordedLaunches::new(attempt.state.schedule(), attempt.launches.all());
                self.entries.push(KeyEntry::new(
                    key.dimensions,
                    self.runs,
                    first_run,
                    attempt.config.warm_up,
                ));
                Some(RunPath::Direct(reason))
            }
        };
        let Some(entry) = self.entries.last_mut() else {
            unreachable!("the entry of the run was put last");
        };
        entry.used = self.runs;
        let path = match path {
            Some(path) => path,
            None => attempt.submit_as_graph(entry, after_failure)?,
        };
        entry.stable = entry.stable.saturating_add(1);
        Ok(path)
    }
}
