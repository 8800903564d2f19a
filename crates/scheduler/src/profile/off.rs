//! The seam without the feature: nothing.

use std::marker::PhantomData;

use pixelflume_device::{Device, DeviceError, GraphExec, Stream};
use pixelflume_graph::NodeId;

use crate::state::RunState;
use crate::{RunPath, Schedule, Step};

#[derive(Debug, Default)]
pub(crate) struct Profile {}

/// As the seam's own span it is dropped where the span ends; it has no `Drop`, and so costs nothing.
#[must_use]
pub(crate) struct Span;

pub(crate) struct Times;

#[derive(Default)]
pub(crate) struct Timers {}

#[derive(Copy, Clone)]
pub(crate) struct Stamps<'a>(PhantomData<&'a ()>);

#[derive(Default)]
pub(crate) struct Timed {}

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
    pub(crate) fn begin(&mut self, _: &Device, _: &Schedule, _: &mut Timers) {}

    #[inline(always)]
    pub(crate) fn stamps<'a>(&self, _: &'a Timers) -> Stamps<'a> {
        Stamps::NONE
    }

    #[inline(always)]
    pub(crate) fn path(&mut self, _: RunPath, _: RunPath, _: u64) {}

    #[inline(always)]
    pub(crate) fn finished(&mut self, _: &RunState, _: &Timers, _: &Stream, _: u64) {}
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

impl Stamps<'_> {
    pub(crate) const NONE: Self = Stamps(PhantomData);

    #[inline(always)]
    pub(crate) fn begin(self, _: &Stream, _: NodeId) {}

    #[inline(always)]
    pub(crate) fn end(self, _: &Stream, _: NodeId) {}
}

impl Timed {
    #[inline(always)]
    pub(crate) fn sample(
        &mut self,
        _: &Profile,
        _: &Timers,
        _: impl FnOnce(Stamps<'_>) -> Result<GraphExec, DeviceError>,
    ) -> Option<&GraphExec> {
        None
    }
}
