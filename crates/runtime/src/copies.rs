//! Counts what nobody has taken yet and no engine has memory for: results that were copied out of the memory of their engine, and what the source attached
//! to items that failed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of all copies. What is added here was counted in the rings with its item before, until its batch is computed.
#[derive(Debug, Default)]
pub(crate) struct Copies(AtomicU64);

/// Bytes of one batch, or of a part of it, until they are taken.
#[derive(Debug)]
pub(crate) struct CopyCharge {
    copies: Arc<Copies>,
    bytes: u64,
}

impl Copies {
    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts results that are about to be copied, or what came with failed items.
    pub(crate) fn charge(self: &Arc<Self>, bytes: u64) -> CopyCharge {
        self.0.fetch_add(bytes, Ordering::Relaxed);
        CopyCharge {
            copies: Arc::clone(self),
            bytes,
        }
    }
}

impl Drop for CopyCharge {
    fn drop(&mut self) {
        self.copies.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
