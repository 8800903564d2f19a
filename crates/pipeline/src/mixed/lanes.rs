//! The lanes that execute derived pipelines.

use crate::config::ExecutionStatistics;
use crate::error::PipelineError;
use crate::lane::Lane;
use crate::lane::handle::LaneHandle;
use crate::plan::mixed::MixedPlan;
use pixelflume_scheduler::{ReplayStatistics, Trace};
use std::sync::Arc;

/// Lanes that are kept: one for each topology, the least recently used one is dropped.
const MOST_LANES: usize = 4;

/// The lanes of the derived pipelines of a runner.
#[derive(Default)]
pub(crate) struct DerivedLanes {
    /// The most recently used one last.
    lanes: Vec<DerivedLane>,
    /// The counts of lanes that were dropped.
    dropped: (ExecutionStatistics, ReplayStatistics),
}

struct DerivedLane {
    plan: Arc<MixedPlan>,
    lane: LaneHandle,
}

impl DerivedLanes {
    /// Selects the lane for a derived pipeline. `new_lane` makes it where there is none for its topology.
    pub(super) fn select(
        &mut self,
        plan: &Arc<MixedPlan>,
        new_lane: impl Fn(&MixedPlan) -> Result<Lane, PipelineError>,
    ) -> Result<&mut Lane, PipelineError> {
        let mut lanes = self.lanes.iter();
        match lanes.position(|lane| lane.plan.is_alike(plan)) {
            Some(at) => self.lanes[at..].rotate_left(1),
            None => {
                if self.lanes.len() >= MOST_LANES {
                    let DerivedLane { lane, .. } = self.lanes.remove(0);
                    self.dropped.0 += lane.statistics;
                    self.dropped.1 += lane.replay_statistics();
                }
                let lane = LaneHandle::new(new_lane(plan)?);
                self.lanes.push(DerivedLane {
                    plan: Arc::clone(plan),
                    lane,
                });
            }
        }
        let lane = self.selected_mut();
        Ok(lane.expect("a lane was found or made"))
    }

    /// The lane that was selected last, unless there is none.
    pub(super) fn selected_mut(&mut self) -> Option<&mut Lane> {
        self.lanes.last_mut().map(|lane| &mut *lane.lane)
    }

    /// All lanes, to be changed.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Lane> {
        self.lanes.iter_mut().map(|lane| &mut *lane.lane)
    }

    /// The counts of all lanes that there are and were.
    pub(crate) fn statistics(&self) -> (ExecutionStatistics, ReplayStatistics) {
        let mut all = self.dropped;
        for DerivedLane { lane, .. } in &self.lanes {
            all.0 += lane.statistics;
            all.1 += lane.replay_statistics();
        }
        all
    }

    /// Waits for all batches in flight.
    pub(crate) fn finish_all(&mut self) -> Result<(), PipelineError> {
        self.iter_mut().try_for_each(Lane::finish_all)
    }

    /// Gives back all memory that is kept for later batches; returns whether there was any.
    pub(crate) fn give_back(&mut self) -> bool {
        self.iter_mut()
            .fold(false, |any, lane| any | lane.give_back())
    }

    /// Records the next runs in `trace`.
    pub(crate) fn set_trace(&mut self, trace: Option<&Trace>) {
        for lane in self.iter_mut() {
            lane.set_trace(trace.cloned());
        }
    }
}
