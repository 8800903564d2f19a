//! The settings and statistics of a run's engines.

use pixelflume::pipeline::engine::{EffectiveConfig, Origin};
use pixelflume::runtime::EngineSums;
use pixelflume::scheduler::rings;
use serde::Serialize;
use std::collections::BTreeMap;

/// The engines of a run: one for a video; for images one for each set of shapes, or one for all sizes; of each device.
#[derive(Debug, Serialize)]
pub(crate) struct EngineReport {
    /// The settings of all engines, by the names of their environment variables.
    settings: BTreeMap<&'static str, SettingReport>,
    /// The reason why images of several sizes do not share an engine; null where they do, and for videos.
    pub(crate) not_mixed: Option<String>,
    #[serde(flatten)]
    sums: EngineSums,
}

/// A setting of the engines.
#[derive(Debug, Serialize)]
struct SettingReport {
    /// The value, or the rule by which it follows from other settings.
    value: String,
    /// `argument`, `environment` or `default`.
    from: &'static str,
}

impl EngineReport {
    /// What the engines did, with these settings of all of them and of their task rings.
    pub(crate) fn new(
        sums: EngineSums,
        effective: &EffectiveConfig,
        rings: &rings::EffectiveConfig,
    ) -> Self {
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
        EngineReport {
            settings: settings.collect(),
            not_mixed: None,
            sums,
        }
    }

    /// Notes that the value of a setting is the default of the command.
    pub(crate) fn is_default(&mut self, name: &str) {
        if let Some(setting) = self.settings.get_mut(name) {
            setting.from = "default";
        }
    }
}
