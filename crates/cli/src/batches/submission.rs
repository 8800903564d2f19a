//! Gives batches of images to their engines, and results to the threads that write.

use super::{Decoded, Delivery, Pending};
use crate::engines::{Engines, engine_text};
use crate::failure::full_text;
use crate::pixels::Pixels;
use crate::threads::{self, ThreadError};
use pixelflume::pipeline::engine::{
    CacheError, CachedResults, EngineCache, EngineSource, FrameError, FrameImage,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::Scope;

/// A batch could not be run.
#[derive(Debug)]
pub(super) struct BatchError {
    /// The reason, for each image of the batch.
    pub(super) text: String,
    /// Whether no later batch can be run either.
    pub(super) fatal: bool,
    /// Whether there is not enough memory for this number of images.
    pub(super) shortage: bool,
}

impl BatchError {
    fn new(error: &CacheError) -> Self {
        let text = match error {
            CacheError::Engine(error) => engine_text(error),
            error => full_text(error),
        };
        BatchError {
            text,
            fatal: error.is_fatal(),
            shortage: error.is_shortage(),
        }
    }
}

/// The engines of a run, and a thread that takes their results in the order of submission.
pub(super) struct Submission<'env, 'a> {
    source: &'env Engines,
    engines: EngineCache<'env, Engines, Vec<Pending<'a>>>,
    first_index: u64,
}

/// An image that its engine refuses, and the reason.
pub(super) type Refused<'a> = (Pending<'a>, String);

impl<'env, 'a> Submission<'env, 'a> {
    /// Starts without an engine. Results go to `delivery`, by a thread of `scope` that ends when this value is finished or
    /// dropped.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(super) fn new<'scope>(
        scope: &'scope Scope<'scope, '_>,
        engines: &'env Engines,
        delivery: Delivery<'env, 'a>,
    ) -> Result<Self, ThreadError>
    where
        'env: 'scope,
        'a: 'scope,
    {
        let source = engines;
        let first_index = source.effective().first_index;
        let (engines, results) = EngineCache::new(source);
        threads::start(scope, "take results", move || {
            take_results(results, &delivery)
        })?;
        Ok(Submission {
            source,
            engines,
            first_index,
        })
    }

    /// Gives images that can share a batch, at least one, to their engine; waits for room there. `full` says that the batch is as
    /// large as such a batch can be, so that more are to be expected. Returns the images that the engine refuses; the others go
    /// on without them.
    ///
    /// # Errors
    /// The images come back with the reason, unless no later batch can be run either. A batch that fails later goes to the
    /// delivery.
    pub(super) fn submit(
        &mut self,
        group: Vec<Decoded<'a>>,
        full: bool,
    ) -> Result<Vec<Refused<'a>>, (Vec<Decoded<'a>>, BatchError)> {
        let shapes = group.first().map_or_else(Vec::new, Decoded::shapes);
        let bytes = group.iter().map(|decoded| match decoded.is_on_device() {
            true => 0,
            false => self.source.batching(&decoded.shapes()).frame_bytes,
        });
        let bytes = bytes.fold(0, usize::saturating_add);
        let begun = match group.first().is_some_and(Decoded::is_on_device) {
            true => self
                .engines
                .begin_tensors(&shapes, group.len(), bytes, full),
            false => self.engines.begin_mixed(&shapes, group.len(), bytes, full),
        };
        let mut batch = match begun {
            Ok(batch) => batch,
            Err(error) => return Err((group, BatchError::new(&error))),
        };
        let (mut pending, mut refused) = (Vec::with_capacity(group.len()), Vec::new());
        let mut failed = None;
        for mut decoded in group {
            let shapes = decoded.shapes();
            let images = decoded.images.drain(..).filter_map(|pixels| match pixels {
                Pixels::Ready(image) => Some(image),
                // The files of a batch were decoded before.
                Pixels::File(..) => None,
            });
            let images: Vec<FrameImage> = images.collect();
            let Decoded { index, permit, .. } = decoded;
            let image = Pending {
                index,
                shapes,
                permit,
            };
            // The number of the image, whatever batch it is in.
            let index = self.first_index.wrapping_add(image.index as u64);
            let frame = batch.writer().frames();
            let numbered = batch.writer().set_index(frame, index);
            match numbered.and_then(|()| batch.push_frame(images)) {
                Ok(()) => pending.push(image),
                Err(error @ FrameError::Memory(_)) => {
                    failed = Some(error);
                    pending.push(image);
                }
                Err(error) => refused.push((image, full_text(&error))),
            }
        }
        if pending.is_empty() {
            return Ok(refused);
        }
        let submitted = match failed {
            None => batch.submit(pending),
            Some(error) => batch.fail(error, pending),
        };
        match submitted {
            Ok(_) => Ok(refused),
            Err(error) => Err((Vec::new(), BatchError::new(&error.into()))),
        }
    }

    /// Has the CPU decode all files from here on, so that engines have the memory that decoding takes on the device.
    pub(super) fn leave_device(&self) {
        self.source.decoder().leave_device();
    }

    /// Waits until all results are taken.
    pub(super) fn finish(self) {
        self.engines.finish();
    }
}

/// Takes the results of batches in the order of their submission.
fn take_results<'a>(mut results: CachedResults<Vec<Pending<'a>>>, to: &Delivery<'_, 'a>) {
    loop {
        // The submitting thread waits for this one, which must not end before.
        let take = || {
            let Some(batch) = results.next() else {
                return false;
            };
            to.deliver(batch.tag, batch.result, batch.stopped.as_deref());
            true
        };
        match catch_unwind(AssertUnwindSafe(take)) {
            Ok(true) => {}
            Ok(false) => return,
            Err(_) => to.give_up("the thread that takes results broke down"),
        }
    }
}
