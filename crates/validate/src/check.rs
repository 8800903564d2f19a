//! The stages of the validation: a name, what it shows, and the code.

use crate::{
    addresses, custom, doors, engine, environment, fused, graphs, memory, operators, parameters,
    performance, pipelines, random_pipelines, samples, sanitizer, stencils, streams, timing,
    user_code,
};
use pixelflume::prelude::*;
use std::ops::Range;
use std::path::PathBuf;

/// What the stages share.
pub(crate) struct Context {
    pub(crate) cuda: Device,
    pub(crate) host: Device,
    /// The number of the CUDA device.
    pub(crate) device: usize,
    /// Whether this is the short form: a few dozen cases, for example under compute-sanitizer.
    pub(crate) quick: bool,
    /// Whether what takes minutes is run, too: compute-sanitizer.
    pub(crate) full: bool,
    /// Random cases of the operator stage in the normal form.
    pub(crate) operator_cases: u64,
    /// The only random case to run.
    pub(crate) case: Option<u64>,
    pub(crate) seed: u64,
    pub(crate) pipelines: PathBuf,
    /// Where files about failures go.
    pub(crate) report: Option<PathBuf>,
    /// Where the shares of the copy bandwidth are, in place of the stored ones.
    pub(crate) ratios: Option<PathBuf>,
    /// Where to write the measured shares of the copy bandwidth, instead of comparing them.
    pub(crate) write_ratios: Option<PathBuf>,
}

impl Context {
    /// The random cases of a stage by number: the one that was asked for, or so many.
    pub(crate) fn cases(&self, quick: u64, normal: u64) -> Range<u64> {
        match self.case {
            Some(case) => case..case.saturating_add(1),
            None if self.quick => 0..quick,
            None => 0..normal,
        }
    }

    /// The argument, after a space, that makes the suite as long as it is.
    pub(crate) fn length_argument(&self) -> &'static str {
        match (self.quick, self.full) {
            (true, _) => " --quick",
            (false, true) => " --full",
            (false, false) => "",
        }
    }

    /// The short form with the host in the place of the GPU: for tests of the stages, which have the same rules there.
    #[cfg(test)]
    pub(crate) fn of_hosts() -> Self {
        Context {
            cuda: Device::host(),
            host: Device::host(),
            device: 0,
            quick: true,
            full: false,
            operator_cases: 0,
            case: None,
            seed: 1,
            pipelines: "../../examples/pipelines".into(),
            report: None,
            ratios: None,
            write_ratios: None,
        }
    }
}

/// One stage. It returns a line that says what was done, or fails.
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&Context) -> anyhow::Result<String>,
    /// Why it is not run in this context, if so.
    pub(crate) unless: fn(&Context) -> Option<String>,
}

impl Stage {
    /// A stage that is run always.
    const fn new(name: &'static str, run: fn(&Context) -> anyhow::Result<String>) -> Self {
        let unless = |_: &Context| None;
        Stage { name, run, unless }
    }

    /// The same, but not run where there is a reason.
    const fn unless(mut self, unless: fn(&Context) -> Option<String>) -> Self {
        self.unless = unless;
        self
    }
}

pub(crate) const STAGES: &[Stage] = &[
    Stage::new("environment", environment::run),
    Stage::new("operators", operators::run),
    Stage::new("colours", operators::all_colours),
    Stage::new("samples", samples::run),
    Stage::new("stencils", stencils::run),
    Stage::new("custom", custom::run),
    Stage::new("pipelines", pipelines::run),
    Stage::new("random", random_pipelines::run),
    Stage::new("fused", fused::run),
    Stage::new("memory", memory::run),
    Stage::new("streams", streams::run),
    Stage::new("graphs", graphs::run),
    Stage::new("addresses", addresses::run),
    Stage::new("parameters", parameters::run),
    Stage::new("timing", timing::run),
    Stage::new("engine", engine::run),
    Stage::new("user-code", user_code::run),
    Stage::new("doors", doors::run).unless(doors::reason_against),
    #[cfg(feature = "cuda")]
    Stage::new("driver-faults", crate::driver_faults::run),
    Stage::new("sanitizer-memcheck", |of| sanitizer::run(of, "memcheck"))
        .unless(sanitizer::reason_against),
    Stage::new("sanitizer-racecheck", |of| sanitizer::run(of, "racecheck"))
        .unless(sanitizer::reason_against),
    Stage::new("sanitizer-initcheck", |of| sanitizer::run(of, "initcheck"))
        .unless(sanitizer::reason_against),
    Stage::new("sanitizer-synccheck", |of| sanitizer::run(of, "synccheck"))
        .unless(sanitizer::reason_against),
    Stage::new("performance", performance::run).unless(performance::reason_against),
];

pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    STAGES.iter().map(|stage| stage.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the stages do is right where both sides are the same device: they find no difference, and need no GPU to be
    /// tested themselves.
    #[test]
    fn stages_pass_on_the_host() {
        let mut context = Context::of_hosts();
        for name in [
            "operators",
            "pipelines",
            "random",
            "fused",
            "streams",
            "graphs",
            "addresses",
            "parameters",
            "timing",
            "user-code",
        ] {
            let stage = STAGES.iter().find(|stage| stage.name == name);
            let stage = stage.unwrap_or_else(|| panic!("no stage {name}"));
            // One round is enough of what takes seconds each.
            context.case = (name == "pipelines").then_some(1);
            if let Err(error) = (stage.run)(&context) {
                panic!("{name}: {error:#}");
            }
        }
    }

    #[test]
    fn a_host_is_no_gpu_to_the_environment() {
        let error = environment::run(&Context::of_hosts()).expect_err("no GPU");
        assert!(error.to_string().contains("is not a GPU"), "{error}");
    }

    #[test]
    fn one_case_can_be_run_alone() {
        let mut context = Context::of_hosts();
        assert_eq!(context.cases(3, 9), 0..3);
        context.quick = false;
        assert_eq!(context.cases(3, 9), 0..9);
        context.case = Some(7);
        assert_eq!(context.cases(3, 9), 7..8);
    }
}
