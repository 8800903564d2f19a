//! What the engines of a run were, and what they did.

use pixelflume::pipeline::Engine;
use pixelflume::pipeline::engine::{EffectiveConfig, EngineStatistics, Origin};
use pixelflume::scheduler::rings;
use serde::Serialize;
use std::collections::BTreeMap;

/// Sums over the engines of a run: a video has one, images have one for each set of shapes.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct EngineReport {
    /// What was set for all engines, by the variables that can set it.
    pub(crate) settings: BTreeMap<&'static str, SettingReport>,
    /// The values that engines had: fewer batches in flight where memory is short, smaller ones of large images, sizes of the
    /// task rings by the results.
    pub(crate) in_effect: BTreeMap<&'static str, Spread>,
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

/// A setting of the engines.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SettingReport {
    /// The value, or the rule by which it follows from others.
    pub(crate) value: String,
    /// `argument`, `environment` or `default`.
    pub(crate) from: &'static str,
}

/// The values that engines had.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Spread {
    /// The least.
    pub(crate) least: u64,
    /// The most.
    pub(crate) most: u64,
}

impl EngineReport {
    /// Takes up what is set for all engines, and for their task rings. Values that follow from others are told as the rule.
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

    /// Takes up the values of an engine that was made.
    pub(crate) fn note(&mut self, engine: &Engine) {
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

    /// Adds what one engine did.
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
