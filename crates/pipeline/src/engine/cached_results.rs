//! The results of a cache of engines.

use super::{BatchResult, Engine};
use crate::error::PipelineError;
use crossbeam::channel::Receiver;
use crossbeam::sync::WaitGroup;
use pixelflume_device::ProcessBound;
use std::fmt;
use std::sync::Arc;

/// A batch whose results are to be taken.
pub(super) struct Submitted<T> {
    pub(super) tag: T,
    pub(super) engine: Arc<Engine>,
    /// The count of this batch among those whose results are not taken, until this is dropped.
    pub(super) outstanding: ProcessBound<WaitGroup>,
}

/// The results of an [`EngineCache`](super::EngineCache), in the order of submission.
pub struct CachedResults<T> {
    pub(super) batches: ProcessBound<Receiver<Submitted<T>>>,
}

impl<T> CachedResults<T> {
    /// The results of the next batch, as soon as they are complete; waits for them, also where nothing was submitted yet.
    /// `None` when the cache is dropped and every batch was taken, and in a child that was forked since.
    #[expect(
        clippy::should_implement_trait,
        reason = "a result holds back the drain of its engine: none may be collected"
    )]
    pub fn next(&mut self) -> Option<CachedResult<T>> {
        if ProcessBound::is_inherited(&self.batches) {
            return None;
        }
        let Submitted {
            tag,
            engine,
            outstanding,
        } = self.batches.recv().ok()?;
        Some(CachedResult {
            tag,
            result: engine.next(),
            stopped: engine.stopped(),
            _outstanding: outstanding,
        })
    }
}

impl<T> fmt::Debug for CachedResults<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CachedResults({} outstanding)", self.batches.len())
    }
}

/// The results of a batch of an [`EngineCache`](super::EngineCache), or its failure. The engine of the batch is not drained before this value
/// is dropped.
#[derive(Debug)]
pub struct CachedResult<T> {
    /// The tag that the batch was submitted with.
    pub tag: T,
    /// The results, or the failure of the batch; `None` where the engine was closed before.
    pub result: Option<BatchResult>,
    /// The error that stopped the engine, where it has stopped.
    pub stopped: Option<Arc<PipelineError>>,
    _outstanding: ProcessBound<WaitGroup>,
}
