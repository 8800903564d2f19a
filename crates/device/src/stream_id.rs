//! The identity of a stream.

use std::sync::atomic::{AtomicU64, Ordering};

/// The identity of a stream in the process, which is never reused. Two streams with one identity are one queue: what is put
/// into one after the other is executed in this order.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct StreamId(u64);

impl StreamId {
    /// An identity that no stream has had.
    pub(crate) fn fresh() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        StreamId(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn number(self) -> u64 {
        self.0
    }
}
