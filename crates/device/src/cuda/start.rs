//! Starts CUDA: the driver, its version, its devices.
#![expect(unsafe_code, reason = "calls the driver")]

use crate::error::Unavailable;
use crate::process::ProcessStamp;
use pixelflume_cuda_driver::{CuResult, Driver, DriverVersion, ProbeError, probe};
use std::sync::atomic::{AtomicU32, Ordering};

/// The oldest CUDA version of a driver that reads the committed PTX, which CUDA 12.0's compiler
/// made.
const NEEDED_DRIVER: DriverVersion = DriverVersion::new(12, 0);

/// The system's driver, or the reason why it is not available.
pub(super) fn system_driver() -> Result<&'static Driver, Unavailable> {
    probe().map_err(|error| match error {
        // Said in the same words as of an old driver that has all functions.
        ProbeError::Incomplete {
            version: Some(version),
            ..
        } if version < NEEDED_DRIVER => too_old(version),
        other => Unavailable::NoDriver {
            detail: other.to_string(),
        },
    })
}

/// One more than the number of the process that started CUDA; 0 where none did. CUDA is started for a process, not for a
/// device, so this is the state of no device.
static STARTED_IN: AtomicU32 = AtomicU32::new(0);

fn was_started_in_a_parent() -> bool {
    match STARTED_IN.load(Ordering::Relaxed) {
        0 => false,
        started => started != ProcessStamp::current().number() + 1,
    }
}

/// Starts CUDA and returns the version of the driver, or the reason why CUDA is not available. A second start costs
/// next to nothing.
///
/// In a process that was forked after its parent had started CUDA, nothing is called.
pub(super) fn start(driver: &Driver) -> Result<(u32, u32), Unavailable> {
    if was_started_in_a_parent() {
        return Err(Unavailable::Forked);
    }
    let version = driver
        .version()
        .map_err(|result| start_failed("cuDriverGetVersion", result))?;
    if version < NEEDED_DRIVER {
        return Err(too_old(version));
    }
    // SAFETY: cuInit has no preconditions.
    match unsafe { driver.cuInit(0) } {
        result if result.is_ok() => {
            STARTED_IN.store(ProcessStamp::current().number() + 1, Ordering::Relaxed);
            Ok(pair(version))
        }
        // Where another library of the parent had started CUDA, only the driver knows.
        result if result == CuResult::NOT_INITIALIZED => Err(Unavailable::Forked),
        result if result == CuResult::NO_DEVICE => Err(Unavailable::NoDevice),
        result => Err(start_failed("cuInit", result)),
    }
}

fn too_old(found: DriverVersion) -> Unavailable {
    Unavailable::DriverTooOld {
        found: pair(found),
        needed: pair(NEEDED_DRIVER),
    }
}

fn pair(version: DriverVersion) -> (u32, u32) {
    (
        version.major().unsigned_abs(),
        version.minor().unsigned_abs(),
    )
}

pub(super) fn start_failed(call: &'static str, result: CuResult) -> Unavailable {
    Unavailable::StartFailed {
        call,
        code: result.code(),
        name: result.name(),
    }
}

/// Number of devices of the system's driver.
pub(crate) fn count() -> Result<usize, Unavailable> {
    count_on(system_driver()?)
}

/// Starts CUDA, and returns the number of devices of a driver.
pub(crate) fn count_on(driver: &Driver) -> Result<usize, Unavailable> {
    start(driver)?;
    count_of(driver)
}

/// Number of devices of a started driver.
pub(super) fn count_of(driver: &Driver) -> Result<usize, Unavailable> {
    let mut count = 0;
    // SAFETY: `count` is a valid place for the result, and CUDA was started.
    let result = unsafe { driver.cuDeviceGetCount(&mut count) };
    result
        .ok()
        .map_err(|result| start_failed("cuDeviceGetCount", result))?;
    match usize::try_from(count) {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(Unavailable::NoDevice),
    }
}
