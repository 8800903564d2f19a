//! The contract of a check: its name, its function, and the context that all checks get.

use pixelflume::prelude::*;
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

/// The two devices that are compared, and the settings of the run.
pub(crate) struct Context {
    pub(crate) cuda: Device,
    pub(crate) host: Device,
    /// The ordinal of the CUDA device, from 0.
    pub(crate) device: usize,
    /// Run the short form, a few dozen cases per check, for example under compute-sanitizer (`--quick`).
    pub(crate) quick: bool,
    /// The short form has one in this many of its cases: 1, but for tests with an emulated GPU.
    pub(crate) one_in: u64,
    /// Run also what takes minutes: compute-sanitizer (`--full`).
    pub(crate) full: bool,
    /// Random cases of the check `operators` in the normal form (`--cases`).
    pub(crate) operator_cases: u64,
    /// The only random case to run (`--case`).
    pub(crate) case: Option<u64>,
    /// Damaged files for the check `jpeg` to decode in place of its other cases (`--corrupted-files`).
    pub(crate) corrupted_files: Option<u64>,
    pub(crate) seed: u64,
    /// The folder of the example pipelines.
    pub(crate) pipelines: PathBuf,
    /// The folder of the golden data of processors.
    pub(crate) processors: PathBuf,
    /// The folder of the report, which gets files about failures.
    pub(crate) report: Option<PathBuf>,
    /// Shares of the copy bandwidth to compare with in place of the stored ones.
    pub(crate) shares: Option<PathBuf>,
    /// The file to write the measured shares of the copy bandwidth to; they are not compared then.
    pub(crate) write_shares: Option<PathBuf>,
}

impl Context {
    /// The numbers of a check's random cases: the one of `--case`, or 0 to `quick` or `normal`.
    pub(crate) fn cases(&self, quick: u64, normal: u64) -> Range<u64> {
        match self.case {
            Some(case) => case..case.saturating_add(1),
            None if self.quick => 0..quick.div_ceil(self.one_in),
            None => 0..normal,
        }
    }

    /// The argument of the suite that selects this length, with a leading space.
    pub(crate) fn length_argument(&self) -> &'static str {
        match (self.quick, self.full) {
            (true, _) => " --quick",
            (false, true) => " --full",
            (false, false) => "",
        }
    }

    /// The short form with the host device in place of the GPU, for tests of the checks themselves.
    #[cfg(test)]
    pub(crate) fn of_hosts() -> Self {
        Context {
            cuda: Device::host(),
            host: Device::host(),
            device: 0,
            quick: true,
            one_in: 1,
            full: false,
            operator_cases: 0,
            case: None,
            corrupted_files: None,
            seed: 1,
            pipelines: "../../examples/pipelines".into(),
            processors: "../pipeline/tests/processors".into(),
            report: None,
            shares: None,
            write_shares: None,
        }
    }
}

/// A check: a function that returns one line about its work, or the error that it found.
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    /// An error with a [`Skipped`] in its chain means that the check does not apply here.
    pub(crate) run: fn(&Context) -> anyhow::Result<String>,
}

impl Check {
    pub(crate) const fn new(
        name: &'static str,
        run: fn(&Context) -> anyhow::Result<String>,
    ) -> Self {
        Check { name, run }
    }
}

/// The reason for which a check did nothing. It is reported as skipped, not as failed.
#[derive(Debug)]
pub(crate) struct Skipped(pub(crate) String);

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Skipped {}

#[cfg(test)]
mod tests {
    use super::*;

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
