//! Where results go.

use crate::error::{BoxError, Failure};
use crate::item::ItemInfo;
use crate::results::Output;
use std::sync::Arc;

/// The destination of results, called by many threads of the job at once. A closure `Fn(&ItemInfo, &[Output]) -> Result` is one.
pub trait Sink: Send + Sync {
    /// Takes the results of an item: one image of each output, in the order of the pipeline. The memory is the job's, for the time of
    /// the call.
    ///
    /// # Errors
    /// The results cannot be taken: the item fails with this error, and the job goes on.
    fn write(&self, item: &ItemInfo, results: &[Output<'_>]) -> Result<(), BoxError>;

    /// Learns that an item has no results, or that [`Sink::write`] failed or panicked. Does nothing by default.
    fn failed(&self, failure: &Failure) {
        let _ = failure;
    }
}

impl<F> Sink for F
where
    F: Fn(&ItemInfo, &[Output<'_>]) -> Result<(), BoxError> + Send + Sync,
{
    fn write(&self, item: &ItemInfo, results: &[Output<'_>]) -> Result<(), BoxError> {
        self(item, results)
    }
}

impl<S: Sink + ?Sized> Sink for Arc<S> {
    fn write(&self, item: &ItemInfo, results: &[Output<'_>]) -> Result<(), BoxError> {
        (**self).write(item, results)
    }

    fn failed(&self, failure: &Failure) {
        (**self).failed(failure);
    }
}

/// The most failures that a report lists.
pub(crate) const LISTED: usize = 1000;

/// What became of the items of a job whose results went to a sink.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// Items whose results the sink took.
    pub written: u64,
    /// Items without results, or whose results the sink refused.
    pub failed: u64,
    /// The first 1000 of these, as they failed; [`Sink::failed`] learns of all.
    pub failures: Vec<Failure>,
}
