//! The sections, and who measures each of them.

use crate::error::{BenchError, Measured};
use crate::findings::Findings;
use crate::options::{JpegDecoder, Options, Section, open, open_all, single};
use crate::{engine, jobs, jpeg, memory, mixed, staging, submission, submit, suite};
use pixelflume::device::{Device, DeviceList, DeviceRequest};
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
    let quick = options.quick;
    match options.section {
        Section::Workloads => suite::run(options, single(&options.devices)?),
        Section::Jobs => {
            let devices = open_all(&options.devices)?;
            let jobs = jobs::measure(&devices, quick)?;
            let text = jobs::text(&jobs);
            let request = match &options.devices {
                DeviceList::Listed(listed) => listed[0],
                DeviceList::AllCuda => DeviceRequest::Cuda(0),
            };
            Findings::of_section(options, (&devices[0], &request), jobs, text)
        }
        Section::Engine => on_device(options, |device| {
            let results = engine::measure(device, quick, options.trace.as_ref())?;
            let text = results.text(device);
            Ok((results, text))
        }),
        Section::Memory => on_device(options, |device| {
            let figures = memory::measure(device, quick)?;
            let text = memory::text(device, &figures);
            Ok((figures, text))
        }),
        Section::Staging => on_device(options, |device| {
            let staging = staging::measure(device, quick)?;
            let text = staging::text(device, &staging);
            Ok((staging, text))
        }),
        Section::Mixed => on_device(options, |device| {
            let mixed = mixed::measure(device, quick)?;
            let text = mixed::text(device, &mixed);
            Ok((mixed, text))
        }),
        Section::MixedLong => on_device(options, |device| {
            let long = mixed::long::measure(device, quick)?;
            let text = mixed::long::text(device, &long);
            Ok((long, text))
        }),
        Section::Jpeg => on_device(options, |device| {
            let jpeg = jpeg::measure(options, device)?;
            let text = jpeg::text(device, &jpeg);
            Ok((jpeg, text))
        }),
        Section::Submission => on_device(options, |device| {
            let chains = submission::measure(device, quick)?;
            let submits = submit::measure(device, quick)?;
            let mut text = submission::text(device, &chains);
            text.push('\n');
            text.push_str(&submit::text(device, &submits));
            Ok((Submission { chains, submits }, text))
        }),
    }
}

/// Opens the one device of the options and measures there. `measure` gives results and table.
fn on_device<T: Serialize>(
    options: &Options,
    measure: impl FnOnce(&Device) -> Measured<(T, String)>,
) -> Result<Findings, BenchError> {
    let request = single(&options.devices)?;
    let device = open(request)?;
    let (results, text) = measure(&device)?;
    Findings::of_section(options, (&device, request), results, text)
}

/// The results of the section `submission`.
#[derive(Serialize)]
struct Submission {
    chains: Vec<submission::Chain>,
    submits: Vec<submit::Submit>,
}
