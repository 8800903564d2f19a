//! Starting CUDA: the driver, its version, its devices.
#![expect(unsafe_code, reason = "calls the driver")]

use crate::Unavailable;
use cust::CudaFlags;
use pixelflume_cuda_driver::{CuResult, DriverVersion, ProbeError, ffi, probe};
use std::sync::OnceLock;

/// The kernels' PTX is of CUDA 12.0's compiler, which older drivers refuse.
const NEEDED_DRIVER: DriverVersion = DriverVersion::new(12, 0);

/// Starts CUDA once and tells the version of the driver, or why it cannot be had.
pub(super) fn start() -> Result<(u32, u32), Unavailable> {
    static STARTED: OnceLock<Result<(u32, u32), Unavailable>> = OnceLock::new();
    STARTED.get_or_init(start_now).clone()
}

fn start_now() -> Result<(u32, u32), Unavailable> {
    let driver = probe().map_err(|error| Unavailable::NoDriver {
        detail: match error {
            // The loader's own words; the rest is said by `Unavailable`.
            ProbeError::NotFound { reason, .. } => reason,
            other => other.to_string(),
        },
    })?;
    let version = driver
        .driver_version()
        .map_err(|result| start_failed("cuDriverGetVersion", result))?;
    if version < NEEDED_DRIVER {
        return Err(Unavailable::DriverTooOld {
            found: pair(version),
            needed: pair(NEEDED_DRIVER),
        });
    }
    // The first initialisation is ours, because its result may be one that cust's enum does not know; repeating it is free.
    // SAFETY: cuInit has no preconditions.
    match unsafe { ffi::cuInit(0) } {
        result if result.is_ok() => {}
        result if result == CuResult::NO_DEVICE => return Err(Unavailable::NoDevice),
        result => return Err(start_failed("cuInit", result)),
    }
    cust::init(CudaFlags::empty())
        .map_err(|_| start_failed("cuInit", CuResult::SHARED_OBJECT_INIT_FAILED))?;
    if let [missing @ .., last] = driver.missing()
        && !missing.is_empty()
    {
        tracing::debug!(
            "the driver lacks {} old functions, such as {last}",
            missing.len() + 1
        );
    }
    Ok(pair(version))
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

/// How many devices there are.
pub(crate) fn count() -> Result<usize, Unavailable> {
    start()?;
    let mut count = 0;
    // SAFETY: `count` is a valid place for the result, and CUDA was started.
    let result = unsafe { ffi::cuDeviceGetCount(&mut count) };
    result
        .ok()
        .map_err(|result| start_failed("cuDeviceGetCount", result))?;
    match usize::try_from(count) {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(Unavailable::NoDevice),
    }
}
