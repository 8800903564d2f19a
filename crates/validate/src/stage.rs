//! The stages of the validation: a name, what it shows, and the code.

use crate::{
    custom, engine, graphs, memory, operators, pipelines, random_pipelines, streams, timing,
};
use pixelflume::prelude::*;
use std::path::PathBuf;

/// What the stages share.
pub(crate) struct Context {
    pub(crate) cuda: Device,
    pub(crate) host: Device,
    /// Random cases of the operator stage; the others take a part of it.
    pub(crate) cases: u32,
    pub(crate) quick: bool,
    pub(crate) seed: u64,
    pub(crate) pipelines: PathBuf,
}

/// One stage. It returns a line that says what was done, or fails.
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&Context) -> anyhow::Result<String>,
}

pub(crate) const STAGES: &[Stage] = &[
    Stage {
        name: "operators",
        run: operators::run,
    },
    Stage {
        name: "colours",
        run: operators::all_colours,
    },
    Stage {
        name: "custom",
        run: custom::run,
    },
    Stage {
        name: "pipelines",
        run: pipelines::run,
    },
    Stage {
        name: "random",
        run: random_pipelines::run,
    },
    Stage {
        name: "graphs",
        run: graphs::run,
    },
    Stage {
        name: "timing",
        run: timing::run,
    },
    Stage {
        name: "streams",
        run: streams::run,
    },
    Stage {
        name: "memory",
        run: memory::run,
    },
    Stage {
        name: "engine",
        run: engine::run,
    },
];

pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    STAGES.iter().map(|stage| stage.name)
}
