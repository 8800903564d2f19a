//! Times on the host: a span for `tracing`, a range for NVTX, and an event for a trace.

use tracing::span::EnteredSpan;

use super::clock::now;
use super::nvtx;
use super::trace::{Name, Trace};

/// A span of time on the host, from its creation to its drop, on one thread. Spans of a thread end in the reverse of
/// their order.
#[must_use]
pub(crate) struct Span {
    /// The open parts; `None` for a span without listeners, so that its drop is a comparison with
    /// null.
    _open: Option<Box<Open>>,
}

struct Open {
    _entered: EnteredSpan,
    traced: Option<(Trace, Name, u64, u64)>,
}

impl Span {
    /// A span without listeners, which does nothing.
    pub(super) const NONE: Self = Span { _open: None };

    /// Makes a span; in NVTX its text is `kind` and then the name.
    pub(super) fn new(
        entered: EnteredSpan,
        kind: &str,
        name: &str,
        traced: Option<(Trace, Name)>,
        batch: u64,
    ) -> Self {
        nvtx::push(kind, name);
        let open = Open {
            _entered: entered,
            traced: traced.map(|(trace, name)| (trace, name, batch, now())),
        };
        Span {
            _open: Some(Box::new(open)),
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some((trace, name, batch, start)) = self.traced.take() {
            trace.add_host(name, start, now(), batch);
        }
        nvtx::pop();
    }
}
