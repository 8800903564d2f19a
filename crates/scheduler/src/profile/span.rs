//! Times on the host: a span for `tracing`, a range for NVTX, and an event for a trace.

use std::borrow::Cow;

use tracing::span::EnteredSpan;

use super::clock::now;
use super::trace::{Name, Trace};

/// A time on the host, from its making to its end, on one thread. Spans of a thread end in the reverse of their order.
#[must_use]
pub(crate) struct Span {
    _entered: EnteredSpan,
    traced: Option<(Trace, Name, u64, u64)>,
}

impl Span {
    /// `kind` comes before the name in NVTX.
    pub(super) fn new(
        entered: EnteredSpan,
        kind: &str,
        name: &str,
        traced: Option<(Trace, Name)>,
        batch: u64,
    ) -> Self {
        nvtx::range_push!("{kind}{}", without_nul(name));
        Span {
            _entered: entered,
            traced: traced.map(|(trace, name)| (trace, name, batch, now())),
        }
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        if let Some((trace, name, batch, start)) = self.traced.take() {
            trace.add_host(name, start, now(), batch);
        }
        nvtx::range_pop!();
    }
}

/// NVTX takes texts that end with a zero byte, and its binding panics where one is inside.
fn without_nul(text: &str) -> Cow<'_, str> {
    match text.contains('\0') {
        true => text.replace('\0', "\u{fffd}").into(),
        false => text.into(),
    }
}
