//! The section `--cold-start`: the time from the start of a process to its first result, with an empty and with a filled kernel
//! cache of the driver.

use crate::error::{BenchError, Measured};
use crate::findings::Findings;
use crate::options::open;
use crate::spread::Spread;
use crate::table;
use crate::workload::WORKLOADS;
use crate::{frames, setup};
use pixelflume::device::DeviceRequest;
use pixelflume::pipeline::{ExecutionConfig, Image};
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The workload; one of its images is processed.
const WORKLOAD: &str = "edge-small";

/// The times of one process, in microseconds.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Start {
    /// From before the process was created until its first own instruction.
    pub(crate) process_us: f64,
    /// Loading the driver, starting it, and opening the device.
    pub(crate) device_us: f64,
    /// Loading the kernels of the pipeline; the driver compiles those that its cache lacks. Computed as the time of the first
    /// compilation of the pipeline less that of a second one.
    pub(crate) modules_us: f64,
    /// Compiling the pipeline without loading kernels: shapes, tables, memory.
    pub(crate) compile_us: f64,
    /// The first execution: one image from ordinary memory to ordinary memory.
    pub(crate) first_run_us: f64,
    /// From before the process was created until the first result.
    pub(crate) total_us: f64,
    /// A second execution, for comparison; not part of the total.
    pub(crate) second_run_us: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct ColdStart {
    pub(crate) tool: &'static str,
    pub(crate) version: &'static str,
    /// The value of `--device`.
    pub(crate) device: String,
    pub(crate) workload: &'static str,
    /// The process that found the driver's cache empty.
    pub(crate) cold: Start,
    /// Processes that found the cache as the process before them left it.
    pub(crate) warm: Vec<Start>,
}

fn since_1970() -> u64 {
    let time = SystemTime::now().duration_since(UNIX_EPOCH);
    time.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(0))
}

/// Processes one image in this process, which was started for it at `from` (nanoseconds since 1970) by [`cold_start`]; the times as JSON, to
/// be printed.
///
/// # Errors
/// The device cannot be opened, or cannot process the image.
pub fn first_result(request: &DeviceRequest, from: u64) -> Result<String, BenchError> {
    Ok(Findings::new(&start(request, from)?, String::new())?.json)
}

fn start(request: &DeviceRequest, from: u64) -> Measured<Start> {
    let us = |start: Instant| start.elapsed().as_secs_f64() * 1e6;
    let passed = |from: u64| since_1970().saturating_sub(from) as f64 / 1e3;
    let process_us = passed(from);
    let workload = WORKLOADS
        .iter()
        .find(|workload| workload.name == WORKLOAD)
        .ok_or("there is no workload for the cold start")?;

    let start = Instant::now();
    let device = open(request)?;
    let device_us = us(start);
    // The time to make the image is left out.
    let start = Instant::now();
    let image = frames::frame(workload.input, 0)?;
    let making = us(start);

    let compile = || -> Measured<_> {
        let start = Instant::now();
        let config = ExecutionConfig::default().with_max_batch(1);
        let plan = setup::pipeline(workload)?.compile(&device, &[workload.input], config)?;
        Ok((plan, us(start)))
    };
    let run = |plan: &mut pixelflume::pipeline::CompiledPipeline| -> Measured<(Image, f64)> {
        let start = Instant::now();
        let outputs = plan.run(&[&image])?;
        let name = plan
            .pipeline()
            .outputs()
            .next()
            .unwrap_or_default()
            .to_owned();
        let result = outputs.images(&name)?[0].clone();
        Ok((result, us(start)))
    };
    let (mut plan, first_compile) = compile()?;
    let (first, first_run_us) = run(&mut plan)?;
    let total_us = passed(from) - making;
    let (second, second_run_us) = run(&mut plan)?;
    if first != second {
        return Err("two runs of one image differ".into());
    }
    let (_plan, compile_us) = compile()?;
    Ok(Start {
        process_us,
        device_us,
        modules_us: (first_compile - compile_us).max(0.0),
        compile_us,
        first_run_us,
        total_us,
        second_run_us,
    })
}

/// Measures the time from the start of a process to its first result, with an empty and with a filled kernel cache of the driver.
/// `child` gives the command of a process that calls [`first_result`] with this device and this time and prints what it returns.
///
/// # Errors
/// A process cannot be started, or fails.
pub fn cold_start(
    request: &DeviceRequest,
    quick: bool,
    child: impl Fn(u64) -> Command,
) -> Result<Findings, BenchError> {
    let start = measure(request, quick, &child)?;
    Findings::new(&start, start.text())
}

fn measure(
    request: &DeviceRequest,
    quick: bool,
    child: &dyn Fn(u64) -> Command,
) -> Measured<ColdStart> {
    let cache = tempfile::tempdir()?;
    let cold = process(child, cache.path())?;
    let count = if quick { 2 } else { 7 };
    let warm = (0..count)
        .map(|_| process(child, cache.path()))
        .collect::<Measured<_>>()?;
    Ok(ColdStart {
        tool: "pixelflume",
        version: env!("CARGO_PKG_VERSION"),
        device: request.to_string(),
        workload: WORKLOAD,
        cold,
        warm,
    })
}

fn process(child: &dyn Fn(u64) -> Command, cache: &Path) -> Measured<Start> {
    let mut command = child(since_1970());
    command
        .env("CUDA_CACHE_PATH", cache)
        .env_remove("CUDA_CACHE_DISABLE")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    let output = command.output()?;
    if !output.status.success() {
        return Err(format!("the process that was started ended with {}", output.status).into());
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| Box::<dyn Error>::from(format!("what it printed cannot be read: {error}")))
}

impl ColdStart {
    pub(crate) fn text(&self) -> String {
        type Part = (&'static str, fn(&Start) -> f64);
        let parts: [Part; 7] = [
            ("process start", |start| start.process_us),
            ("driver and device", |start| start.device_us),
            ("kernel modules", |start| start.modules_us),
            ("compile", |start| start.compile_us),
            ("first run", |start| start.first_run_us),
            ("total", |start| start.total_us),
            ("(second run)", |start| start.second_run_us),
        ];
        let mut rows = vec![["ms", "cold", "warm", "p10", "p90"].map(str::to_owned)];
        for (name, of) in parts {
            let warm = Spread::new(self.warm.iter().map(of).collect());
            let ms = |us: f64| format!("{:.1}", us / 1e3);
            rows.push([
                name.to_owned(),
                ms(of(&self.cold)),
                ms(warm.median),
                ms(warm.p10),
                ms(warm.p90),
            ]);
        }
        format!(
            "first result of one image of {} in a fresh process, device {}; cold: the driver's cache is empty, warm: median \
             of {}\n{}",
            self.workload,
            self.device,
            self.warm.len(),
            table::rows(&rows)
        )
    }
}
