//! The tasks of a job, and what they work on: items and batches.

use crate::copies::CopyCharge;
use crate::error::{Failure, ItemError};
use crate::item::{Bytes, Content, ItemInfo};
use crate::made::Made;
use crate::results::{Batch, Memory};
use crate::trace::Piece;
use pixelflume_codec::Need;
use pixelflume_device::DeviceId;
use pixelflume_device::sync::Mutex;
use pixelflume_ops::ImageShape;
use pixelflume_pipeline::engine::FrameImage;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// A task of the rings: its descriptor, which has all that it needs.
#[derive(Debug)]
pub(crate) enum Task {
    /// Does nothing. Its transient memory is what an item brought along: it is held until that is used up.
    Brought,
    /// Does nothing. Its transient memory is what the item takes in its batch beside its tasks, until the batch is computed: its results,
    /// in case they are copied, and what the CPU decodes files in that are for the device. Of an item that has the rings for itself it is
    /// all.
    Counted,
    /// Reads the file for an input. Its transient memory is the file's bytes, and what its decoder takes beside the pixels.
    Read(Arc<ItemState>, usize),
    /// Decodes the image of an input. Its transient memory is the pixels.
    Decode(Arc<ItemState>, usize),
    /// Executes the pipeline.
    Run(Arc<BatchState>),
    /// Gives results to the caller, or to the sink.
    Deliver(Arc<BatchState>),
}

/// The image for one input, on its way to a batch.
#[derive(Debug)]
pub(crate) enum Slot {
    /// As the source gave it.
    Given(Content),
    /// A file to be read, and then to be decoded; or to be decoded by the device.
    File {
        path: Arc<Path>,
        length: u64,
        need: Need,
        by_device: bool,
    },
    /// A file that is much longer than its image needs, decoded without reading it whole.
    Long { path: Arc<Path>, need: Need },
    /// A file in memory, to be decoded.
    Encoded { bytes: Bytes, need: Need },
    /// An image that a function of the source makes.
    ToMake(Made),
    /// A file in memory that the device decodes. `need` is what it takes where the CPU has to.
    ForDevice { bytes: Bytes, need: Need },
    /// A decoded image.
    Ready(FrameImage),
    /// It was used up, or failed.
    Taken,
}

impl Slot {
    pub(crate) fn take(&mut self) -> Slot {
        std::mem::replace(self, Slot::Taken)
    }
}

/// What an input of an item takes, and the tasks for it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum InputNeed {
    /// It is read, and then decoded.
    ReadDecode { reading: u64, pixels: u64 },
    /// It is read for the device.
    Read { bytes: u64 },
    /// It is decoded without being read before.
    Decode { bytes: u64 },
    /// It is in memory, as the batch needs it.
    Nothing,
}

impl InputNeed {
    /// The bytes of its tasks.
    pub(crate) fn parts(&self) -> [u64; 2] {
        match *self {
            InputNeed::ReadDecode { reading, pixels } => [reading, pixels],
            InputNeed::Read { bytes } | InputNeed::Decode { bytes } => [bytes, 0],
            InputNeed::Nothing => [0, 0],
        }
    }
}

/// What the headers of an item say.
#[derive(Debug)]
pub(crate) struct Looked {
    pub(crate) shapes: Vec<ImageShape>,
    pub(crate) needs: Vec<InputNeed>,
    /// Bytes of its results in ordinary memory.
    pub(crate) results: u64,
    /// Bytes that decoding takes of those of its files that are for a device, where the CPU has to.
    pub(crate) decoding: u64,
    /// Whether it takes so much that it has the rings for itself.
    pub(crate) is_alone: bool,
    /// Whether all its images are on a device, or will be.
    pub(crate) is_on_device: bool,
    /// The device on which the item has to be processed; `None` for any.
    pub(crate) device: Option<DeviceId>,
}

/// An item on its way.
#[derive(Debug)]
pub(crate) struct ItemState {
    pub(crate) info: Arc<ItemInfo>,
    /// Bytes that it brought along.
    pub(crate) bytes: u64,
    pub(crate) slots: Mutex<Vec<Slot>>,
    pub(crate) looked: OnceLock<Result<Looked, ItemError>>,
    /// The first failure of reading and decoding.
    pub(crate) failed: OnceLock<ItemError>,
}

impl ItemState {
    pub(crate) fn failure(&self, error: ItemError) -> Failure {
        Failure {
            item: Arc::clone(&self.info),
            error,
        }
    }
}

/// A batch: the items, and what came of them.
#[derive(Debug)]
pub(crate) struct BatchState {
    pub(crate) number: u64,
    pub(crate) epoch: u64,
    /// Whether it is as large as such a batch can be.
    pub(crate) is_full: bool,
    pub(crate) device: Option<DeviceId>,
    /// Bytes in which the CPU may decode its files where the device does not.
    pub(crate) decoding: u64,
    /// The items, until their images are given to the device.
    pub(crate) items: Mutex<Vec<Arc<ItemState>>>,
    /// What is ready.
    pub(crate) outcome: Mutex<Outcome>,
}

/// The results and the failures of a batch.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) parts: Vec<Batch>,
    pub(crate) failures: Vec<Failure>,
    /// Counts what came with the failures, where no results bound it.
    pub(crate) attached: Option<CopyCharge>,
    /// The time in the trace until they are taken.
    pub(crate) waiting: Option<Piece>,
}

impl BatchState {
    /// A batch of items that have failed.
    pub(crate) fn failed(number: u64, epoch: u64, failures: Vec<Failure>) -> Self {
        let batch = BatchState::new(number, epoch, None, false, 0, Vec::new());
        batch.outcome.lock().failures = failures;
        batch
    }

    pub(crate) fn new(
        number: u64,
        epoch: u64,
        device: Option<DeviceId>,
        is_full: bool,
        decoding: u64,
        items: Vec<Arc<ItemState>>,
    ) -> Self {
        BatchState {
            number,
            epoch,
            is_full,
            device,
            decoding,
            items: Mutex::new(items),
            outcome: Mutex::default(),
        }
    }

    pub(crate) fn fail(&self, failures: impl IntoIterator<Item = Failure>) {
        self.outcome.lock().failures.extend(failures);
    }

    /// The results, and the failures with the first of them. At least one part.
    pub(crate) fn take(&self) -> Vec<Batch> {
        let Outcome {
            mut parts,
            mut failures,
            attached,
            waiting,
        } = std::mem::take(&mut *self.outcome.lock());
        drop(waiting);
        if parts.is_empty() {
            parts.push(Batch {
                number: self.number,
                epoch: self.epoch,
                items: Vec::new(),
                failures: Vec::new(),
                memory: Memory::None,
                copied: attached,
                credit: None,
            });
        }
        failures.sort_by_key(|failure| failure.item.sequence);
        parts[0].failures = failures;
        parts
    }
}
