//! The settings and statistics of a run's engines.

use pixelflume::pipeline::Engine;
use pixelflume::pipeline::engine::{EffectiveConfig, EngineStatistics, Origin};
use pixelflume::scheduler::rings;
use serde::Serialize;
use std::collections::BTreeMap;

/// Sums over the engines of a run: one for a video; for images one for each set of shapes, or one for all sizes.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct EngineReport {
    /// The settings of all engines, by the names of their environment variables.
    pub(crate) settings: BTreeMap<&'static str, SettingReport>,
    /// The values in effect. They differ from the settings where memory is short (fewer batches in flight), images are large
    /// (smaller batches), or the sizes of the task rings follow from the results.
    pub(crate) in_effect: BTreeMap<&'static str, Spread>,
    /// Engines created; an engine that was dropped to make room for others is created again.
    pub(crate) made: u64,
    /// Those among them that take images of any sizes.
    pub(crate) mixed: u64,
    /// The reason why images of several sizes do not share an engine; null where they do, and for videos.
    pub(crate) not_mixed: Option<String>,
    /// Batches submitted.
    pub(crate) batches: u64,
    /// Images in those batches.
    pub(crate) frames: u64,
    /// Batches that failed.
    pub(crate) failed: u64,
    /// The most batches in flight at one time in one engine.
    pub(crate) in_flight_high_water: usize,
    /// The most batches with memory for results at one time in one engine.
    pub(crate) outputs_high_water: usize,
    /// Submissions that had to wait for room.
    pub(crate) waits: u64,
    /// The time of those waits.
    pub(crate) wait_seconds: f64,
    /// Bytes of device memory of the largest engine, without scratch memory and tables.
    pub(crate) device_bytes: usize,
    /// Bytes of page-locked memory of the engine with the most.
    pub(crate) pinned_bytes: usize,
}

/// A setting of the engines.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SettingReport {
    /// The value, or the rule by which it follows from other settings.
    pub(crate) value: String,
    /// `argument`, `environment` or `default`.
    pub(crate) from: &'static str,
}

/// The range of a value over the engines.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Spread {
    pub(crate) least: u64,
    pub(crate) most: u64,
}

impl EngineReport {
    /// Records the settings of all engines and of their task rings.
    pub(crate) fn set(&mut self, effective: &EffectiveConfig, rings: &rings::EffectiveConfig) {
        let engine = effective.settings().into_iter();
        let engine = engine.map(|setting| (setting.name, setting.value, setting.origin));
        let rings = rings.settings().into_iter();
        let rings = rings.map(|setting| (setting.name, setting.value.to_string(), setting.origin));
        let settings = engine.chain(rings).map(|(name, value, origin)| {
            let (value, from) = match origin {
                Origin::Builder => (value, "argument"),
                Origin::Environment => (value, "environment"),
                Origin::Default("") => (value, "default"),
                Origin::Default(rule) => (rule.to_owned(), "default"),
            };
            (name, SettingReport { value, from })
        });
        self.settings = settings.collect();
    }

    /// Records the effective values of a new engine.
    pub(crate) fn note(&mut self, engine: &Engine) {
        self.mixed += u64::from(engine.room_bytes().is_some());
        let effective = engine.effective();
        let of_engine = [
            (effective.in_flight.name, effective.in_flight.value as u64),
            (effective.max_batch.name, effective.max_batch.value.into()),
        ];
        let rings = engine.ring_statistics().config;
        let of_rings = rings
            .settings()
            .map(|setting| (setting.name, setting.value));
        for (name, value) in of_engine.into_iter().chain(of_rings) {
            let spread = self.in_effect.entry(name).or_insert(Spread {
                least: value,
                most: value,
            });
            spread.least = spread.least.min(value);
            spread.most = spread.most.max(value);
        }
    }

    /// Adds the statistics of one engine.
    pub(crate) fn add(&mut self, statistics: &EngineStatistics) {
        self.made += 1;
        self.batches += statistics.submitted;
        self.frames += statistics.frames;
        self.failed += statistics.failed;
        let raise = |most: &mut usize, value: usize| *most = value.max(*most);
        raise(&mut self.in_flight_high_water, statistics.lanes_high_water);
        raise(&mut self.outputs_high_water, statistics.outputs_high_water);
        self.waits += statistics.blocked_calls;
        self.wait_seconds += statistics.blocked_time.as_secs_f64();
        raise(&mut self.device_bytes, statistics.device_bytes);
        raise(&mut self.pinned_bytes, statistics.pinned_bytes);
    }
}
