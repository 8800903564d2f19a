//! What the engines of a run did.

use pixelflume::pipeline::engine::EngineStatistics;
use serde::Serialize;
use std::collections::BTreeMap;

/// Sums over the engines of a run: a video has one, images have one for each set of shapes.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct EngineReport {
    /// Settings in force, by their variables, with who set them.
    pub(crate) settings: BTreeMap<&'static str, String>,
    /// Engines that were made; for a set of shapes again where its engine had to make room for others.
    pub(crate) made: u64,
    /// Batches that were submitted.
    pub(crate) batches: u64,
    /// Images in them.
    pub(crate) frames: u64,
    /// Batches that failed.
    pub(crate) failed: u64,
    /// Most batches that were in flight at one time in one engine.
    pub(crate) in_flight_high_water: usize,
    /// Most batches whose results had memory at one time in one engine.
    pub(crate) outputs_high_water: usize,
    /// How often submitting had to wait for room.
    pub(crate) waits: u64,
    /// How long it waited.
    pub(crate) wait_seconds: f64,
    /// Bytes of device memory of the largest engine, without scratch memory and tables.
    pub(crate) device_bytes: usize,
    /// Bytes of page-locked memory of the engine with the most.
    pub(crate) pinned_bytes: usize,
}

impl EngineReport {
    /// Adds what one engine did.
    pub(crate) fn add(&mut self, statistics: &EngineStatistics) {
        self.made += 1;
        self.batches += statistics.submitted;
        self.frames += statistics.frames;
        self.failed += statistics.failed;
        let raise = |most: &mut usize, value: usize| *most = value.max(*most);
        raise(&mut self.in_flight_high_water, statistics.slots_high_water);
        raise(&mut self.outputs_high_water, statistics.outputs_high_water);
        self.waits += statistics.blocked_calls;
        self.wait_seconds += statistics.blocked_time.as_secs_f64();
        raise(&mut self.device_bytes, statistics.device_bytes);
        raise(&mut self.pinned_bytes, statistics.pinned_bytes);
    }
}
