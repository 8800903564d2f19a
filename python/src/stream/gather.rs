//! Batches of the size that the caller has asked for, out of those of a job.

use crate::errors::Exception;
use crate::results::completion::Completion;
use crate::results::{ImageOf, Images, Results};
use crate::stream::queue::Ended;
use pixelflume::device::Stream;
use pixelflume::pipeline::DeviceTensor;
use pixelflume::runtime::{Batch, Failure, ItemError, ItemInfo, Position};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// The most passes whose failures are counted. No more are in work at a time.
const PASSES: usize = 1 << 16;

/// How batches are gathered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// The images of a batch.
    pub(super) batch: usize,
    /// Whether images come in the order of the source.
    pub(super) is_in_order: bool,
    /// Whether images that fail are left out.
    pub(super) skips: bool,
    /// The images of a pass where passes have no end: one of which all fail ends the stream, which would give nothing forever.
    pub(super) endless: Option<u64>,
    /// Whether batches stay as the job makes them, since its devices are several.
    pub(super) stays: bool,
}

/// What became of an image.
enum Outcome {
    /// An image for each output.
    Done(ItemInfo, Vec<ImageOf>),
    Failed(Failure),
    /// A batch as the job has made it.
    Batch(Gathered),
}

/// Images for one batch of the caller.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) items: Vec<ItemInfo>,
    /// The images of each item, one for each output.
    images: Vec<Vec<ImageOf>>,
    /// Images that were left out before and between them.
    pub(super) failures: Vec<Failure>,
}

/// What the caller gets next.
pub(super) enum Next {
    Batch(Gathered),
    /// The stream ends with this failure.
    Failed(Failure),
    /// There is not enough yet.
    More,
}

/// The results of a job that the caller does not have yet.
pub(super) struct Gather {
    rules: Rules,
    /// By the places in the job, or as they came.
    outcomes: BTreeMap<u64, Outcome>,
    /// The place of the next outcome.
    next: u64,
    /// Outcomes that came.
    came: u64,
    building: Gathered,
    /// What the caller has.
    position: Position,
    /// Images that were left out since the last look.
    left_out: usize,
    /// The failures of the latest passes, by their numbers, where passes have no end.
    failed: BTreeMap<u64, u64>,
    /// What the caller of an earlier stream had.
    before: Position,
}

impl Gather {
    /// Goes on behind the images that `position` has.
    pub(super) fn new(rules: Rules, position: Position) -> Self {
        Gather {
            rules,
            outcomes: BTreeMap::new(),
            next: match rules.is_in_order && !rules.stays {
                true => position.first_left(),
                false => 0,
            },
            left_out: 0,
            failed: BTreeMap::new(),
            came: 0,
            building: Gathered::default(),
            before: position.clone(),
            position,
        }
    }

    pub(super) fn position(&self) -> &Position {
        &self.position
    }

    /// The images that were left out since the last call.
    pub(super) fn take_left_out(&mut self) -> usize {
        std::mem::take(&mut self.left_out)
    }

    /// Whether images wait for others.
    pub(super) fn is_begun(&self) -> bool {
        !self.building.items.is_empty()
    }

    /// Takes a batch of the job.
    pub(super) fn add(&mut self, batch: Batch) {
        let items: Vec<ItemInfo> = batch.items().cloned().collect();
        let failures = batch.failures().to_vec();
        let tensors = batch.into_tensors().into_iter().map(Arc::new);
        let tensors: Vec<Arc<DeviceTensor>> = tensors.collect();
        let of_item = |at: usize| -> Vec<ImageOf> {
            let tensors = tensors.iter();
            tensors.map(|tensor| (Arc::clone(tensor), at)).collect()
        };
        if self.rules.stays && !items.is_empty() {
            let images = (0..items.len()).map(of_item).collect();
            let batch = Gathered {
                items,
                images,
                failures: Vec::new(),
            };
            self.put(None, Outcome::Batch(batch));
        } else {
            for (at, item) in items.into_iter().enumerate() {
                self.put(Some(item.place()), Outcome::Done(item, of_item(at)));
            }
        }
        for failure in failures {
            if self.rules.endless.is_some() {
                *self.failed.entry(failure.item.epoch).or_default() += 1;
                if self.failed.len() > PASSES {
                    self.failed.pop_first();
                }
            }
            self.put(Some(failure.item.place()), Outcome::Failed(failure));
        }
    }

    fn put(&mut self, place: Option<u64>, outcome: Outcome) {
        let is_placed = self.rules.is_in_order && !self.rules.stays;
        let key = place.filter(|_| is_placed).unwrap_or(self.came);
        self.came += 1;
        self.outcomes.insert(key, outcome);
    }

    /// What the caller gets next: what there is of a batch where it `is_late`, or the job `is_over`.
    pub(super) fn next(&mut self, is_late: bool, is_over: bool) -> Next {
        let is_placed = self.rules.is_in_order && !self.rules.stays;
        loop {
            while is_placed && self.before.has(self.next) {
                self.next += 1;
            }
            let key = match (is_placed, is_over) {
                // The places of images that the job has dropped stay empty.
                (true, true) => self.outcomes.keys().next().copied().unwrap_or(self.next),
                _ => self.next,
            };
            let begun = self.building.items.first().map(|item| item.epoch);
            match self.outcomes.get(&key) {
                None => break,
                Some(Outcome::Failed(failure)) if self.is_the_end(failure) && begun.is_some() => {
                    return self.complete();
                }
                // A batch has images of one epoch.
                Some(Outcome::Done(item, _)) if begun.is_some_and(|epoch| epoch != item.epoch) => {
                    return self.complete();
                }
                Some(_) => {}
            }
            let Some(outcome) = self.outcomes.remove(&key) else {
                break;
            };
            self.next = key + 1;
            match outcome {
                Outcome::Failed(failure) if self.is_the_end(&failure) => {
                    self.position.take(failure.item.place());
                    return Next::Failed(failure);
                }
                Outcome::Failed(failure) => {
                    self.left_out += 1;
                    self.building.failures.push(failure);
                }
                Outcome::Batch(batch) => {
                    (self.building.items, self.building.images) = (batch.items, batch.images);
                    return self.complete();
                }
                Outcome::Done(item, images) => {
                    self.building.items.push(item);
                    self.building.images.push(images);
                    if self.building.items.len() == self.rules.batch {
                        return self.complete();
                    }
                }
            }
        }
        match (is_late || is_over) && self.is_begun() {
            true => self.complete(),
            false => Next::More,
        }
    }

    /// Whether the stream ends with this failure.
    fn is_the_end(&self, failure: &Failure) -> bool {
        let is_ended = matches!(&failure.error, ItemError::Source(error) if error.is::<Ended>());
        let all = self.failed.get(&failure.item.epoch);
        !self.rules.skips || is_ended || (all.is_some() && all == self.rules.endless.as_ref())
    }

    fn complete(&mut self) -> Next {
        let batch = std::mem::take(&mut self.building);
        for item in &batch.items {
            self.position.take(item.place());
        }
        for failure in &batch.failures {
            self.position.take(failure.item.place());
        }
        Next::Batch(batch)
    }

    /// The failures behind the last batch.
    pub(super) fn take_failures(&mut self) -> Vec<Failure> {
        let failures = std::mem::take(&mut self.building.failures);
        for failure in &failures {
            self.position.take(failure.item.place());
        }
        failures
    }
}

impl Gathered {
    /// The results. Images of one shape are one tensor: that of the job where they are all of it, otherwise a copy, which is made in
    /// `stream` and is complete.
    pub(super) fn results(
        &mut self,
        names: &Arc<[String]>,
        stream: &Stream,
    ) -> Result<Results, Exception> {
        let mut images = Vec::with_capacity(names.len());
        let all = std::mem::take(&mut self.images);
        let mut is_copied = false;
        for output in 0..names.len() {
            let of_output = all.iter().filter_map(|images| images.get(output));
            images.push(joined(
                of_output.cloned().collect(),
                stream,
                &mut is_copied,
            )?);
        }
        if is_copied {
            stream.synchronize()?;
        }
        Ok(Results {
            frames: self.items.len(),
            names: Arc::clone(names),
            images,
            completion: Arc::new(Completion::new(names, Vec::new())),
        })
    }
}

/// The images of one output.
fn joined(
    images: Vec<ImageOf>,
    stream: &Stream,
    is_copied: &mut bool,
) -> Result<Images, Exception> {
    let Some((first, _)) = images.first() else {
        return Ok(Images::List(images));
    };
    let is_whole = first.layout().batch() == images.len()
        && images
            .iter()
            .enumerate()
            .all(|(at, (tensor, frame))| Arc::ptr_eq(tensor, first) && *frame == at);
    if is_whole {
        return Ok(Images::Batch(Arc::clone(first)));
    }
    let shape = first.layout().shape();
    if images
        .iter()
        .any(|(tensor, _)| tensor.layout().shape() != shape)
    {
        return Ok(Images::List(images));
    }
    let mut parts: Vec<(&DeviceTensor, Range<usize>)> = Vec::new();
    for (tensor, frame) in &images {
        match parts.last_mut() {
            Some((last, frames)) if std::ptr::eq(*last, &**tensor) && frames.end == *frame => {
                frames.end += 1;
            }
            _ => parts.push((tensor, *frame..*frame + 1)),
        }
    }
    *is_copied = true;
    let tensor = DeviceTensor::concat(&parts, stream)?;
    Ok(Images::Batch(Arc::new(tensor)))
}
