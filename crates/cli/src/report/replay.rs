//! The paths by which the batches of a run were submitted.

use pixelflume::scheduler::ReplayStatistics;
use serde::Serialize;
use std::collections::BTreeMap;

/// Each batch counts once among `direct`, `replayed`, `patched`, `updated` and `instantiated`.
#[derive(Debug, Serialize)]
pub(crate) struct ReplayReport {
    /// Batches enqueued launch by launch, by the reason for it; reasons that did not occur are left out.
    pub(crate) direct: BTreeMap<String, u64>,
    /// Batches that launched a captured graph unchanged.
    pub(crate) replayed: u64,
    /// Batches that launched a captured graph in which launches were patched.
    pub(crate) patched: u64,
    /// Launches patched in those graphs.
    pub(crate) patched_launches: u64,
    /// Batches whose graph was updated from a new capture.
    pub(crate) updated: u64,
    /// Batches that instantiated a new graph.
    pub(crate) instantiated: u64,
    /// Captures that succeeded.
    pub(crate) captured: u64,
    /// Captures that failed.
    pub(crate) captures_failed: u64,
    /// Patches that the device refused.
    pub(crate) patches_refused: u64,
    /// Updates that the device refused.
    pub(crate) updates_refused: u64,
}

impl From<ReplayStatistics> for ReplayReport {
    fn from(statistics: ReplayStatistics) -> Self {
        let reasons = statistics.direct.by_reason().into_iter();
        ReplayReport {
            direct: reasons
                .filter(|&(_, runs)| runs > 0)
                .map(|(reason, runs)| (reason.to_string(), runs))
                .collect(),
            replayed: statistics.replayed,
            patched: statistics.patched,
            patched_launches: statistics.patched_nodes,
            updated: statistics.updated,
            instantiated: statistics.instantiated,
            captured: statistics.captured,
            captures_failed: statistics.captures_failed,
            patches_refused: statistics.patches_refused,
            updates_refused: statistics.updates_refused,
        }
    }
}
