//! What a measurement found, for a program that prints it.

use crate::error::BenchError;
use crate::machine::{Machine, unix_time};
use crate::options::{Options, Section};
use pixelflume::device::{Device, DeviceRequest};
use serde::Serialize;

/// What a measurement found.
#[derive(Debug)]
pub struct Findings {
    /// The table.
    pub text: String,
    /// The same as JSON, with a line end behind it.
    pub json: String,
    /// What comes of the figures.
    pub verdict: Verdict,
}

/// What comes of the figures of a measurement.
#[derive(Debug)]
pub enum Verdict {
    /// Nothing.
    None,
    /// Something that is worth a line.
    Told(String),
    /// Something is wrong: results differ, or a workload is too slow.
    Wrong(String),
    /// The figures are there, and what was to be done with them failed.
    Failed(BenchError),
}

impl Findings {
    /// Findings without a verdict.
    pub(crate) fn new(data: &impl Serialize, text: String) -> Result<Self, BenchError> {
        let json = serde_json::to_string_pretty(data)
            .map_err(|error| BenchError::Failed(format!("cannot write JSON: {error}")))?;
        Ok(Findings {
            text,
            json: json + "\n",
            verdict: Verdict::None,
        })
    }

    /// Those of a section other than `workloads`.
    pub(crate) fn of_section(
        options: &Options,
        (device, request): (&Device, &DeviceRequest),
        results: impl Serialize,
        text: String,
    ) -> Result<Self, BenchError> {
        let report = SectionReport {
            tool: "pixelflume",
            version: env!("CARGO_PKG_VERSION"),
            unix_time: unix_time()?,
            machine: Machine::new(device, request),
            section: options.section,
            quick: options.quick,
            results,
        };
        Findings::new(&report, text)
    }
}

/// The results of a section other than `workloads`, as `--json` writes them.
#[derive(Serialize)]
struct SectionReport<T> {
    /// Always `pixelflume`.
    tool: &'static str,
    version: &'static str,
    /// Seconds since 1970.
    unix_time: u64,
    machine: Machine,
    section: Section,
    quick: bool,
    results: T,
}
