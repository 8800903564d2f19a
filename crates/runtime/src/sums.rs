//! What the engines of a job did, added up.

use crate::hooks::EngineObserver;
use pixelflume_device::sync::Mutex;
use pixelflume_pipeline::Engine;
use pixelflume_scheduler::ReplayStatistics;
use serde::Serialize;
use std::collections::BTreeMap;

/// Adds up the counters of the engines of a job ([`JobBuilder::observe_engines`](crate::JobBuilder::observe_engines)). They are complete when
/// the job is dropped.
#[derive(Debug, Default)]
pub struct EngineCounters(Mutex<EngineSums>);

impl EngineCounters {
    /// The counters of the engines that have ended, and the settings of those that were made.
    pub fn sums(&self) -> EngineSums {
        self.0.lock().clone()
    }
}

impl EngineObserver for EngineCounters {
    fn made(&self, engine: &Engine) {
        let effective = engine.effective();
        let of_engine = [
            (effective.in_flight.name, effective.in_flight.value as u64),
            (effective.max_batch.name, effective.max_batch.value.into()),
        ];
        let rings = engine.ring_statistics().config;
        let of_rings = rings
            .settings()
            .map(|setting| (setting.name, setting.value));
        let mut sums = self.0.lock();
        sums.mixed += u64::from(engine.room_bytes().is_some());
        for (name, value) in of_engine.into_iter().chain(of_rings) {
            let spread = sums.in_effect.entry(name).or_insert(Spread {
                least: value,
                most: value,
            });
            spread.least = spread.least.min(value);
            spread.most = spread.most.max(value);
        }
    }

    fn ended(&self, engine: &Engine) {
        let statistics = engine.statistics();
        let replay = engine.replay_statistics();
        let mut sums = self.0.lock();
        sums.made += 1;
        sums.batches += statistics.submitted;
        sums.frames += statistics.frames;
        sums.failed += statistics.failed;
        let raise = |most: &mut usize, value: usize| *most = value.max(*most);
        raise(&mut sums.in_flight_high_water, statistics.lanes_high_water);
        raise(&mut sums.outputs_high_water, statistics.outputs_high_water);
        sums.waits += statistics.blocked_calls;
        sums.wait_seconds += statistics.blocked_time.as_secs_f64();
        raise(&mut sums.device_bytes, statistics.device_bytes);
        raise(&mut sums.pinned_bytes, statistics.pinned_bytes);
        sums.replay += replay;
    }
}

/// Sums over engines: one for each set of shapes, or one for all sizes.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct EngineSums {
    /// The values in effect, by the names of their environment variables. They differ from the settings where memory is short (fewer batches in
    /// flight), images are large (smaller batches), or the sizes of the task rings follow from the results.
    pub in_effect: BTreeMap<&'static str, Spread>,
    /// Engines that were made and have ended; one that was dropped to make room for others is made again.
    pub made: u64,
    /// Engines that take images of any sizes.
    pub mixed: u64,
    /// Batches submitted.
    pub batches: u64,
    /// Images in those batches.
    pub frames: u64,
    /// Batches that failed.
    pub failed: u64,
    /// The most batches in flight at one time in one engine.
    pub in_flight_high_water: usize,
    /// The most batches with memory for results at one time in one engine.
    pub outputs_high_water: usize,
    /// Submissions that had to wait for room.
    pub waits: u64,
    /// The time of those waits.
    pub wait_seconds: f64,
    /// Bytes of device memory of the largest engine, without scratch memory and tables.
    pub device_bytes: usize,
    /// Bytes of page-locked memory of the engine with the most.
    pub pinned_bytes: usize,
    /// Direct executions and replays.
    #[serde(skip)]
    pub replay: ReplayStatistics,
}

/// The range of a value over the engines.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Spread {
    /// The smallest value.
    pub least: u64,
    /// The largest value.
    pub most: u64,
}
