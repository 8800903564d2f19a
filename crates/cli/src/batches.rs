//! The flow of a run: several threads decode, one forms batches of equal shape and gives them to engines, several threads
//! write.
//!
//! Between reading and writing at most four batches of images are held, and so many bytes for them as [`Limits`] says;
//! see [`crate::budget`]. However many shapes are mixed, each image waits only until its batch is full, until the budget
//! runs short, or until the inputs end.

mod groups;

use self::groups::Groups;
use crate::budget::{Budget, Permit};
use crate::console::Progress;
use crate::decode::{Need, decode};
use crate::engines::Engines;
use crate::failure::full_text;
use crate::inputs::Input;
use crate::lanes::Lanes;
use crate::limits::Limits;
use crate::output::Sink;
use crate::threads::{self, ThreadError};
use crossbeam::channel::{self, Receiver, Sender};
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::engine::BatchResult;
use pixelflume::pipeline::{Image, PipelineError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

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
            let mut lanes = Lanes::new(scope, work.engines, delivery.clone())?;
            let write = move || write_results(work, ledger, &computed);
            let writers = threads::team(scope, "write results", most, write)?;
            let decode = move || decode_inputs(work, queue, budget, ledger, &decoded_to);
            let decoders = threads::team(scope, "decode images", most, decode)?;

            let mut submit = |(group, full)| submit(&mut lanes, &delivery, group, full);
            let mut groups = Groups::new(|shapes| work.engines.batch(shapes) as usize);
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
            lanes.finish();
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
    lanes: &mut Lanes<'_, 'a>,
    delivery: &Delivery<'_, 'a>,
    group: Vec<Decoded<'a>>,
    full: bool,
) {
    if delivery.ledger.is_over() {
        return;
    }
    match lanes.submit(group, full) {
        Ok(()) => {}
        Err((_, error)) if error.fatal => delivery.give_up(&error.text),
        Err((mut group, error)) if error.shortage && group.len() > 1 => {
            let rest = group.split_off(group.len() / 2);
            submit(lanes, delivery, group, false);
            submit(lanes, delivery, rest, false);
        }
        Err((group, error)) => {
            let group = group.into_iter().map(Pending::from).collect();
            delivery.fail(group, &error.text);
        }
    }
}

/// Where results of batches go.
#[derive(Clone)]
pub(crate) struct Delivery<'env, 'a> {
    ledger: &'env Ledger<'env>,
    queue: &'env Queue,
    computed: Sender<Computed<'a>>,
}

impl<'a> Delivery<'_, 'a> {
    /// Sends the results of a batch on to be written, or tells why there are none. `stopped` says why its engine can do no
    /// more, where that is so.
    pub(crate) fn deliver(
        &self,
        batch: Vec<Pending<'a>>,
        result: Option<BatchResult>,
        stopped: Option<&PipelineError>,
    ) {
        let lease = match (result, stopped) {
            (Some(Ok(lease)), _) => lease,
            (_, Some(error)) => return self.give_up(&full_text(error)),
            (Some(Err(failure)), None) => return self.fail(batch, &full_text(&failure.cause)),
            // An engine is closed after its last batch was taken.
            (None, None) => return self.give_up("the engine was closed"),
        };
        let mut results: Vec<Vec<Image>> = batch.iter().map(|_| Vec::new()).collect();
        for output in lease.outputs() {
            for (results, image) in results.iter_mut().zip(output.to_images()) {
                results.push(image);
            }
        }
        // The engine goes on while these are written.
        drop(lease);
        for (image, results) in batch.into_iter().zip(results) {
            // The writers live as long as this sender does.
            let _ = self.computed.send(Computed { image, results });
        }
    }

    /// The images of a batch fail.
    fn fail(&self, batch: Vec<Pending<'a>>, error: &str) {
        for Pending { index, shapes, .. } in batch {
            self.ledger
                .enter(index, Outcome::failed(shapes, error.to_owned()));
        }
    }

    /// No batch can be run any more: nothing more is decoded, and what has no outcome so far was not processed.
    pub(crate) fn give_up(&self, reason: &str) {
        self.queue.stop();
        // The first reason is the one that matters.
        let _ = self.ledger.over.set(reason.to_owned());
    }
}

/// Hands out the numbers of the inputs.
#[derive(Default)]
struct Queue {
    next: AtomicUsize,
    stopped: AtomicBool,
}

impl Queue {
    fn next(&self, count: usize) -> Option<usize> {
        if self.stopped.load(Ordering::Relaxed) {
            return None;
        }
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        (index < count).then_some(index)
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

/// Collects outcomes, and tells the user about failures as they come.
struct Ledger<'a> {
    work: &'a Work<'a>,
    outcomes: Vec<OnceLock<Outcome>>,
    /// Why no batch can be run any more.
    over: OnceLock<String>,
}

impl<'a> Ledger<'a> {
    fn new(work: &'a Work<'a>) -> Self {
        let outcomes = work.inputs.iter().map(|_| OnceLock::new()).collect();
        Ledger {
            work,
            outcomes,
            over: OnceLock::new(),
        }
    }

    fn is_over(&self) -> bool {
        self.over.get().is_some()
    }

    fn enter(&self, index: usize, outcome: Outcome) {
        if let Some(error) = &outcome.error {
            let name = self.work.inputs[index].name();
            self.work.progress.error(&format!("{name}: {error}"));
        }
        // Each image reaches its end once; a second outcome would be dropped here.
        let _ = self.outcomes[index].set(outcome);
        self.work.progress.advance();
    }

    /// The outcomes. Images without one were not processed; why is told once.
    fn close(self) -> Vec<Outcome> {
        let reason = self
            .over
            .into_inner()
            .unwrap_or_else(|| "the thread that had it broke down".to_owned());
        let mut skipped = 0;
        let mut outcomes = Vec::with_capacity(self.outcomes.len());
        for outcome in self.outcomes {
            outcomes.push(outcome.into_inner().unwrap_or_else(|| {
                skipped += 1;
                Outcome::failed(Vec::new(), format!("not processed: {reason}"))
            }));
        }
        if skipped > 0 {
            let text = format!("{skipped} images were not processed: {reason}");
            self.work.progress.error(&text);
        }
        outcomes
    }
}

fn decode_inputs<'a>(
    work: &Work<'_>,
    queue: &Queue,
    budget: &'a Budget,
    ledger: &Ledger<'_>,
    decoded: &Sender<Message<'a>>,
) {
    let admit = |needs: &[Need]| {
        let bytes = bytes_needed(work, needs)?;
        // Whoever forms batches is there as long as this sender.
        Ok(budget.admit(bytes, || drop(decoded.send(Message::Short))))
    };
    while let Some(index) = queue.next(work.inputs.len()) {
        let paths = &work.inputs[index].paths;
        match decode(paths, &work.limits, admit) {
            Ok((images, permit)) => {
                let set = Decoded {
                    index,
                    images,
                    permit,
                };
                if decoded.send(Message::Decoded(set)).is_err() {
                    return;
                }
            }
            Err(error) => ledger.enter(index, Outcome::failed(Vec::new(), error)),
        }
    }
}

/// Bytes that a set of images takes until it is written, where that is not too much.
fn bytes_needed(work: &Work<'_>, needs: &[Need]) -> Result<u64, String> {
    let reading = needs.iter().map(|need| need.bytes);
    let reading = reading.fold(0, u64::saturating_add);
    work.limits.check_image("reading it", reading)?;
    let shapes: Vec<ImageShape> = needs.iter().map(|need| need.shape).collect();
    // A photograph may be turned by a quarter when it is read.
    let turn = |shape: &ImageShape| ImageShape::u8(shape.height, shape.width, shape.channels);
    let turned: Vec<ImageShape> = shapes.iter().map(turn).collect();
    let results = |shapes: &[ImageShape]| work.engines.result_bytes(shapes) as u64;
    // Of each result there is the image, and the file that is made of it.
    let writing = results(&shapes).max(results(&turned)).saturating_mul(2);
    let name = |shape: &ImageShape| shape.to_string();
    let names: Vec<String> = shapes.iter().map(name).collect();
    let what = format!("writing the results of {}", names.join(" with "));
    work.limits.check_image(&what, writing)?;
    Ok(reading.max(writing))
}

fn write_results(work: &Work<'_>, ledger: &Ledger<'_>, computed: &Receiver<Computed<'_>>) {
    for Computed { image, results } in computed {
        let Pending {
            index,
            shapes,
            permit,
        } = image;
        let known = shapes.clone();
        let write = || write_images(work, index, shapes, results);
        let outcome = catch_unwind(AssertUnwindSafe(write)).unwrap_or_else(|_| {
            Outcome::failed(known, "the encoder broke down over it".to_owned())
        });
        drop(permit);
        ledger.enter(index, outcome);
    }
}

/// Writes the results; one that fails does not keep the others from being written.
fn write_images(
    work: &Work<'_>,
    index: usize,
    shapes: Vec<ImageShape>,
    results: Vec<Image>,
) -> Outcome {
    let mut errors = Vec::new();
    let mut written = Vec::new();
    for (output, image) in results.into_iter().enumerate() {
        match work.sink.write(output, &work.inputs[index].stem, &image) {
            Ok(path) => written.push(Written {
                output,
                path,
                shape: image.shape(),
            }),
            Err(error) => errors.push(error),
        }
    }
    Outcome {
        shapes,
        written,
        error: (!errors.is_empty()).then(|| errors.join("; ")),
    }
}

#[cfg(test)]
#[path = "batches_tests.rs"]
mod tests;
