//! What the functions of the fake driver share: they turn pointers into values and back, and leave the rest to the state.

#![expect(unsafe_code, reason = "writes results where the caller wants them")]

use std::ffi::c_void;

use super::state::{CallResult, Handle};
use crate::result::CuResult;

/// The code of a call without a result.
pub(super) fn code(outcome: CallResult<()>) -> CuResult {
    outcome.err().unwrap_or(CuResult::SUCCESS)
}

/// Writes the result of a call where the caller wants it; where the call failed nothing is written.
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

/// A handle as the driver's callers have it.
pub(super) fn raw(handle: Handle) -> *mut c_void {
    std::ptr::without_provenance_mut(handle as usize)
}

/// The number of a handle.
pub(super) fn number(raw: *mut c_void) -> Handle {
    raw.addr() as Handle
}
