//! The errors of a job, and of single items.

use crate::item::ItemInfo;
use pixelflume_codec::DecodeError;
use pixelflume_graph::text::Shown;
use pixelflume_pipeline::engine::{BatchFailure, CacheError, FrameError, SettingError};
use std::error::Error;
use std::sync::Arc;
use thiserror::Error;

/// An error of a caller's source or sink.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// The reason why an item has no result. Other items are not affected.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum ItemError {
    /// The source could not give the item.
    #[error("the source could not give it: {0}")]
    Source(Arc<dyn Error + Send + Sync>),
    /// The item has not one image for each input of the pipeline.
    #[error("it has {got} image(s), and the pipeline has {expected} input(s)")]
    InputCount {
        /// Inputs of the pipeline.
        expected: usize,
        /// Images of the item.
        got: usize,
    },
    /// A file cannot be read or decoded.
    #[error("input \"{}\": {source}", Shown(input))]
    Decode {
        /// Name of the input.
        input: String,
        /// The reason.
        source: Arc<DecodeError>,
    },
    /// A file is another one than when its header was read.
    #[error("input \"{}\": the file changed while it was read", Shown(input))]
    Changed {
        /// Name of the input.
        input: String,
    },
    /// The caller does not want items of these shapes ([`JobBuilder::accept`](crate::JobBuilder::accept)).
    #[error("{0}")]
    Refused(Arc<dyn Error + Send + Sync>),
    /// The item takes more memory than one item may take.
    #[error(
        "it takes {bytes} bytes of memory, and one item may take {limit}; raise `host_memory` or `item_memory` if the source is to be trusted"
    )]
    TooLarge {
        /// Bytes that its images take, encoded and decoded, with the memory of the decoder.
        bytes: u64,
        /// The most bytes of an item.
        limit: u64,
    },
    /// The system refuses memory.
    #[error("there is no memory for {bytes} bytes of {what}")]
    NoMemory {
        /// What it was for.
        what: &'static str,
        /// Bytes that were asked for.
        bytes: u64,
    },
    /// The image does not fit into the batches of the pipeline.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The pipeline takes no images like these, or there is not enough memory for one of them.
    #[error(transparent)]
    Engine(Arc<CacheError>),
    /// The batch of the item failed on the device.
    #[error(transparent)]
    Batch(Arc<BatchFailure>),
    /// No device is left.
    #[error("no device is left: {0}")]
    Stopped(Arc<str>),
    /// Code that was called for the item panicked.
    #[error("{0} panicked")]
    Panicked(&'static str),
    /// The sink refused the results.
    #[error("its results could not be written: {0}")]
    Sink(Arc<dyn Error + Send + Sync>),
    /// The job was canceled.
    #[error("the job was canceled")]
    Canceled,
}

/// An item without a result.
#[derive(Clone, Debug, Error)]
#[error("{}: {error}", Shown(&item.name))]
pub struct Failure {
    /// The item.
    pub item: Arc<ItemInfo>,
    /// The reason.
    #[source]
    pub error: ItemError,
}

impl Failure {
    /// The failure without what the source attached to its item, which may be large.
    pub(crate) fn without_attached(self) -> Self {
        let Failure { item, error } = self;
        let item = match item.attached.is_some() {
            false => item,
            true => Arc::new(ItemInfo {
                attached: None,
                ..(*item).clone()
            }),
        };
        Failure { item, error }
    }
}

/// A job was not started.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// A setting of the engines or of the environment is out of range.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// A setting of the job is out of range.
    #[error("{name} is {value}: it must be {rule}")]
    Refused {
        /// The method of the builder.
        name: &'static str,
        /// Its value.
        value: u64,
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// A job needs a device.
    #[error("the list of devices is empty; give at least one")]
    NoDevice,
    /// A stream has no passes and no order of its own to be shuffled.
    #[error("a stream cannot be shuffled or read twice: give a `Dataset` to `start`")]
    NotADataset,
    /// The position is not one of this source with these settings.
    #[error("the position cannot be resumed: {0}")]
    Position(String),
    /// The operating system could not start a thread.
    #[error("a thread of the job could not be started: {0}")]
    Thread(#[from] std::io::Error),
}

/// A job cannot go on.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum JobError {
    /// No device is left: all of them were lost.
    #[error("no device is left: {0}")]
    Stopped(Arc<str>),
    /// The source panicked. Items that it gave before have their results.
    #[error("the source panicked: it gives no more items")]
    SourcePanicked,
    /// A thread of the job panicked: in code of the caller that it called (the drop of an error, say), or by a mistake of this crate.
    #[error("the thread \"{0}\" of the job panicked")]
    Panicked(&'static str),
    /// The job's own bookkeeping has no room for an item.
    #[error("the task rings of the job refused a batch: {0}")]
    Refused(Arc<str>),
    /// There is no memory for the order of a shuffled epoch.
    #[error(
        "there is no memory for the order of epoch {epoch}, 4 bytes for each window of the shuffle and for each item of a window: choose another window"
    )]
    ShuffleMemory {
        /// The epoch.
        epoch: u64,
    },
    /// A source or a sink asked for results on the thread of the job that called it, which would wait for itself.
    #[error("a thread of the job cannot wait for its results: take them on a thread of the caller")]
    OwnThread,
    /// The results go to the sink of another call of [`Job::for_each`](crate::Job::for_each).
    #[error("the results go to the sink of another call of `for_each`, which is not over")]
    SinkTaken,
    /// The calling thread holds results, and the threads that wait for the next batch hold all that the job may have out, so that they
    /// would wait for each other. With [`Order::Kept`](crate::Order::Kept) two batches of each device can be held.
    #[error(
        "this thread holds {batches} batches, all that the job may have out, and would wait for itself: drop some, or call `detach` where another thread drops them"
    )]
    Held {
        /// The number of batches that the thread holds.
        batches: usize,
    },
    /// The results are tensors on a device, and sinks write from ordinary memory.
    #[error(
        "the engines leave results on the device, and sinks write from ordinary memory: turn `device_outputs` off"
    )]
    DeviceOutputs,
}
