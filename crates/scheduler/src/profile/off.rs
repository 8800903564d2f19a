//! The seam without the feature: nothing.

use crate::state::RunState;
use crate::{RunPath, Schedule, Step};

#[derive(Debug, Default)]
pub(crate) struct Profile {}

/// As the seam's own span it is dropped where the span ends; it has no `Drop`, and so costs nothing.
#[must_use]
pub(crate) struct Span;

pub(crate) struct Times;

#[expect(
    clippy::unused_self,
    reason = "the same signatures as with the feature"
)]
impl Profile {
    #[inline(always)]
    pub(crate) fn span(&self, _: &'static str, _: u64) -> Span {
        Span
    }

    #[inline(always)]
    pub(crate) fn task(&self, _: &Schedule, _: &Step, _: u64) -> Span {
        Span
    }

    #[inline(always)]
    pub(crate) fn path(&self, _: RunPath, _: RunPath, _: u64) {}

    #[inline(always)]
    pub(crate) fn finished(&self, _: &RunState, _: u64) {}
}

impl Times {
    #[inline(always)]
    pub(crate) fn new(_: usize) -> Self {
        Times
    }

    #[inline(always)]
    pub(crate) fn reset(&self) {}

    #[inline(always)]
    pub(crate) fn started(&self, _: u32) {}

    #[inline(always)]
    pub(crate) fn finished(&self, _: u32) {}
}
