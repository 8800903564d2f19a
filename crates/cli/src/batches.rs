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
    /// The images.
    pub(crate) inputs: &'a [Input],
    /// Where results go.
    pub(crate) sink: &'a Sink,
    /// Told about every image that is done or has failed.
    pub(crate) progress: &'a Progress,
    /// Most images of a batch, at least 1.
    pub(crate) batch: usize,
    /// Threads that decode, and as many that write; at least 1.
    pub(crate) threads: usize,
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
    /// Its shape, if it could be decoded.
    pub(crate) shape: Option<ImageShape>,
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
    fn failed(shape: Option<ImageShape>, error: String) -> Self {
        Outcome {
            shape,
            written: Vec::new(),
            error: Some(error),
        }
    }
}

/// A decoded image on its way to its batch.
struct Decoded<'a> {
    index: usize,
    image: Image,
    permit: Permit<'a>,
}

/// The results of an image on their way to the disk. The permit goes when they are written.
struct Computed<'a> {
    index: usize,
    shape: ImageShape,
    frame: Frame,
    permit: Permit<'a>,
}

/// Decodes every input, runs batches of equal shape with `run`, which gives a [`Frame`] for each image, and writes the
/// results. The outcomes are in the order of the inputs.
pub(crate) fn process(
    work: &Work<'_>,
    mut run: impl FnMut(&[&Image]) -> Result<Vec<Frame>, BatchError>,
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
            let path = self.work.inputs[index].path.display();
            self.work.progress.error(&format!("{path}: {error}"));
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
                Outcome::failed(None, format!("not processed: {reason}"))
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
        match decode(&work.inputs[index].path, |bytes| budget.admit(bytes)) {
            Ok((image, permit)) => {
                let image = Decoded {
                    index,
                    image,
                    permit,
                };
                if decoded.send(image).is_err() {
                    return;
                }
            }
            Err(error) => ledger.enter(index, Outcome::failed(None, error)),
        }
    }
}

/// Runs one batch and sends its results on. The error is one that ends the run.
fn run_group<'a>(
    group: Vec<Decoded<'a>>,
    run: &mut impl FnMut(&[&Image]) -> Result<Vec<Frame>, BatchError>,
    computed: &Sender<Computed<'a>>,
    ledger: &Ledger<'_>,
) -> Result<(), String> {
    let images: Vec<&Image> = group.iter().map(|decoded| &decoded.image).collect();
    match run(&images) {
        Ok(frames) => {
            for (decoded, frame) in group.into_iter().zip(frames) {
                let result = Computed {
                    index: decoded.index,
                    shape: decoded.image.shape(),
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
                let shape = Some(decoded.image.shape());
                ledger.enter(decoded.index, Outcome::failed(shape, error.text.clone()));
            }
            Ok(())
        }
    }
}

fn write_results(work: &Work<'_>, ledger: &Ledger<'_>, computed: &Receiver<Computed<'_>>) {
    for result in computed {
        let (index, shape) = (result.index, result.shape);
        let permit = result.permit;
        let frame = result.frame;
        let outcome = catch_unwind(AssertUnwindSafe(|| write_frame(work, index, shape, frame)))
            .unwrap_or_else(|_| {
                Outcome::failed(Some(shape), "the encoder broke down over it".to_owned())
            });
        drop(permit);
        ledger.enter(index, outcome);
    }
}

/// Writes what there is; one output that fails does not keep the others from being written.
fn write_frame(work: &Work<'_>, index: usize, shape: ImageShape, frame: Frame) -> Outcome {
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
        shape: Some(shape),
        written,
        error: (!errors.is_empty()).then(|| errors.join("; ")),
    }
}

/// Decoded images that wait for their batch, by shape; the shape that was seen least recently comes first.
struct Groups<'a> {
    batch: usize,
    waiting: Vec<(ImageShape, Vec<Decoded<'a>>)>,
}

impl<'a> Groups<'a> {
    fn new(batch: usize) -> Self {
        Groups {
            batch,
            waiting: Vec::new(),
        }
    }

    fn push(&mut self, decoded: Decoded<'a>) {
        let shape = decoded.image.shape();
        let known = self.waiting.iter().position(|(known, _)| *known == shape);
        let mut group = known.map_or_else(Vec::new, |position| self.waiting.remove(position).1);
        group.push(decoded);
        self.waiting.push((shape, group));
    }

    /// A full batch, or the first group when more than half of the budget waits here: the one that is least likely to grow.
    fn take_ready(&mut self, budget: &Budget) -> Option<Vec<Decoded<'a>>> {
        let full = |(_, group): &(ImageShape, Vec<_>)| group.len() >= self.batch;
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
