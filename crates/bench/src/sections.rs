//! The sections, and who measures each of them.

use crate::error::BenchError;
use crate::findings::Findings;
use crate::options::{JpegDecoder, Options, Section, open};
use crate::{engine, jpeg, memory, mixed, staging, submission, submit, suite};
use serde::Serialize;

/// Measures the section that the options name.
///
/// # Errors
/// An option does not fit to the section, the device cannot be opened, or a measurement fails.
pub fn measure(options: &Options) -> Result<Findings, BenchError> {
    if options.trace.is_some() && options.section != Section::Engine {
        return Err(BenchError::refused_with(
            "--trace is only for the section engine",
            "pixelflume bench engine --trace FILE.json",
        ));
    }
    if options.section != Section::Jpeg
        && (options.files.is_some() || options.decoders != [JpegDecoder::Pixelflume])
    {
        return Err(BenchError::refused_with(
            "--files and --decoder are only for the section jpeg",
            "pixelflume bench jpeg --decoder pixelflume,nvjpeg",
        ));
    }
    let request = options.devices.single()?;
    if options.section == Section::Workloads {
        return suite::run(options, request);
    }
    let device = &open(request)?;
    let quick = options.quick;
    let on = (device, request);
    match options.section {
        // Measured above.
        Section::Workloads => suite::run(options, request),
        Section::Engine => {
            let results = engine::measure(device, quick, options.trace.as_ref())?;
            let text = results.text(device);
            Findings::of_section(options, on, results, text)
        }
        Section::Memory => {
            let figures = memory::measure(device, quick)?;
            let text = memory::text(device, &figures);
            Findings::of_section(options, on, figures, text)
        }
        Section::Staging => {
            let staging = staging::measure(device, quick)?;
            let text = staging::text(device, &staging);
            Findings::of_section(options, on, staging, text)
        }
        Section::Mixed => {
            let mixed = mixed::measure(device, quick)?;
            let text = mixed::text(device, &mixed);
            Findings::of_section(options, on, mixed, text)
        }
        Section::MixedLong => {
            let long = mixed::long::measure(device, quick)?;
            let text = mixed::long::text(device, &long);
            Findings::of_section(options, on, long, text)
        }
        Section::Jpeg => {
            let jpeg = jpeg::measure(options, device)?;
            let text = jpeg::text(device, &jpeg);
            Findings::of_section(options, on, jpeg, text)
        }
        Section::Submission => {
            let chains = submission::measure(device, quick)?;
            let submits = submit::measure(device, quick)?;
            let mut text = submission::text(device, &chains);
            text.push('\n');
            text.push_str(&submit::text(device, &submits));
            Findings::of_section(options, on, Submission { chains, submits }, text)
        }
    }
}

/// The results of the section `submission`.
#[derive(Serialize)]
struct Submission {
    chains: Vec<submission::Chain>,
    submits: Vec<submit::Submit>,
}
