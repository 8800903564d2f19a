//! The engines of images: one for each set of shapes, a few at a time.
//!
//! A lane is an engine and a thread that takes its results. Before a lane too many is opened, the one that was used least
//! recently is drained: its results are taken, and its memory is given back.

use crate::batches::{Decoded, Delivery, Pending};
use crate::engines::{CloseOnDrop, Engines, begin_batch, is_fatal, is_shortage};
use crate::failure::full_text;
use crossbeam::channel::{self, Receiver, Sender};
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::engine::EngineError;
use pixelflume::pipeline::{Engine, Image};
use std::sync::Arc;
use std::thread::{Scope, ScopedJoinHandle};

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
}

/// The lanes of a run; the one that was used last is the last.
pub(crate) struct Lanes<'scope, 'env, 'a> {
    scope: &'scope Scope<'scope, 'env>,
    engines: &'env Engines,
    delivery: Delivery<'env, 'a>,
    open: Vec<Lane<'scope, 'a>>,
}

struct Lane<'scope, 'a> {
    shapes: Vec<ImageShape>,
    /// Most frames of a batch.
    frames: usize,
    engine: Arc<Engine>,
    batches: Sender<Vec<Pending<'a>>>,
    thread: ScopedJoinHandle<'scope, ()>,
}

impl<'scope, 'env, 'a: 'scope> Lanes<'scope, 'env, 'a> {
    /// No lane yet. Results go to `delivery`, by threads of `scope`.
    pub(crate) fn new(
        scope: &'scope Scope<'scope, 'env>,
        engines: &'env Engines,
        delivery: Delivery<'env, 'a>,
    ) -> Self {
        Lanes {
            scope,
            engines,
            delivery,
            open: Vec::new(),
        }
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
                let text = full_text(&error);
                let fatal = is_fatal(&error);
                return Err((group, BatchError { text, fatal }));
            }
        };
        let over = |error| BatchError {
            text: full_text(&error),
            fatal: true,
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
                let pending = group.into_iter().map(Pending::from).collect();
                // The thread that takes results ends before the engine is closed only if it breaks down, which is noticed.
                let _ = lane.batches.send(pending);
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
    ) -> Result<&Lane<'scope, 'a>, EngineError> {
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
    ) -> Result<Lane<'scope, 'a>, EngineError> {
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
        let (batches, pending) = channel::unbounded();
        let thread = {
            let (engine, delivery) = (Arc::clone(&engine), self.delivery.clone());
            self.scope
                .spawn(move || take_results(&engine, &pending, &delivery))
        };
        Ok(Lane {
            shapes,
            frames: most as usize,
            engine,
            batches,
            thread,
        })
    }

    /// Memory of all lanes.
    fn bytes(&self) -> usize {
        let of_lane = |lane: &Lane<'_, '_>| {
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

    /// Waits until all results of a lane are delivered, and gives its memory back.
    fn drain(&self, lane: Lane<'scope, 'a>) {
        lane.engine.close();
        if lane.thread.join().is_err() {
            self.delivery
                .give_up("the thread that takes results broke down");
        }
        self.engines.finish(&lane.engine);
    }

    /// Waits until all results are delivered.
    pub(crate) fn finish(mut self) {
        while !self.open.is_empty() {
            self.drain_first();
        }
    }
}

/// Where the thread that submits breaks down, those that take results must end all the same.
impl Drop for Lanes<'_, '_, '_> {
    fn drop(&mut self) {
        for lane in &self.open {
            lane.engine.close();
        }
    }
}

/// Takes the results of a lane until it is closed and empty, or has stopped.
fn take_results<'a>(engine: &Engine, batches: &Receiver<Vec<Pending<'a>>>, to: &Delivery<'_, 'a>) {
    let _close = CloseOnDrop(engine);
    for result in engine.results() {
        // Each batch is announced right after it is submitted.
        let Ok(batch) = batches.recv() else {
            return;
        };
        let stopped = engine.stopped();
        to.deliver(batch, result, stopped.as_deref());
    }
}
