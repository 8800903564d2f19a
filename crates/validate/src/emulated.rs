//! The suite without a GPU: kernels are computed on the CPU from their PTX.

use crate::USAGE;
use crate::args::Args;
use crate::check::Check;
use pixelflume::device::Device;
use pixelflume_cuda_driver::testing::{Fake, FakeConfig};
use std::process::ExitCode;

/// Memory of the emulated device in bytes.
const MEMORY: u64 = 4 << 30;

/// An emulated device.
pub(crate) fn device() -> anyhow::Result<(Device, &'static Fake)> {
    let (driver, fake) = pixelflume_emulator::emulated(FakeConfig {
        memory: MEMORY,
        ..FakeConfig::default()
    });
    Ok((Device::cuda_on(driver.driver(), 0)?, fake))
}

/// Runs checks on an emulated device. What a kernel does that it must not fails the run too.
pub(crate) fn run(args: &Args, checks: &[&Check]) -> ExitCode {
    let outcome = device().and_then(|(cuda, fake)| {
        let code = crate::validate(args, checks, cuda)?;
        Ok((code, fake.violations()))
    });
    match outcome {
        Ok((code, violations)) if violations.is_empty() => code,
        Ok((_, violations)) => {
            for violation in violations {
                eprintln!("error: {violation}");
            }
            ExitCode::from(1)
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(USAGE)
        }
    }
}
