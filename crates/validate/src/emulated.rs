//! The suite without a GPU: kernels are computed on the CPU from their PTX.

use crate::args::Args;
use crate::check::Check;
use crate::suite::{self, USAGE};
use pixelflume::device::Device;
use pixelflume_cuda_driver::testing::{Fake, FakeConfig};
use pixelflume_cuda_driver::{Driver, ProbeError, probe};
use std::process::ExitCode;
use std::sync::OnceLock;

/// Memory of the emulated device in bytes.
const MEMORY: u64 = 4 << 30;

/// The driver of the emulated device, where the suite runs on one.
static DRIVER: OnceLock<&'static Driver> = OnceLock::new();

/// The driver that the suite runs on: the emulated one, or the system's.
pub(crate) fn driver() -> Result<&'static Driver, ProbeError> {
    DRIVER.get().map_or_else(probe, |driver| Ok(driver))
}

/// An emulated device, on a driver of its own.
fn device() -> anyhow::Result<(Device, &'static Driver, &'static Fake)> {
    let (driver, fake) = pixelflume_emulator::emulated(FakeConfig {
        memory: MEMORY,
        ..FakeConfig::default()
    });
    let driver = driver.driver();
    Ok((Device::cuda_on(driver, 0)?, driver, fake))
}

/// Runs checks on an emulated device. What a kernel does that it must not fails the run too.
pub(crate) fn run(args: &Args, checks: &[&Check]) -> ExitCode {
    let outcome = device().and_then(|(cuda, driver, fake)| {
        DRIVER.get_or_init(|| driver);
        let code = suite::run(args, checks, cuda)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Context;
    use crate::checks::CHECKS;

    /// Runs one in some of a check's cases.
    fn passes(name: &str, one_in: u64) {
        let (cuda, _, fake) = device().expect("it has a device");
        let context = Context {
            cuda,
            one_in,
            ..Context::of_hosts()
        };
        let check = CHECKS.iter().find(|check| check.name == name);
        let check = check.unwrap_or_else(|| panic!("no check {name}"));
        if let Err(error) = (check.run)(&context) {
            panic!("{error:#}");
        }
        assert!(fake.launches() > 0);
        assert_eq!(fake.violations(), Vec::<String>::new());
    }

    /// Tests of single checks, so that they run side by side.
    macro_rules! tests {
        ($($test:ident: $name:literal, one in $one_in:literal;)+) => {
            $(
                #[test]
                fn $test() {
                    passes($name, $one_in);
                }
            )+
        };
    }

    tests! {
        operators: "operators", one in 1;
        chains_of_samples: "samples", one in 3;
        chains_of_stencils: "stencils", one in 10;
        chains: "fused", one in 1;
        mixed_batches: "mixed", one in 1;
        random_pipelines: "random", one in 5;
        graphs: "graphs", one in 5;
        parameters: "parameters", one in 5;
        jpeg_files: "jpeg", one in 1;
    }
}
