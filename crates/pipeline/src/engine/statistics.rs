//! The counters of an engine.

use std::time::Duration;

/// Counters of an engine since it was made.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct EngineStatistics {
    /// Batches that were submitted.
    pub submitted: u64,
    /// Frames of the submitted batches.
    pub frames: u64,
    /// Batches that have results, taken or not.
    pub completed: u64,
    /// Batches that failed.
    pub failed: u64,
    /// Batches that a shutdown dropped before they were taken.
    pub cancelled: u64,
    /// Writers that were dropped without being submitted.
    pub abandoned: u64,
    /// The most lanes in use at once.
    pub lanes_high_water: usize,
    /// The most results at once: being computed, ready or held by a lease. All rings: [`super::Engine::ring_statistics`].
    pub outputs_high_water: usize,
    /// The most leases at once.
    pub leases_high_water: usize,
    /// Calls that had to wait for room.
    pub blocked_calls: u64,
    /// The time that these calls waited, together.
    pub blocked_time: Duration,
    /// Bytes of device memory for images, of all lanes, and for the results that leases may hold where results stay on the
    /// device; scratch memory and tables are not counted.
    pub device_bytes: usize,
    /// Bytes of page-locked memory, for frames and results.
    pub pinned_bytes: usize,
}
