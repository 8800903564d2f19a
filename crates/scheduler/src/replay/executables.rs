//! The executable graphs of one replay key, with the launches in each.

use pixelflume_device::{Change, DeviceError, Graph, GraphExec, Launch, Ticket};
use pixelflume_graph::NodeId;

use crate::profile::Timed;
use crate::schedule::Schedule;

/// The difference between launches and recorded ones.
#[derive(Copy, Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Difference {
    None,
    /// They differ in arguments or geometry, which are parameters of a graph.
    Parameters,
    /// They differ in kernels or in their number, which are the structure of a graph.
    Kernels,
}

/// The launches of a run, in the order in which they are enqueued, as they were recorded.
///
/// The kernels in them are kept alive, so that one that is equal to them later cannot be another one in the same place.
pub(super) struct RecordedLaunches {
    /// Number of launches of each step.
    counts: Box<[usize]>,
    launches: Vec<Launch>,
}

impl RecordedLaunches {
    pub(super) fn new<L: AsRef<[Launch]>>(schedule: &Schedule, launches: &[L]) -> Self {
        RecordedLaunches {
            counts: schedule
                .steps()
                .iter()
                .map(|step| launches[step.node.index()].as_ref().len())
                .collect(),
            launches: enqueued(schedule, launches)
                .map(|(_, launch)| launch.clone())
                .collect(),
        }
    }

    pub(super) fn difference<L: AsRef<[Launch]>>(
        &self,
        schedule: &Schedule,
        launches: &[L],
    ) -> Difference {
        let mut worst = Difference::None;
        let mut recorded = self.launches.as_slice();
        for (step, &count) in schedule.steps().iter().zip(&self.counts) {
            let (now, (old, rest)) = match launches[step.node.index()].as_ref() {
                now if now.len() == count => (now, recorded.split_at(count)),
                _ => return Difference::Kernels,
            };
            recorded = rest;
            for (now, old) in now.iter().zip(old) {
                match now.change_from(old) {
                    Change::None => {}
                    Change::Arguments | Change::Geometry => worst = Difference::Parameters,
                    Change::Kernel => return Difference::Kernels,
                }
            }
        }
        worst
    }
}

/// The launches of a run with their nodes, in the order in which they are enqueued.
pub(super) fn enqueued<'a, L: AsRef<[Launch]>>(
    schedule: &'a Schedule,
    launches: &'a [L],
) -> impl Iterator<Item = (NodeId, &'a Launch)> {
    schedule.steps().iter().flat_map(|step| {
        let of_node = launches[step.node.index()].as_ref();
        of_node.iter().map(|launch| (step.node, launch))
    })
}

/// An executable graph with its launches.
pub(super) struct Executable {
    pub(super) exec: GraphExec,
    pub(super) recorded: RecordedLaunches,
    /// The number that the last run gave its launches, see [`RunKey::revision`](crate::RunKey::revision).
    pub(super) revision: u64,
    /// A second executable of the same launches that records times. Gone whenever `recorded`
    /// changes.
    pub(super) timed: Timed,
}

impl Executable {
    /// Replaces the launches that differ, each of which must have the same kernel as before. Returns how many there
    /// were. After an error those before are replaced, and noted.
    pub(super) fn patch<L: AsRef<[Launch]>>(
        &mut self,
        schedule: &Schedule,
        launches: &[L],
        mut ticket: Option<&mut Ticket>,
    ) -> Result<usize, DeviceError> {
        self.timed = Timed::default();
        self.revision = 0;
        let mut patched = 0;
        let recorded = self.recorded.launches.iter_mut().enumerate();
        for ((index, old), (node, now)) in recorded.zip(enqueued(schedule, launches)) {
            if now.change_from(old) == Change::None {
                continue;
            }
            if let Some(ticket) = &mut ticket {
                // Node indices fit: a node's id is 32 bits wide.
                ticket.task = node.index() as u32;
            }
            self.exec.set_launch(index, now, ticket.as_deref())?;
            old.clone_from(now);
            patched += 1;
        }
        Ok(patched)
    }

    /// Updates the executable from a capture of these launches, if the device accepts that.
    pub(super) fn update<L: AsRef<[Launch]>>(
        &mut self,
        graph: &Graph,
        schedule: &Schedule,
        launches: &[L],
    ) -> Result<bool, DeviceError> {
        self.timed = Timed::default();
        let updated = self.exec.update(graph)?;
        if updated {
            self.recorded = RecordedLaunches::new(schedule, launches);
        }
        Ok(updated)
    }
}

/// The executables and counters of one replay key.
pub(super) struct KeyEntry {
    pub(super) dimensions: u64,
    /// The number of the last run that used the key, counted over the runs of its schedule.
    pub(super) used: u64,
    /// The launches of the first run; all later runs have the same kernels.
    pub(super) first_run: RecordedLaunches,
    /// The executables, the one that was launched last at the end. Runs of an executor follow one another on its main
    /// stream, so none ever has to wait for itself, and none is changed while it runs.
    pub(super) executables: Vec<Executable>,
    /// Runs with the same kernels since the last capture, whether it succeeded or not.
    pub(super) stable: u32,
    /// The number of stable runs that the next capture requires.
    pub(super) needed: u32,
    /// The number of patched runs in a row.
    pub(super) patched_in_a_row: u32,
}

impl KeyEntry {
    pub(super) fn new(
        dimensions: u64,
        used: u64,
        first_run: RecordedLaunches,
        warm_up: u32,
    ) -> Self {
        KeyEntry {
            dimensions,
            used,
            first_run,
            executables: Vec::new(),
            stable: 0,
            needed: warm_up,
            patched_in_a_row: 0,
        }
    }

    pub(super) fn may_capture(&self) -> bool {
        self.stable >= self.needed
    }

    /// Finds the executable with exactly these launches, by their number or by comparing them, and makes it the last
    /// one. Where there is none, says how the launches differ from those of the oldest executable, or from the first
    /// run's.
    pub(super) fn find<L: AsRef<[Launch]>>(
        &mut self,
        schedule: &Schedule,
        launches: &[L],
        revision: u64,
    ) -> Difference {
        let promised = |executable: &Executable| revision != 0 && executable.revision == revision;
        if let Some(at) = self.executables.iter().position(promised) {
            self.executables[at..].rotate_left(1);
            return Difference::None;
        }
        let mut difference = None;
        for at in 0..self.executables.len() {
            match self.executables[at].recorded.difference(schedule, launches) {
                Difference::None => {
                    self.executables[at..].rotate_left(1);
                    return Difference::None;
                }
                other => difference = difference.or(Some(other)),
            }
        }
        difference.unwrap_or_else(|| self.first_run.difference(schedule, launches))
    }
}
