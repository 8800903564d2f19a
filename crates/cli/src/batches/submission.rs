//! The engines of images: one for each set of shapes, a few at a time.
//!
//! A lane is an engine for some shapes. One thread takes the results of all lanes, in the order in which their batches were
//! submitted. Before a lane too many is opened, the one that was used least recently is drained: its results are taken, and
//! its memory is given back.

use crate::batches::{Decoded, Delivery, Pending};
use crate::engines::{Engines, begin_batch, engine_text, is_fatal, is_shortage};
use crate::failure::full_text;
use crate::threads::{self, ThreadError};
use crossbeam::channel::{self, Receiver, Sender};
use crossbeam::sync::WaitGroup;
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::engine::EngineError;
use pixelflume::pipeline::{Engine, Image};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::Scope;

/// Most lanes at one time: photographs of two formats in two orientations.
const MAX_LANES: usize = 4;

/// Bytes of all lanes beyond which no further one is opened, unless it is alone.
const MAX_LANE_BYTES: usize = 512 << 20;

/// A batch could not be run.
#[derive(Debug)]
pub(crate) struct BatchError {
    /// Why, for each image of the batch.
    pub(crate) text: String,
    /// No later batch can be run either.
    pub(crate) fatal: bool,
    /// There is no memory for so many images.
    pub(crate) shortage: bool,
}

/// The lanes of a run; the one that was used last is the last.
pub(crate) struct Lanes<'env, 'a> {
    engines: &'env Engines,
    submitted: Sender<Submitted<'a>>,
    open: Vec<Lane>,
}

struct Lane {
    shapes: Vec<ImageShape>,
    /// Most frames of a batch.
    frames: usize,
    engine: Arc<Engine>,
    /// Waits for the batches whose results are not taken.
    outstanding: WaitGroup,
}

/// A batch whose results are to be taken.
struct Submitted<'a> {
    batch: Vec<Pending<'a>>,
    engine: Arc<Engine>,
    /// Dropped when they are taken.
    outstanding: WaitGroup,
}

impl<'env, 'a> Lanes<'env, 'a> {
    /// No lane yet. Results go to `delivery`, by a thread of `scope` that ends when the lanes are finished or dropped.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn new<'scope>(
        scope: &'scope Scope<'scope, '_>,
        engines: &'env Engines,
        delivery: Delivery<'env, 'a>,
    ) -> Result<Self, ThreadError>
    where
        'env: 'scope,
        'a: 'scope,
    {
        let (submitted, batches) = channel::unbounded();
        threads::start(scope, "take results", move || {
            take_results(&batches, &delivery)
        })?;
        Ok(Lanes {
            engines,
            submitted,
            open: Vec::new(),
        })
    }

    /// Gives images of equal shapes, at least one, to their lane; waits for room there. `full` says that it is a whole
    /// batch, so that more are to be expected.
    ///
    /// # Errors
    /// The images come back with the reason. What goes wrong later comes to the delivery.
    pub(crate) fn submit(
        &mut self,
        group: Vec<Decoded<'a>>,
        full: bool,
    ) -> Result<(), (Vec<Decoded<'a>>, BatchError)> {
        let shapes = group.first().map_or_else(Vec::new, Decoded::shapes);
        let lane = match self.lane(shapes, group.len(), full) {
            Ok(lane) => lane,
            Err(error) => {
                let text = engine_text(&error);
                let error = BatchError {
                    text,
                    fatal: is_fatal(&error),
                    shortage: is_shortage(&error),
                };
                return Err((group, error));
            }
        };
        let over = |error| BatchError {
            text: full_text(&error),
            fatal: true,
            shortage: false,
        };
        let mut writer = match begin_batch(&lane.engine) {
            Ok(writer) => writer,
            Err(error) => return Err((group, over(error))),
        };
        let filled = group.iter().try_for_each(|decoded| {
            let images: Vec<&Image> = decoded.images.iter().collect();
            writer.push_inputs(&images)
        });
        let submitted = match filled {
            Ok(()) => writer.submit(),
            Err(error) => writer.fail(error),
        };
        match submitted {
            Ok(_) => {
                let batch = Submitted {
                    batch: group.into_iter().map(Pending::from).collect(),
                    engine: Arc::clone(&lane.engine),
                    outstanding: lane.outstanding.clone(),
                };
                // The thread that takes results is there as long as this sender.
                let _ = self.submitted.send(batch);
                Ok(())
            }
            Err(error) => Err((group, over(error))),
        }
    }

    /// The lane of these shapes with room for so many frames in a batch. A lane for a batch that is not full is as small as
    /// that; where another batch of the shapes does not fit, and for full ones, it is for many.
    fn lane(
        &mut self,
        shapes: Vec<ImageShape>,
        frames: usize,
        full: bool,
    ) -> Result<&Lane, EngineError> {
        let known = self.open.iter().position(|lane| lane.shapes == shapes);
        let lane = match known.map(|position| self.open.remove(position)) {
            Some(lane) if lane.frames >= frames => lane,
            Some(small) => {
                self.drain(small);
                self.open_lane(shapes, frames, true)?
            }
            None => self.open_lane(shapes, frames, full)?,
        };
        Ok(self.open.push_mut(lane))
    }

    fn open_lane(
        &mut self,
        shapes: Vec<ImageShape>,
        frames: usize,
        many: bool,
    ) -> Result<Lane, EngineError> {
        while self.open.len() >= MAX_LANES || self.bytes() > MAX_LANE_BYTES {
            self.drain_first();
        }
        let most = match many {
            true => self.engines.batch(&shapes),
            false => u32::try_from(frames).unwrap_or(u32::MAX),
        };
        let engine = loop {
            match self.engines.make(&shapes, most, many) {
                Err(error) if is_shortage(&error) && !self.open.is_empty() => self.drain_first(),
                made => break Arc::new(made?),
            }
        };
        Ok(Lane {
            shapes,
            frames: most as usize,
            engine,
            outstanding: WaitGroup::new(),
        })
    }

    /// Memory of all lanes.
    fn bytes(&self) -> usize {
        let of_lane = |lane: &Lane| {
            let statistics = lane.engine.statistics();
            statistics.device_bytes + statistics.pinned_bytes
        };
        self.open.iter().map(of_lane).sum()
    }

    /// Drains the lane that was used least recently.
    fn drain_first(&mut self) {
        if !self.open.is_empty() {
            let lane = self.open.remove(0);
            self.drain(lane);
        }
    }

    /// Waits until all results of a lane are taken, and gives its memory back.
    fn drain(&self, lane: Lane) {
        lane.outstanding.wait();
        self.engines.finish(&lane.engine);
    }

    /// Waits until all results are taken.
    pub(crate) fn finish(mut self) {
        while !self.open.is_empty() {
            self.drain_first();
        }
    }
}

/// Takes the results of batches in the order of their submission, which is that of each engine.
fn take_results<'a>(batches: &Receiver<Submitted<'a>>, to: &Delivery<'_, 'a>) {
    for Submitted {
        batch,
        engine,
        outstanding,
    } in batches
    {
        // Who submits waits for this thread, so that it must not end before.
        let take = || to.deliver(batch, engine.next(), engine.stopped().as_deref());
        if catch_unwind(AssertUnwindSafe(take)).is_err() {
            to.give_up("the thread that takes results broke down");
        }
        drop(engine);
        drop(outstanding);
    }
}
