//! The flow of a run: several threads decode, one forms batches of equal shape and gives them to engines, several threads
//! write.
//!
//! Between reading and writing at most four batches of images are held, and so many bytes for them as [`Limits`] says;
//! see [`crate::budget`]. However many shapes are mixed, each image waits only until its batch is full, until the budget
//! runs short, or until the inputs end.

mod groups;
mod ledger;
mod reading;
mod submission;
mod writing;

use self::groups::Groups;
use self::ledger::{Delivery, Ledger, Queue};
use self::reading::decode_inputs;
use self::submission::Submission;
use self::writing::write_results;
use crate::budget::{Budget, Permit};
use crate::console::Progress;
use crate::engines::Engines;
use crate::failure::full_text;
use crate::inputs::Input;
use crate::limits::Limits;
use crate::output::Sink;
use crate::threads::{self, ThreadError};
use crossbeam::channel;
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::Image;
use pixelflume::pipeline::engine::EngineSource;
use std::path::PathBuf;

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Work<'a> {
    /// Makes the engines that the images go through.
    pub(crate) engines: &'a Engines,
    /// The images; where the pipeline has several inputs, the sets of them.
    pub(crate) inputs: &'a [Input],
    /// Where results go.
    pub(crate) sink: &'a Sink,
    /// Told about every image that is done or has failed.
    pub(crate) progress: &'a Progress,
    /// Most images of a batch, at least 1; of large images fewer go together.
    pub(crate) batch: usize,
    /// Threads that decode, and as many that write; at least 1.
    pub(crate) threads: usize,
    /// What an image may take.
    pub(crate) limits: Limits,
}

/// What became of an image.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// The shapes of its images, one for each input of the pipeline; none where one could not be decoded.
    pub(crate) shapes: Vec<ImageShape>,
    /// The files that were written.
    pub(crate) written: Vec<Written>,
    /// What went wrong; nothing when all files were written.
    pub(crate) error: Option<String>,
}

/// A result that was written.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// Number of the pipeline's output.
    pub(crate) output: usize,
    /// The file.
    pub(crate) path: PathBuf,
    /// Its shape.
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

/// A decoded image, or a set of them for a pipeline of several inputs, on its way to its batch.
pub(crate) struct Decoded<'a> {
    index: usize,
    pub(crate) images: Vec<Image>,
    permit: Permit<'a>,
}

impl Decoded<'_> {
    /// The shapes of its images.
    pub(crate) fn shapes(&self) -> Vec<ImageShape> {
        self.images.iter().map(Image::shape).collect()
    }
}

/// An image whose pixels an engine has. The permit goes when its results are written.
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

/// The results of an image on their way to the disk, by output of the pipeline.
struct Computed<'a> {
    image: Pending<'a>,
    results: Vec<Image>,
}

/// What those who decode tell those who form batches.
enum Message<'a> {
    Decoded(Decoded<'a>),
    /// A decoder waits for room.
    Short,
}

/// What a run did.
#[derive(Debug)]
pub(crate) struct Processed {
    /// What became of the images, in the order of the inputs.
    pub(crate) outcomes: Vec<Outcome>,
    /// Threads that decoded, and at least as many that wrote: no more than there are images, and no more than the system
    /// gave.
    pub(crate) threads: usize,
}

/// Decodes every input, runs batches of equal shape, and writes the results.
pub(crate) fn process(work: &Work<'_>) -> Processed {
    let budget = Budget::new(4 * work.batch, work.limits.on_their_way());
    let ledger = Ledger::new(work);
    let queue = Queue::default();
    // The budget bounds what is in the first channel; the second also holds results, which may be larger.
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

            let mut submit = |(group, full)| submit(&mut submission, &delivery, group, full);
            let mut groups = Groups::new(|shapes| work.engines.max_frames(shapes) as usize);
            // The channels end when the threads that send have ended.
            for message in decoded {
                if let Message::Decoded(image) = message {
                    groups.push(image);
                }
                while let Some(group) = groups.take_ready(budget) {
                    submit(group);
                }
            }
            while let Some(group) = groups.take_first() {
                submit((group, false));
            }
            submission.finish();
            Ok(decoders.min(writers))
        };
        // The threads that write end with the last sender, which goes with the delivery.
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

/// Gives images of equal shapes to their engine: in smaller batches where there is no memory for all of them at once.
fn submit<'a>(
    submission: &mut Submission<'_, 'a>,
    delivery: &Delivery<'_, 'a>,
    group: Vec<Decoded<'a>>,
    full: bool,
) {
    if delivery.ledger.is_over() {
        return;
    }
    match submission.submit(group, full) {
        Ok(()) => {}
        Err((_, error)) if error.fatal => delivery.give_up(&error.text),
        Err((mut group, error)) if error.shortage && group.len() > 1 => {
            let rest = group.split_off(group.len() / 2);
            submit(submission, delivery, group, false);
            submit(submission, delivery, rest, false);
        }
        // An engine for this one alone takes less than one for many.
        Err((group, error)) if error.shortage && full => submit(submission, delivery, group, false),
        Err((group, error)) => {
            let group = group.into_iter().map(Pending::from).collect();
            delivery.fail(group, &error.text);
        }
    }
}

#[cfg(test)]
mod tests;
