//! The check `driver-faults`: every driver function that is called fails in turn. Each time there must be an error that names
//! the failure, no leak and no hang, and the next run is right or the device is reported lost.

mod batches;
mod parts;
mod runs;

use crate::check::Context;
use anyhow::{bail, ensure};
use pixelflume::prelude::*;
use pixelflume_cuda_driver::testing::{Failure, Fault, Scenario, Sweep, TestDriver, Trial, When};
use pixelflume_cuda_driver::{Driver, Function};
use std::path::PathBuf;

/// Creates a scenario on a device of this driver, with the example pipelines of a folder.
type Make = Box<dyn Fn(&'static Driver) -> Box<dyn Scenario> + Send + Sync>;

/// A smaller loss of free memory at the end is no leak: the driver keeps some memory for itself.
const KEPT: usize = 64 << 20;

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let driver = TestDriver::over(crate::emulated::driver()?);
    // A simulated loss leaves its memory pool to the real driver, which has room for some hundred pools: failing more calls of
    // each function would be too many for one process.
    let most = if context.quick { 1 } else { 3 };
    let sweep = Sweep {
        driver,
        fake: None,
        most,
    };
    let free = || context.cuda.free_memory();
    // The short form has two of the scenarios: the single parts, and a replayed runner.
    let step = if context.quick { 5 } else { 1 };
    let some = || {
        let all = scenarios(context.device, &context.pipelines).into_iter();
        all.step_by(step).collect()
    };
    let mut line = through_all(sweep, &some, &free)?;
    line.push_str(&reached(driver, context)?);
    Ok(line)
}

/// Runs every scenario under every fault: first the faults that must leave nothing behind, with a check of the free
/// memory, then the others.
fn through_all(
    sweep: Sweep,
    scenarios: &dyn Fn() -> Vec<(String, Make)>,
    free: &dyn Fn() -> Option<usize>,
) -> anyhow::Result<String> {
    let (mut count, mut wrong) = (0, Vec::new());
    let mut put = |chosen: fn(&Trial) -> bool| {
        for (name, make) in scenarios() {
            let (tried, found) = sweep.run(chosen, make);
            count += tried;
            let hangs = found.iter().any(|line| line.ends_with("hangs"));
            wrong.extend(found.into_iter().map(|line| format!("{name}: {line}")));
            if hangs {
                // The hanging thread still exists and would disturb the next scenarios.
                break;
            }
        }
    };
    let leaves_nothing = |trial: &Trial| !trial.may_leave() && !trial.loses();
    // In its first run the driver allocates memory for itself.
    put(|_| false);
    let before = free();
    put(leaves_nothing);
    let after = free();
    put(|trial| (trial.may_leave() || trial.loses()) && !is_endless(trial));
    let shown: Vec<_> = wrong.iter().take(20).cloned().collect();
    ensure!(
        wrong.is_empty(),
        "{} of {count} faults went wrong:\n{}",
        wrong.len(),
        shown.join("\n")
    );
    if let (Some(before), Some(after)) = (before, after) {
        let lost = before.saturating_sub(after);
        ensure!(
            lost < KEPT,
            "{lost} bytes of device memory did not come back"
        );
    }
    Ok(format!(
        "{count} faults in runners, engines, memory, streams and graphs: an error or the right result each, nothing left"
    ))
}

/// Whether a trial may leave a capture open. A real driver could then refuse calls of others, so these trials are left to the
/// tests with the fake driver.
fn is_endless(trial: &Trial) -> bool {
    let refused = matches!(trial.fault, Fault::Refused(_));
    refused && trial.when == When::Always && trial.function == Function::cuStreamEndCapture
}

fn scenarios(device: usize, pipelines: &std::path::Path) -> Vec<(String, Make)> {
    let mut all: Vec<(String, Make)> = Vec::new();
    for allocator in AllocatorMode::ALL {
        all.push((
            format!("parts, {allocator}"),
            parts::make(device, allocator),
        ));
        for execution in [ExecutionMode::Direct, ExecutionMode::Replay] {
            let make = runs::make(device, pipelines.to_owned(), allocator, execution);
            all.push((format!("runner, {allocator}, {execution:?}"), make));
        }
    }
    for execution in [ExecutionMode::Direct, ExecutionMode::Replay] {
        let make = batches::make(device, pipelines.to_owned(), execution);
        all.push((format!("engine, {execution:?}"), make));
    }
    all
}

/// Checks that the scenarios call all driver functions that the project calls.
fn reached(driver: TestDriver, context: &Context) -> anyhow::Result<String> {
    let faults = driver.faults();
    faults.forget_calls();
    for (name, make) in scenarios(context.device, &context.pipelines) {
        if let Err(failure) = make(driver.driver()).run() {
            bail!("{name}, without a fault: {}", failure.text);
        }
    }
    let called = |function: &Function| faults.calls(*function) > 0;
    let all = Function::ALL.iter().copied();
    let (reached, missed): (Vec<Function>, Vec<Function>) = all.partition(called);
    let missed: Vec<_> = missed.iter().map(|function| function.name()).collect();
    ensure!(missed.is_empty(), "never called: {}", missed.join(" "));
    Ok(format!(
        "; {} functions of the driver failed",
        reached.len()
    ))
}

/// Converts an error of the libraries.
fn failure(error: &(dyn std::error::Error + 'static)) -> Failure {
    let fatal = match error.downcast_ref::<PipelineError>() {
        Some(error) => error.is_fatal(),
        None => false,
    };
    let mut failure = Failure::new(error, fatal);
    // Errors of single parts have no `is_fatal`; their text tells.
    failure.fatal |= failure.text.contains("is lost");
    failure
}

fn frame(width: u32, height: u32, seed: u8) -> Result<Image, Failure> {
    let image = Image::from_fn(width, height, 3, |x, y, c| {
        ((x * 7 + y * 13) as u8)
            .wrapping_mul(c as u8 + 1)
            .wrapping_add(seed)
    });
    image.map_err(|error| failure(&error))
}

fn edges(pipelines: &std::path::Path) -> Result<Pipeline, Failure> {
    Pipeline::from_file(pipelines.join("edges.toml")).map_err(|error| failure(&error))
}

/// The folder of the example pipelines, and the ordinal of the device.
struct Place {
    driver: &'static Driver,
    number: usize,
    pipelines: PathBuf,
    device: Option<Device>,
}

impl Place {
    fn device(&mut self) -> Result<Device, Failure> {
        if self.device.is_none() {
            let device = Device::cuda_on(self.driver, self.number);
            self.device = Some(device.map_err(|error| failure(&error))?);
        }
        self.device
            .clone()
            .ok_or_else(|| unreachable!("it was put there"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pixelflume_cuda_driver::testing::FakeConfig;

    /// Runs the scenarios on the fake driver, where kernels do nothing.
    #[test]
    fn the_check_passes_on_a_driver_without_a_gpu() {
        let (driver, fake) = TestDriver::fake(FakeConfig::default());
        let context = Context::of_hosts();
        let sweep = Sweep {
            driver,
            fake: Some(fake),
            most: 1,
        };
        // Two scenarios are enough to see that the check works.
        let some = || {
            let all = scenarios(0, &context.pipelines).into_iter();
            all.step_by(5).collect()
        };
        let line = through_all(sweep, &some, &|| None);
        line.unwrap_or_else(|error| panic!("{error:#}"));
        fake.reset();
        reached(driver, &context).unwrap_or_else(|error| panic!("{error:#}"));
    }
}
