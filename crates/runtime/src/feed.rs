//! The thread that reads the source.

use crate::error::{BoxError, ItemError, JobError};
use crate::guard::drop_guarded;
use crate::item::{Item, ItemInfo};
use crate::made::Attached;
use crate::position::Position;
use crate::shared::Core;
use crate::shuffle::Passes;
use crate::source::{Dataset, Source};
use crate::task::{ItemState, Slot};
use pixelflume_device::sync::Mutex;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

/// The items of a job, in its order.
pub(crate) enum Feed {
    Dataset {
        dataset: Box<dyn Dataset>,
        len: u64,
        epochs: u64,
        passes: Passes,
        first: Numbers,
    },
    Stream {
        source: Box<dyn Source>,
        first: Numbers,
    },
}

/// The numbers of the first item, from which the others are counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Numbers {
    pub(crate) index: u64,
    pub(crate) epoch: u64,
}

/// What is known of an item beside what the source gives.
struct Place {
    sequence: u64,
    epoch: u64,
    index: u64,
}

impl Feed {
    /// The item in this place of the whole job; `None` behind the last one. A stream is read in order.
    fn read(&mut self, shared: &Core, sequence: u64) -> Option<(Place, Result<Item, BoxError>)> {
        match self {
            Feed::Dataset {
                dataset,
                len,
                epochs,
                passes,
                first,
            } => {
                let epoch = sequence.checked_div(*len).filter(|epoch| epoch < epochs)?;
                let epoch = first.epoch.wrapping_add(epoch);
                let index = passes.index(epoch, sequence % *len, &|| !shared.is_canceled());
                let Some(index) = index else {
                    if !shared.is_canceled() {
                        shared.fail(JobError::ShuffleMemory { epoch });
                    }
                    return None;
                };
                let item = catch_unwind(AssertUnwindSafe(|| dataset.get(index)));
                let item = item.unwrap_or_else(|_| Err("the data set panicked".into()));
                let place = Place {
                    sequence,
                    epoch,
                    index: first.index.wrapping_add(index),
                };
                Some((place, item))
            }
            Feed::Stream { source, first } => {
                let place = Place {
                    sequence,
                    epoch: first.epoch,
                    index: first.index.wrapping_add(sequence),
                };
                Some((place, source.next_item()?))
            }
        }
    }

    /// The first place that is worth reading. What a stream gives before is read and dropped.
    fn first(&self, taken: &Position) -> u64 {
        match self {
            Feed::Dataset { .. } => taken.next,
            Feed::Stream { .. } => 0,
        }
    }
}

/// Reads items until there are none, or nothing more is wanted.
pub(crate) fn read_source(shared: &Core, mut feed: Feed, taken: &Position) {
    let mut sequence = feed.first(taken);
    // No place has the largest number, so that the one behind an item always has one.
    while sequence < u64::MAX && shared.ahead.wait_for_room() {
        if taken.has(sequence) && matches!(feed, Feed::Dataset { .. }) {
            sequence += 1;
            continue;
        }
        let read = catch_unwind(AssertUnwindSafe(|| feed.read(shared, sequence)));
        let Ok(read) = read else {
            let mut board = shared.board.lock();
            board.error.get_or_insert(JobError::SourcePanicked);
            break;
        };
        let Some((place, item)) = read else { break };
        sequence += 1;
        if taken.has(place.sequence) {
            continue;
        }
        if !put(shared, &place, item) {
            break;
        }
    }
    // Its end may be code of the caller, too.
    drop_guarded("the source of a job", feed);
    shared.ahead.complete();
    shared.read();
}

/// Has the headers of an item read. `false` where nothing more is wanted.
fn put(shared: &Core, place: &Place, item: Result<Item, BoxError>) -> bool {
    let state = Arc::new(state_of(shared, place, item));
    if !shared.ahead.wait_for_bytes(state.bytes) {
        return false;
    }
    shared.ahead.push(Arc::clone(&state));
    shared.look(state);
    true
}

/// The item, or one that has failed already.
fn state_of(shared: &Core, place: &Place, item: Result<Item, BoxError>) -> ItemState {
    let limit = shared.bounds.item;
    let (name, attached, given) = match item {
        Ok(Item {
            name,
            inputs,
            attached,
        }) => (name, attached, Ok(inputs)),
        Err(error) => {
            let name = format!("#{}", place.index);
            (name.into(), None, Err(ItemError::Source(Arc::from(error))))
        }
    };
    let along = attached.as_ref().map_or(0, Attached::bytes);
    // What is more than an item may have cannot wait with the failure either.
    let kept = if along <= limit { along } else { 0 };
    let attached = attached.filter(|_| along <= limit);
    let given = given.and_then(|inputs| {
        let (expected, got) = (shared.pipeline.inputs().len(), inputs.len());
        if expected != got {
            return Err(ItemError::InputCount { expected, got });
        }
        let bytes = inputs.iter().map(|content| content.bytes());
        // The memory is the caller's.
        let sum = AssertUnwindSafe(|| bytes.fold(along, u64::saturating_add));
        let bytes = catch_unwind(sum);
        let bytes = bytes.map_err(|_| ItemError::Panicked("the memory of the item"))?;
        match bytes <= limit {
            true => Ok((bytes, inputs)),
            false => Err(ItemError::TooLarge { bytes, limit }),
        }
    });
    let looked = OnceLock::new();
    let (bytes, inputs) = given.unwrap_or_else(|error| {
        let _ = looked.set(Err(error));
        (kept, Vec::new())
    });
    ItemState {
        info: Arc::new(ItemInfo {
            index: place.index,
            epoch: place.epoch,
            name,
            sequence: place.sequence,
            shapes: OnceLock::new(),
            attached,
        }),
        bytes,
        slots: Mutex::new(inputs.into_iter().map(Slot::Given).collect()),
        looked,
        failed: OnceLock::new(),
    }
}
