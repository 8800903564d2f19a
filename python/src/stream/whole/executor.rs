//! The thread of a stream that executes batches, one after the other.

use crate::call::failure::Failure;
use crate::call::job::Job;
use crate::call::runners::Runners;
use crate::call::values::Values;
use crate::frames::{FrameError, Frames};
use crate::results::Results;
use crate::stream::fault::Fault;
use crate::stream::whole::collect::Collected;
use crate::stream::whole::flow::Flow;
use pixelflume::device::{Stream, catch_panic};
use pixelflume::pipeline::Runner;
use std::sync::Arc;

/// What executes the batches of a stream: each as one call, since only a whole batch may have images of several sizes, and draws
/// and pads by all of its images.
pub(crate) struct Executor {
    pub(crate) runners: Arc<Runners>,
    pub(crate) runner: Runner,
    /// The stream of the device that batches are submitted on.
    pub(crate) stream: Stream,
    /// The number of the first image of the source in its data set.
    pub(crate) index: u64,
    /// The number of the pass over the data set.
    pub(crate) epoch: u64,
}

/// A batch as the caller gets it.
#[derive(Default)]
pub(crate) struct Ready {
    /// The positions of its images in the source.
    pub(crate) positions: Vec<u64>,
    /// Images that were left out before and between them.
    pub(crate) skipped: Vec<(u64, Fault)>,
    /// The results; `None` where there are no images.
    pub(crate) results: Option<Results>,
    /// The error that ends the stream behind the batch.
    pub(crate) fault: Option<Fault>,
}

/// Executes the batches of a stream until it is closed or has ended.
pub(crate) fn execute(flow: &Flow, mut executor: Executor) {
    while let Some(collected) = flow.collect() {
        let is_last = collected.is_last;
        let ready = catch_panic(|| executor.ready(flow, collected));
        let ready = ready.unwrap_or_else(|message| Ready {
            fault: Some(Fault::Panicked(message)),
            ..Ready::default()
        });
        let ends = is_last || ready.fault.is_some();
        flow.put_ready(ready);
        if ends {
            break;
        }
    }
    flow.finish();
}

impl Executor {
    /// Executes the images that were collected. Where the stream leaves images out, those that the device cannot decode, or a node
    /// cannot take, are left out as well.
    fn ready(&mut self, flow: &Flow, collected: Collected) -> Ready {
        let (positions, frames) = collected.images.into_iter().unzip();
        let mut ready = Ready {
            positions,
            skipped: collected.skipped,
            results: None,
            fault: collected.fault,
        };
        let mut frames = Frames::of_images(frames);
        while !ready.positions.is_empty() && ready.results.is_none() {
            match self.run(&mut frames, &ready.positions) {
                Ok(results) => ready.results = Some(results),
                Err(failure) => {
                    let faults = faults(failure, &ready.positions);
                    let is_of_image = |(image, _): &(Option<usize>, Fault)| image.is_some();
                    if flow.settings.skips && faults.iter().all(is_of_image) {
                        leave_out(faults, &mut frames, &mut ready, flow);
                    } else {
                        // It comes in the place of the batch, before the error behind that.
                        ready.fault = faults.into_iter().next().map(|(_, fault)| fault);
                        ready.positions.clear();
                    }
                }
            }
        }
        ready.skipped.sort_by_key(|(place, _)| *place);
        ready
    }

    fn run(&mut self, frames: &mut Frames, positions: &[u64]) -> Result<Results, Failure> {
        let numbers = positions
            .iter()
            .map(|place| self.index.wrapping_add(*place));
        let mut job = Job {
            runners: Arc::clone(&self.runners),
            frames: vec![std::mem::take(frames)],
            values: Values::numbered(numbers.collect(), self.epoch),
            places: Vec::new(),
            stream: self.stream.clone(),
        };
        let results = job.run(&mut self.runner);
        *frames = job.frames.pop().unwrap_or_default();
        results
    }
}

/// What failed in a batch, with the index of the image in the batch. Errors tell the place of an image in the source.
fn faults(failure: Failure, positions: &[u64]) -> Vec<(Option<usize>, Fault)> {
    let place_of = |image: Option<usize>| {
        let place = positions.get(image?)?;
        usize::try_from(*place).ok()
    };
    match failure {
        Failure::Images(errors) => {
            let errors = errors.into_iter().map(|error| {
                let (image, place) = (error.image, place_of(error.image));
                let error = FrameError {
                    image: place,
                    ..error
                };
                (image.filter(|_| place.is_some()), Fault::Frame(error))
            });
            errors.collect()
        }
        Failure::Call(error) => {
            let (image, place) = (error.image(), place_of(error.image()));
            let error = match place {
                Some(place) => error.at_image(place),
                None => error,
            };
            vec![(image.filter(|_| place.is_some()), Fault::Execution(error))]
        }
    }
}

/// Takes images that failed out of a batch. They are in the order of their indices.
fn leave_out(
    faults: Vec<(Option<usize>, Fault)>,
    frames: &mut Frames,
    ready: &mut Ready,
    flow: &Flow,
) {
    let count = faults.len();
    // From the last one on, so that the others keep their indices.
    for (image, fault) in faults.into_iter().rev() {
        if let Some(image) = image {
            frames.remove(image);
            let place = ready.positions.remove(image);
            ready.skipped.push((place, fault));
        }
    }
    flow.release(&mut flow.lock(), count);
}
