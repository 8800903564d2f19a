//! Gives batches of images to the engines of their shapes, and results to the threads that write.

use super::{Decoded, Delivery, Pending};
use crate::engines::{Engines, engine_text};
use crate::failure::full_text;
use crate::threads::{self, ThreadError};
use pixelflume::pipeline::Image;
use pixelflume::pipeline::engine::{CacheError, CachedResults, EngineCache};
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
    engines: EngineCache<'env, Engines, Vec<Pending<'a>>>,
}

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
        let (engines, results) = EngineCache::new(engines);
        threads::start(scope, "take results", move || {
            take_results(results, &delivery)
        })?;
        Ok(Submission { engines })
    }

    /// Gives images of equal shapes, at least one, to their engine; waits for room there. `full` says that the batch is as
    /// large as a batch of these shapes can be, so that more are to be expected.
    ///
    /// # Errors
    /// The images come back with the reason, unless no later batch can be run either. A batch that fails later goes to the
    /// delivery.
    pub(super) fn submit(
        &mut self,
        group: Vec<Decoded<'a>>,
        full: bool,
    ) -> Result<(), (Vec<Decoded<'a>>, BatchError)> {
        let shapes = group.first().map_or_else(Vec::new, Decoded::shapes);
        let mut batch = match self.engines.begin(&shapes, group.len(), full) {
            Ok(batch) => batch,
            Err(error) => return Err((group, BatchError::new(&error))),
        };
        let filled = group.iter().try_for_each(|decoded| {
            let images: Vec<&Image> = decoded.images.iter().collect();
            batch.push(&images)
        });
        let pending = group.into_iter().map(Pending::from).collect();
        let submitted = match filled {
            Ok(()) => batch.submit(pending),
            Err(error) => batch.fail(error, pending),
        };
        match submitted {
            Ok(_) => Ok(()),
            Err(error) => Err((Vec::new(), BatchError::new(&error.into()))),
        }
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
