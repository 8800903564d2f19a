//! The processing of images: some threads read and decode, one thread forms batches, has a GPU decode their JPEG files, and submits them to
//! engines, and other threads write. A
//! batch has images of equal shapes, or of any sizes where the pipeline takes these together.
//!
//! At most four batches of images are between reading and writing, with at most the bytes that [`Limits`] allows; see
//! [`crate::budget`]. Whatever the mixture of shapes, an image waits only until its batch is full, until the budget runs
//! short, or until the inputs end.

mod files;
mod groups;
mod ledger;
mod reading;
mod submission;
mod writing;

use self::files::{Finished, Started};
use self::groups::Groups;
use self::ledger::{Delivery, Ledger, Queue};
use self::reading::decode_inputs;
use self::submission::{BatchError, Submission};
use self::writing::write_results;
use crate::budget::{Budget, Permit};
use crate::console::Progress;
use crate::engines::Engines;
use crate::failure::full_text;
use crate::limits::Limits;
use crate::pixels::Pixels;
use crate::threads::{self, ThreadError};
use crossbeam::channel::{self, TryRecvError};
use pixelflume::files::discover::FileSet;
use pixelflume::files::output::ResultWriter;
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::Image;
use std::path::PathBuf;

/// A run over images.
#[derive(Debug)]
pub(crate) struct Work<'a> {
    /// The engines that process the images.
    pub(crate) engines: &'a Engines,
    /// The images; for a pipeline with several inputs, sets of them.
    pub(crate) inputs: &'a [FileSet],
    /// The destination of results.
    pub(crate) sink: &'a ResultWriter,
    /// Counts every image that is complete or has failed.
    pub(crate) progress: &'a Progress,
    /// The most images of a batch, at least 1; batches of large images are smaller.
    pub(crate) batch: usize,
    /// The number of threads that decode, and of threads that write; at least 1.
    pub(crate) threads: usize,
    /// The most memory for an image.
    pub(crate) limits: Limits,
}

/// The outcome of an image.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// The shapes of its images, one for each input of the pipeline; none where an image could not be decoded.
    pub(crate) shapes: Vec<ImageShape>,
    /// The files that were written, by output.
    pub(crate) written: Vec<Written>,
    /// The error; `None` when all files were written.
    pub(crate) error: Option<String>,
}

/// A result that was written to a file.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// Index of the pipeline's output.
    pub(crate) output: usize,
    /// The path of the file.
    pub(crate) path: PathBuf,
    /// The shape of the result.
    pub(crate) shape: ImageShape,
}

impl Outcome {
    fn failed(shapes: Vec<ImageShape>, error: String) -> Self {
        Outcome {
            shapes,
            written: Vec::new(),
            error: Some(error),
        }
    }
}

/// An image, or a set of them for a pipeline of several inputs, on its way to its batch: decoded, or as a file for the device.
pub(crate) struct Decoded<'a> {
    index: usize,
    pub(crate) images: Vec<Pixels>,
    permit: Permit<'a>,
}

impl Decoded<'_> {
    /// The shapes of its images.
    pub(crate) fn shapes(&self) -> Vec<ImageShape> {
        self.images.iter().map(Pixels::shape).collect()
    }

    /// Whether one of its images is on the device.
    fn is_partly_on_device(&self) -> bool {
        self.images.iter().any(Pixels::is_tensor)
    }

    /// Whether all its images are on the device, or will be.
    pub(crate) fn is_on_device(&self) -> bool {
        self.images.iter().all(Pixels::is_tensor)
    }
}

/// An image whose pixels were given to an engine. Its permit is returned when its results are written.
pub(crate) struct Pending<'a> {
    index: usize,
    shapes: Vec<ImageShape>,
    permit: Permit<'a>,
}

impl<'a> From<Decoded<'a>> for Pending<'a> {
    fn from(decoded: Decoded<'a>) -> Self {
        Pending {
            index: decoded.index,
            shapes: decoded.shapes(),
            permit: decoded.permit,
        }
    }
}

/// The results of an image, by output of the pipeline, to be written.
struct Computed<'a> {
    image: Pending<'a>,
    results: Vec<Image>,
}

/// A message of a decoding thread to the thread that forms batches.
enum Message<'a> {
    Decoded(Decoded<'a>),
    /// A decoding thread waits for room in the budget.
    Short,
}

/// The result of a run.
#[derive(Debug)]
pub(crate) struct Processed {
    /// The outcomes of the images, in the order of the inputs.
    pub(crate) outcomes: Vec<Outcome>,
    /// The number of threads that decoded, at most the number that wrote: no more than there are images, and no more than
    /// the system gave.
    pub(crate) threads: usize,
}

/// Decodes all inputs, executes them in batches, and writes the results.
pub(crate) fn process(work: &Work<'_>) -> Processed {
    let budget = Budget::new(4 * work.batch, work.limits.on_their_way());
    let ledger = Ledger::new(work);
    let queue = Queue::default();
    // The budget bounds the first channel; the second one holds results as well, which may be larger.
    let (decoded_to, decoded) = channel::unbounded();
    let (computed_to, computed) = channel::bounded(work.batch);
    let threads = std::thread::scope(|scope| {
        let (ledger, queue, budget) = (&ledger, &queue, &budget);
        let delivery = Delivery {
            ledger,
            queue,
            computed: computed_to,
        };
        let run = || -> Result<usize, ThreadError> {
            let most = work.threads.min(work.inputs.len());
            let mut submission = Submission::new(scope, work.engines, delivery.clone())?;
            let write = move || write_results(work, ledger, &computed);
            let writers = threads::team(scope, "write results", most, write)?;
            let decode = move || decode_inputs(work, queue, budget, ledger, &decoded_to);
            let most = most.min(work.limits.opened(work.inputs[0].paths.len()));
            let decoders = threads::team(scope, "decode images", most, decode)?;

            let mut submit = |started| finish(work, &mut submission, &delivery, started);
            let mut groups = Groups::new(work.engines);
            // A batch that the device decodes while the next one is formed.
            let mut ahead: Option<Started<'_, '_>> = None;
            loop {
                let message = match decoded.try_recv() {
                    Ok(message) => message,
                    // Others may wait for its part of the budget.
                    Err(_) if ahead.is_some() => {
                        ahead.take().into_iter().for_each(&mut submit);
                        continue;
                    }
                    Err(TryRecvError::Empty) => match decoded.recv() {
                        Ok(message) => message,
                        Err(_) => break,
                    },
                    // The channels end when the threads that send have ended.
                    Err(TryRecvError::Disconnected) => break,
                };
                if let Message::Decoded(image) = message {
                    groups.push(image);
                }
                while let Some((group, full)) = groups.take_ready(budget) {
                    let started = Started::new(work.engines, group, full);
                    ahead.replace(started).into_iter().for_each(&mut submit);
                    if ahead.as_ref().is_some_and(|ahead| !ahead.is_on_device()) {
                        ahead.take().into_iter().for_each(&mut submit);
                    }
                }
            }
            while let Some(group) = groups.take_first() {
                submit(Started::new(work.engines, group, false));
            }
            submission.finish();
            Ok(decoders.min(writers))
        };
        // The threads that write end with the last sender, which is dropped with the delivery.
        run().unwrap_or_else(|error| {
            delivery.give_up(&full_text(&error));
            0
        })
    });
    Processed {
        outcomes: ledger.close(),
        threads,
    }
}

/// Waits for the files of a batch, and submits the images that are there.
fn finish<'a>(
    work: &Work<'_>,
    submission: &mut Submission<'_, 'a>,
    delivery: &Delivery<'_, 'a>,
    started: Started<'_, 'a>,
) {
    let full = started.full;
    let Finished {
        sets,
        failed,
        is_as_begun,
    } = started.finish(work.inputs);
    for (index, error) in failed {
        delivery
            .ledger
            .enter(index, Outcome::failed(Vec::new(), error));
    }
    match is_as_begun {
        true if sets.is_empty() => {}
        true => submit(submission, delivery, sets, full),
        // Images in ordinary memory take other room than those on the device.
        false => {
            for sets in Groups::of_sets(work.engines, sets) {
                submit(submission, delivery, sets, full);
            }
        }
    }
}

/// Submits images that can share a batch to their engine: in smaller batches where there is no memory for all of them at once.
fn submit<'a>(
    submission: &mut Submission<'_, 'a>,
    delivery: &Delivery<'_, 'a>,
    group: Vec<Decoded<'a>>,
    full: bool,
) {
    if delivery.ledger.is_terminated() {
        return;
    }
    match submission.submit(group, full) {
        Ok(refused) => {
            for (image, reason) in refused {
                delivery.fail(vec![image], &reason);
            }
        }
        Err((_, error)) if error.fatal => delivery.give_up(&error.text),
        // Images on the device take of the memory that is short.
        Err((mut group, error))
            if error.shortage && group.iter().any(Decoded::is_partly_on_device) =>
        {
            submission.leave_device();
            // All of them, before the first one is tried again.
            for set in &mut group {
                set.images.iter_mut().for_each(Pixels::leave_device);
            }
            for set in group {
                submit_left(submission, delivery, set, &error);
            }
        }
        Err((mut group, error)) if error.shortage && group.len() > 1 => {
            let rest = group.split_off(group.len() / 2);
            submit(submission, delivery, group, false);
            submit(submission, delivery, rest, false);
        }
        // An engine for this batch alone takes less memory than one for many.
        Err((group, error)) if error.shortage && full => submit(submission, delivery, group, false),
        Err((group, error)) => {
            let group = group.into_iter().map(Pending::from).collect();
            delivery.fail(group, &error.text);
        }
    }
}

/// Submits a set alone whose images were brought from the device.
fn submit_left<'a>(
    submission: &mut Submission<'_, 'a>,
    delivery: &Delivery<'_, 'a>,
    set: Decoded<'a>,
    error: &BatchError,
) {
    match set.is_partly_on_device() {
        // There is no memory to bring it either.
        true => delivery.fail(vec![set.into()], &error.text),
        false => submit(submission, delivery, vec![set], false),
    }
}

#[cfg(test)]
mod tests;
