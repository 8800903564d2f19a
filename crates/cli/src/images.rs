//! A run over images: a job reads them, decodes them and executes them in batches; its threads write the results, and enter what became of
//! each image here.

use crate::advice;
use crate::console::Progress;
use crate::engines::{Engines, engine_text};
use crate::failure::{Failure, full_text};
use crate::limits::Limits;
use pixelflume::codec::DecodeError;
use pixelflume::files::discover::FileSet;
use pixelflume::files::output::ResultWriter;
use pixelflume::files::video::SizeError;
use pixelflume::ops::{ImageShape, ImageView};
use pixelflume::pipeline::engine::CacheError;
use pixelflume::runtime::{
    Batching, BoxError, Files, ItemError, ItemInfo, JobError, Order, Output, Sink, StartError,
};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

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

/// The images of a run; for a pipeline with several inputs, sets of them. Writes their results, collects the outcomes, and reports failures to
/// the user at once.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) inputs: Vec<FileSet>,
    /// The names of the pipeline's inputs.
    names: Vec<String>,
    pub(crate) writer: ResultWriter,
    /// Counts every image that is complete or has failed.
    pub(crate) progress: Progress,
    limits: Limits,
    outcomes: Vec<OnceLock<Outcome>>,
    /// The reason why a device is lost.
    lost: OnceLock<Arc<str>>,
}

impl Ledger {
    pub(crate) fn new(
        engines: &Engines,
        inputs: Vec<FileSet>,
        writer: ResultWriter,
        progress: Progress,
        limits: Limits,
    ) -> Self {
        Ledger {
            outcomes: inputs.iter().map(|_| OnceLock::new()).collect(),
            lost: OnceLock::new(),
            inputs,
            names: engines.pipeline().inputs().map(str::to_owned).collect(),
            writer,
            progress,
            limits,
        }
    }

    fn enter(&self, index: usize, outcome: Outcome) {
        let error = outcome.error.clone();
        // The first outcome counts: a result that is not written is told by the writer, and then by the job.
        if self.outcomes[index].set(outcome).is_err() {
            return;
        }
        if let Some(error) = error {
            let name = self.inputs[index].name();
            self.progress.error(&format!("{name}: {error}"));
        }
        self.progress.advance();
    }

    /// All outcomes. Images without one were not processed; the reason is reported once.
    fn close(&self, reason: &str) -> Vec<Outcome> {
        let mut skipped = 0;
        let outcomes = self.outcomes.iter().map(|outcome| {
            outcome.get().cloned().unwrap_or_else(|| {
                skipped += 1;
                Outcome {
                    error: Some(format!("not processed: {reason}")),
                    ..Outcome::default()
                }
            })
        });
        let outcomes = outcomes.collect();
        if skipped > 0 {
            let text = format!("{skipped} images were not processed: {reason}");
            self.progress.error(&text);
        }
        outcomes
    }

    /// The reason why an image has no results, with the option that helps where there is one.
    fn text(&self, index: usize, error: &ItemError) -> String {
        match error {
            ItemError::Decode { input, source } => {
                self.named(index, input, &self.decode_text(source))
            }
            ItemError::Changed { input } => self.named(
                index,
                input,
                "the file cannot be decoded: it changed while it was read",
            ),
            ItemError::TooLarge { bytes, .. } => self.limits.too_large(*bytes),
            ItemError::Engine(error) => match &**error {
                CacheError::Engine(error) => engine_text(error),
                error => full_text(error),
            },
            ItemError::Batch(failure) => full_text(&failure.cause),
            error => full_text(error),
        }
    }

    /// The text of a file's error, with the file where there are several.
    fn named(&self, index: usize, input: &str, text: &str) -> String {
        let number = self.names.iter().position(|name| name == input);
        match (&self.inputs[index].paths[..], number) {
            ([_], _) | (_, None) => text.to_owned(),
            (paths, Some(number)) => format!("{}: {text}", paths[number].display()),
        }
    }

    fn decode_text(&self, error: &DecodeError) -> String {
        match *error {
            DecodeError::TooManyPixels {
                width,
                height,
                limit,
                ..
            } => advice::size(&SizeError::TooLarge {
                width,
                height,
                limit,
            }),
            DecodeError::TooManyBytes { bytes, .. } => self.limits.too_large(bytes),
            _ => error.to_string(),
        }
    }
}

impl Sink for Ledger {
    /// Writes all results; an error of one does not keep the others from being written.
    fn write(&self, item: &ItemInfo, results: &[Output<'_>]) -> Result<(), BoxError> {
        let index = item.index as usize;
        let stem = &self.inputs[index].stem;
        let mut errors = Vec::new();
        let mut written = Vec::new();
        for (output, result) in results.iter().enumerate() {
            let shape = result.shape();
            let image = ImageView::new(shape, shape.row_bytes(), result.bytes())?;
            match self.writer.write(output, stem, image) {
                Ok(path) => written.push(Written {
                    output,
                    path,
                    shape,
                }),
                Err(error) => errors.push(advice::output(&error)),
            }
        }
        let error = (!errors.is_empty()).then(|| errors.join("; "));
        let outcome = Outcome {
            shapes: item.shapes().to_vec(),
            written,
            error: error.clone(),
        };
        self.enter(index, outcome);
        error.map_or(Ok(()), |error| Err(error.into()))
    }

    fn failed(&self, failure: &pixelflume::runtime::Failure) {
        let item = &failure.item;
        let shapes = match &failure.error {
            // Told once for all of them, at the end.
            ItemError::Stopped(reason) => return drop(self.lost.set(Arc::clone(reason))),
            ItemError::Canceled => return,
            ItemError::Frame(_)
            | ItemError::Engine(_)
            | ItemError::Batch(_)
            | ItemError::Panicked(_)
            | ItemError::Sink(_) => item.shapes().to_vec(),
            _ => Vec::new(),
        };
        let outcome = Outcome {
            shapes,
            written: Vec::new(),
            error: Some(self.text(item.index as usize, &failure.error)),
        };
        self.enter(item.index as usize, outcome);
    }
}

/// Processes all images, with so many threads. Returns the outcomes in the order of the inputs.
///
/// # Errors
/// The job could not be started.
pub(crate) fn process(
    engines: &Engines,
    ledger: &Arc<Ledger>,
    threads: usize,
) -> Result<Vec<Outcome>, Failure> {
    let limits = ledger.limits;
    let result_bytes = engines.result_bytes();
    let accept = move |shapes: &[ImageShape]| {
        // A result takes the bytes of its image, and of the file that is made of it.
        let writing = (result_bytes(shapes) as u64).saturating_mul(2);
        let names: Vec<String> = shapes.iter().map(ToString::to_string).collect();
        let what = format!("writing the results of {}", names.join(" with "));
        limits.check_image(&what, writing).map_err(BoxError::from)
    };
    let paths = ledger.inputs.iter().map(|set| set.paths.clone());
    let job = engines
        .job(Batching::default())
        .workers(threads)
        // Each image has its place in the report.
        .order(Order::Unordered)
        .host_memory(limits.on_their_way())
        .item_memory(limits.item_bytes())
        .accept(accept)
        .start(Files::of_sets(paths))
        .map_err(|error| not_started(&error))?;
    let ended = job.for_each(Arc::clone(ledger));
    // With it its engines end, and their counters are complete.
    drop(job);
    let reason = match &ended {
        Err(JobError::Stopped(reason)) => reason.to_string(),
        Err(error) => full_text(error),
        // Other devices went on.
        Ok(_) => ledger.lost.get().map_or_else(
            || "the thread that had it broke down".to_owned(),
            |reason| reason.to_string(),
        ),
    };
    Ok(ledger.close(&reason))
}

/// The failure of a job that was not started.
fn not_started(error: &StartError) -> Failure {
    let failure = Failure::new(full_text(error));
    match error {
        StartError::Thread(_) => failure.help(
            "give a smaller number to --threads, or allow the process more threads and memory (ulimit -u, ulimit -v)",
        ),
        _ => failure,
    }
}
