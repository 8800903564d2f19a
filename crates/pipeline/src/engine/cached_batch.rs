//! A batch of a cache of engines that is being filled.

use super::cached_results::Submitted;
use super::{BatchId, BatchWriter, Engine, FrameError, FrameImage, SubmitError};
use crossbeam::channel::Sender;
use crossbeam::sync::WaitGroup;
use pixelflume_device::ProcessBound;
use pixelflume_ops::image::owned::Image;
use std::fmt;
use std::sync::Arc;

/// A batch of an [`EngineCache`](super::EngineCache) that is being filled.
#[must_use = "dropping it abandons the batch"]
pub struct CachedBatch<'a, T> {
    pub(super) writer: BatchWriter,
    pub(super) engine: &'a Arc<Engine>,
    pub(super) is_single: bool,
    /// The counter of batches of the engine whose results are not taken.
    pub(super) outstanding: &'a ProcessBound<WaitGroup>,
    pub(super) submitted: &'a Sender<Submitted<T>>,
}

impl<T> CachedBatch<'_, T> {
    /// Adds a frame: one image for each input, in the order of the pipeline.
    ///
    /// # Errors
    /// The same as for [`BatchWriter::push_inputs`]. The batch goes on without the frame.
    pub fn push(&mut self, images: &[&Image]) -> Result<(), FrameError> {
        self.writer.push_inputs(images)
    }

    /// Adds a frame of images in ordinary memory or on the device.
    ///
    /// # Errors
    /// The same as for [`BatchWriter::push_frame`]. The batch goes on without the frame.
    pub fn push_frame(&mut self, images: Vec<FrameImage>) -> Result<(), FrameError> {
        self.writer.push_frame(images)
    }

    /// The writer, for frames that are written in place.
    pub fn writer(&mut self) -> &mut BatchWriter {
        &mut self.writer
    }

    /// Whether the engine was made for a single batch: it has memory for one result, so that its next batch waits until this one's is
    /// dropped.
    pub fn is_single(&self) -> bool {
        self.is_single
    }

    /// Submits the batch; `tag` comes with its results.
    ///
    /// # Errors
    /// The same as for [`BatchWriter::submit`]; the tag is dropped.
    pub fn submit(self, tag: T) -> Result<BatchId, SubmitError> {
        self.sent(tag, BatchWriter::submit)
    }

    /// Submits the batch as a failed one; `tag` comes with the failure.
    ///
    /// # Errors
    /// The same as for [`BatchWriter::fail`]; the tag is dropped.
    pub fn fail(self, reason: impl fmt::Display, tag: T) -> Result<BatchId, SubmitError> {
        self.sent(tag, |writer| writer.fail(reason))
    }

    fn sent(
        self,
        tag: T,
        send: impl FnOnce(BatchWriter) -> Result<BatchId, SubmitError>,
    ) -> Result<BatchId, SubmitError> {
        let id = send(self.writer)?;
        let batch = Submitted {
            tag,
            engine: Arc::clone(self.engine),
            outstanding: ProcessBound::new(WaitGroup::clone(self.outstanding)),
        };
        // Without a consumer the results stay in the engine, which drops them when it is drained.
        let _ = self.submitted.send(batch);
        Ok(id)
    }
}

impl<T> fmt::Debug for CachedBatch<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.writer.fmt(f)
    }
}
