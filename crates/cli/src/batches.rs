//! The flow of a run: several threads decode, one runs batches of equal shape, several threads write.
//!
//! Between decoding and writing at most four batches of images are held, and at most [`MAX_DECODED_BYTES`] of their
//! pixels; see [`crate::budget`]. However many shapes are mixed, each image waits only until its batch is full, until
//! the budget runs short, or until the inputs end.

use crate::budget::{Budget, Permit};
use crate::console::Progress;
use crate::decode::decode;
use crate::inputs::Input;
use crate::output::Sink;
use crossbeam::channel::{self, Receiver, Sender};
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::Image;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Most bytes of decoded pixels that wait for their batch, run or wait to be written: 512 MiB, which holds two batches of
/// eight photographs of 10 megapixels. Larger images travel in smaller batches.
const MAX_DECODED_BYTES: u64 = 512 << 20;

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Work<'a> {
    /// The images; where the pipeline has several inputs, the sets of them.
    pub(crate) inputs: &'a [Input],
    /// Where results go.
    pub(crate) sink: &'a Sink,
    /// Told about every image that is done or has failed.
    pub(crate) progress: &'a Progress,
    /// Most images of a batch, at least 1.
    pub(crate) batch: usize,
    /// Threads that decode, and as many that write; at least 1.
    pub(crate) threads: usize,
    /// Most pixels of an image.
    pub(crate) max_pixels: u64,
}

/// The results of one image, by output of the pipeline; a text says why there is none.
pub(crate) type Frame = Vec<Result<Image, String>>;

/// A batch could not be run.
#[derive(Debug)]
pub(crate) struct BatchError {
    /// Why, for each image of the batch.
    pub(crate) text: String,
    /// No later batch can be run either.
    pub(crate) fatal: bool,
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
struct Decoded<'a> {
    index: usize,
    images: Vec<Image>,
    permit: Permit<'a>,
}

impl Decoded<'_> {
    fn shapes(&self) -> Vec<ImageShape> {
        self.images.iter().map(Image::shape).collect()
    }
}

/// The results of an image on their way to the disk. The permit goes when they are written.
struct Computed<'a> {
    index: usize,
    shapes: Vec<ImageShape>,
    frame: Frame,
    permit: Permit<'a>,
}

/// Decodes every input, runs batches of equal shape with `run`, which takes the images by input of the pipeline and gives
/// a [`Frame`] for each, and writes the results. The outcomes are in the order of the inputs.
pub(crate) fn process(
    work: &Work<'_>,
    mut run: impl FnMut(&[&[&Image]]) -> Result<Vec<Frame>, BatchError>,
) -> Vec<Outcome> {
    let budget = Budget::new(4 * work.batch, MAX_DECODED_BYTES);
    let ledger = Ledger::new(work);
    let queue = Queue::default();
    // The budget bounds what is in the first channel; the second also holds results, which may be larger.
    let (decoded_to, decoded) = channel::unbounded();
    let (computed_to, computed) = channel::bounded(work.batch);
    let mut fatal = None;
    std::thread::scope(|scope| {
        for _ in 0..work.threads {
            let (decoded_to, computed) = (decoded_to.clone(), computed.clone());
            let (ledger, queue, budget) = (&ledger, &queue, &budget);
            scope.spawn(move || decode_inputs(work, queue, budget, ledger, &decoded_to));
            scope.spawn(move || write_results(work, ledger, &computed));
        }
        // The channels end when the threads that send have ended.
        drop((decoded_to, computed));

        let mut run_batch = |group| {
            if fatal.is_some() {
                return;
            }
            match run_group(group, &mut run, &computed_to, &ledger) {
                Ok(()) => {}
                Err(text) => {
                    queue.stop();
                    fatal = Some(text);
                }
            }
        };
        let mut groups = Groups::new(work.batch);
        for image in decoded {
            groups.push(image);
            while let Some(group) = groups.take_ready(&budget) {
                run_batch(group);
            }
        }
        while let Some(group) = groups.take_first() {
            run_batch(group);
        }
        drop(computed_to);
    });
    ledger.close(fatal)
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
}

impl<'a> Ledger<'a> {
    fn new(work: &'a Work<'a>) -> Self {
        let outcomes = work.inputs.iter().map(|_| OnceLock::new()).collect();
        Ledger { work, outcomes }
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

    /// The outcomes. Images without one were not processed because of `fatal`, which is told once.
    fn close(self, fatal: Option<String>) -> Vec<Outcome> {
        let reason = fatal.unwrap_or_else(|| "the thread that had it broke down".to_owned());
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
    decoded: &Sender<Decoded<'a>>,
) {
    while let Some(index) = queue.next(work.inputs.len()) {
        let paths = &work.inputs[index].paths;
        match decode(paths, work.max_pixels, |bytes| budget.admit(bytes)) {
            Ok((images, permit)) => {
                let set = Decoded {
                    index,
                    images,
                    permit,
                };
                if decoded.send(set).is_err() {
                    return;
                }
            }
            Err(error) => ledger.enter(index, Outcome::failed(Vec::new(), error)),
        }
    }
}

/// Runs one batch and sends its results on. The error is one that ends the run.
fn run_group<'a>(
    group: Vec<Decoded<'a>>,
    run: &mut impl FnMut(&[&[&Image]]) -> Result<Vec<Frame>, BatchError>,
    computed: &Sender<Computed<'a>>,
    ledger: &Ledger<'_>,
) -> Result<(), String> {
    // All sets of a group have as many images, of the same shapes.
    let count = group.first().map_or(0, |decoded| decoded.images.len());
    let images: Vec<Vec<&Image>> = (0..count)
        .map(|input| group.iter().map(|decoded| &decoded.images[input]).collect())
        .collect();
    let images: Vec<&[&Image]> = images.iter().map(Vec::as_slice).collect();
    match run(&images) {
        Ok(frames) => {
            for (decoded, frame) in group.into_iter().zip(frames) {
                let result = Computed {
                    index: decoded.index,
                    shapes: decoded.shapes(),
                    frame,
                    permit: decoded.permit,
                };
                // The writers live as long as this sender does.
                let _ = computed.send(result);
            }
            Ok(())
        }
        Err(error) if error.fatal => Err(error.text),
        Err(error) => {
            for decoded in &group {
                let outcome = Outcome::failed(decoded.shapes(), error.text.clone());
                ledger.enter(decoded.index, outcome);
            }
            Ok(())
        }
    }
}

fn write_results(work: &Work<'_>, ledger: &Ledger<'_>, computed: &Receiver<Computed<'_>>) {
    for result in computed {
        let (index, shapes) = (result.index, result.shapes);
        let permit = result.permit;
        let frame = result.frame;
        let known = shapes.clone();
        let outcome = catch_unwind(AssertUnwindSafe(|| write_frame(work, index, shapes, frame)))
            .unwrap_or_else(|_| {
                Outcome::failed(known, "the encoder broke down over it".to_owned())
            });
        drop(permit);
        ledger.enter(index, outcome);
    }
}

/// Writes what there is; one output that fails does not keep the others from being written.
fn write_frame(work: &Work<'_>, index: usize, shapes: Vec<ImageShape>, frame: Frame) -> Outcome {
    let mut errors = Vec::new();
    let mut written = Vec::new();
    for (output, result) in frame.into_iter().enumerate() {
        let saved = result.and_then(|image| {
            let path = work.sink.write(output, &work.inputs[index].stem, &image)?;
            Ok(Written {
                output,
                path,
                shape: image.shape(),
            })
        });
        match saved {
            Ok(file) => written.push(file),
            Err(error) => errors.push(error),
        }
    }
    Outcome {
        shapes,
        written,
        error: (!errors.is_empty()).then(|| errors.join("; ")),
    }
}

/// Decoded images that wait for their batch, by their shapes; the shapes that were seen least recently come first.
struct Groups<'a> {
    batch: usize,
    waiting: Vec<(Vec<ImageShape>, Vec<Decoded<'a>>)>,
}

impl<'a> Groups<'a> {
    fn new(batch: usize) -> Self {
        Groups {
            batch,
            waiting: Vec::new(),
        }
    }

    fn push(&mut self, decoded: Decoded<'a>) {
        let shapes = decoded.shapes();
        let known = self.waiting.iter().position(|(known, _)| *known == shapes);
        let mut group = known.map_or_else(Vec::new, |position| self.waiting.remove(position).1);
        group.push(decoded);
        self.waiting.push((shapes, group));
    }

    /// A full batch, or the first group when more than half of the budget waits here: the one that is least likely to grow.
    fn take_ready(&mut self, budget: &Budget) -> Option<Vec<Decoded<'a>>> {
        let full = |(_, group): &(Vec<ImageShape>, Vec<_>)| group.len() >= self.batch;
        if let Some(position) = self.waiting.iter().position(full) {
            return Some(self.waiting.remove(position).1);
        }
        let permits = self.waiting.iter().flat_map(|(_, group)| group);
        if budget.is_over_half(permits.map(|decoded| &decoded.permit)) {
            return self.take_first();
        }
        None
    }

    /// The group whose shape was seen least recently; nothing when nothing waits.
    fn take_first(&mut self) -> Option<Vec<Decoded<'a>>> {
        (!self.waiting.is_empty()).then(|| self.waiting.remove(0).1)
    }
}

#[cfg(test)]
#[path = "batches_tests.rs"]
mod tests;
