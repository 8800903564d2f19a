//! NVTX ranges and marks, which Nsight Systems shows above the kernels. Without the feature `nvtx`, whose crate needs a C
//! compiler, the functions do nothing.
#![cfg_attr(
    not(feature = "nvtx"),
    expect(unused_variables, reason = "the arguments are for NVTX alone")
)]

use std::fmt;

/// Whether the functions below do anything.
pub(super) const IS_BUILT_IN: bool = cfg!(feature = "nvtx");

/// Begins a range on this thread. Ranges of a thread nest: [`pop`] ends the one that began last.
pub(super) fn push(kind: &str, name: &str) {
    #[cfg(feature = "nvtx")]
    {
        // NVTX takes texts that end with a zero byte, and its binding panics where one is inside.
        let name = name.replace('\0', "\u{fffd}");
        ::nvtx::range_push!("{kind}{name}");
    }
}

/// Ends the range of this thread that began last.
pub(super) fn pop() {
    #[cfg(feature = "nvtx")]
    ::nvtx::range_pop!();
}

/// Marks a point in time.
pub(super) fn mark(text: impl fmt::Display) {
    #[cfg(feature = "nvtx")]
    ::nvtx::mark!("{text}");
}
