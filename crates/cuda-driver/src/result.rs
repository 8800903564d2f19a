//! The result code of a driver call.

mod codes;

use std::fmt;

use codes::{TABLE, find};

/// The result of a driver call: a `CUresult`, kept as the plain number.
///
/// Not an enum: a newer driver may return codes that this crate has never heard of, and a Rust enum that receives one is
/// undefined behavior. The known codes are constants of this type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
#[must_use = "a driver call may have failed"]
pub struct CuResult(u32);

impl CuResult {
    /// A result with this code.
    pub const fn new(code: u32) -> Self {
        Self(code)
    }

    /// The code as a number.
    #[must_use]
    pub const fn code(self) -> u32 {
        self.0
    }

    /// Whether the call succeeded.
    #[must_use]
    pub const fn is_ok(self) -> bool {
        self.0 == 0
    }

    /// Success as `Ok`, everything else as the error. [`NOT_READY`](Self::NOT_READY), the answer of a query to work that
    /// is still running, is an error here: test for it first.
    ///
    /// # Errors
    /// The result itself where it is not success.
    pub const fn ok(self) -> Result<(), Self> {
        if self.is_ok() { Ok(()) } else { Err(self) }
    }

    /// The name in `cuda.h`; see [`error_name`].
    #[must_use]
    pub fn name(self) -> &'static str {
        error_name(self.0)
    }

    /// The meaning of the code in a few words; see [`error_meaning`].
    #[must_use]
    pub fn meaning(self) -> &'static str {
        error_meaning(self.0)
    }

    /// Whether the context is lost; see [`is_sticky`].
    #[must_use]
    pub const fn is_sticky(self) -> bool {
        is_sticky(self.0)
    }
}

impl fmt::Debug for CuResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name(), self.0)
    }
}

impl fmt::Display for CuResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.name(), self.0, self.meaning())
    }
}

impl std::error::Error for CuResult {}

/// The name of a result code in `cuda.h`, for all codes up to CUDA 13.3. A code that is newer, or none, is
/// `"CUDA_ERROR_(unlisted)"`; say its number beside it. Needs no driver.
#[must_use]
pub fn error_name(code: u32) -> &'static str {
    find(code).map_or("CUDA_ERROR_(unlisted)", |entry| entry.name)
}

/// The meaning of a result code in a few words, for the codes that [`error_name`] knows.
#[must_use]
pub fn error_meaning(code: u32) -> &'static str {
    find(code).map_or(
        "a code that this version does not list; see the driver's release notes",
        |entry| entry.meaning,
    )
}

/// The codes that [`error_name`] knows, in ascending order.
#[must_use]
pub fn known_codes() -> impl ExactSizeIterator<Item = u32> {
    TABLE.iter().map(|entry| entry.code)
}

/// Whether this code means that the context is lost: every later call in it fails with the same code, and only a new
/// process (or, for some, a new primary context) gets the device back.
///
/// They are 226 (contained exception), 700 (illegal address), 702 (launch timeout), 710 (device assert), 714 to 719
/// (exceptions in a kernel), 721 (tensor memory leak), 810 (MPS client ended), and 911 (external device). 811 and others
/// of the same ranges leave the context usable.
#[must_use]
pub const fn is_sticky(code: u32) -> bool {
    matches!(code, 226 | 700 | 702 | 710 | 714..=719 | 721 | 810 | 911)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_names() {
        for (code, name) in [
            (0, "CUDA_SUCCESS"),
            (2, "CUDA_ERROR_OUT_OF_MEMORY"),
            (36, "CUDA_ERROR_CALL_REQUIRES_NEWER_DRIVER"),
            (303, "CUDA_ERROR_SHARED_OBJECT_INIT_FAILED"),
            (700, "CUDA_ERROR_ILLEGAL_ADDRESS"),
            (719, "CUDA_ERROR_LAUNCH_FAILED"),
            (906, "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT"),
            (917, "CUDA_ERROR_STREAM_DETACHED"),
            (999, "CUDA_ERROR_UNKNOWN"),
        ] {
            assert_eq!(error_name(code), name);
        }
        assert_eq!(error_name(9), "CUDA_ERROR_(unlisted)");
        assert_eq!(error_name(u32::MAX), "CUDA_ERROR_(unlisted)");
    }

    #[test]
    fn the_table_ascends_and_its_names_are_unique() {
        let codes: Vec<u32> = known_codes().collect();
        assert!(codes.windows(2).all(|pair| pair[0] < pair[1]));
        let mut names: Vec<&str> = codes.iter().map(|&code| error_name(code)).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn exactly_the_codes_that_lose_the_context_are_sticky() {
        let sticky: Vec<u32> = (0..2000).filter(|&code| is_sticky(code)).collect();
        assert_eq!(
            sticky,
            [
                226, 700, 702, 710, 714, 715, 716, 717, 718, 719, 721, 810, 911
            ]
        );
        assert!(
            sticky
                .iter()
                .all(|code| known_codes().any(|known| known == *code))
        );
    }

    #[test]
    fn results_say_name_number_and_meaning() {
        assert_eq!(CuResult::SUCCESS.ok(), Ok(()));
        assert_eq!(CuResult::NOT_READY.ok(), Err(CuResult::new(600)));
        let text = CuResult::ILLEGAL_ADDRESS.to_string();
        assert_eq!(
            text,
            "CUDA_ERROR_ILLEGAL_ADDRESS (700): a kernel read or wrote an invalid address"
        );
        assert_eq!(
            format!("{:?}", CuResult::new(4242)),
            "CUDA_ERROR_(unlisted) (4242)"
        );
    }
}
