//! Conversions that all functions of the fake driver share: pointers to values and back.

#![expect(unsafe_code, reason = "writes results where the caller wants them")]

use std::ffi::c_void;

use super::state::{CallResult, Handle};
use crate::result::CuResult;

/// The code of a call without a result.
pub(super) fn code(outcome: CallResult<()>) -> CuResult {
    outcome.err().unwrap_or(CuResult::SUCCESS)
}

/// Writes the result of a call to the caller's place; writes nothing where the call failed.
///
/// # Safety
/// `place` is null, or valid for a write.
pub(super) unsafe fn give<T>(place: *mut T, outcome: CallResult<T>) -> CuResult {
    match outcome {
        Err(code) => code,
        Ok(_) if place.is_null() => CuResult::INVALID_VALUE,
        Ok(value) => {
            // SAFETY: promised by the caller, and not null.
            unsafe { place.write(value) };
            CuResult::SUCCESS
        }
    }
}

/// The handle of a number, as callers of the driver have it.
pub(super) fn raw(handle: Handle) -> *mut c_void {
    std::ptr::without_provenance_mut(handle as usize)
}

/// The number of a handle.
pub(super) fn number(raw: *mut c_void) -> Handle {
    raw.addr() as Handle
}
