//! The flow of a video: a job reads and computes its frames, and the calling thread writes the results in their order.
//!
//! The job's memory bounds the frames that are alive, so reading waits where writing is slow. A failed batch loses its own
//! frames only.

use super::lost::LostFrames;
use crate::advice;
use crate::engines::engine_text;
use crate::failure::full_text;
use pixelflume::files::video::{FrameWriter, WriteError};
use pixelflume::pipeline::engine::CacheError;
use pixelflume::runtime::{self, Batch, Failure, FramesError, ItemError, Job, JobError};
use std::error::Error;
use std::io::{self, Write};

/// One output of the pipeline as a video.
pub(crate) struct VideoOutput<W> {
    /// The name in messages.
    pub(crate) name: String,
    pub(crate) writer: FrameWriter<W>,
}

/// The result of processing a video.
pub(crate) struct Ended<W> {
    /// Frames of each input that were taken from the job, computed or failed.
    pub(crate) read: u64,
    /// Frames written to every output.
    pub(crate) written: u64,
    /// Frames of failed batches; they are in no output.
    pub(crate) lost: LostFrames,
    /// The reason why it ended early; `None` when the inputs ended and all results were written.
    pub(crate) error: Option<String>,
    /// The outputs with the frames that were written; `None` when one of them failed.
    pub(crate) outputs: Option<Vec<VideoOutput<W>>>,
}

/// Writes the results of a job over frames, in order. When reading fails, the frames before it are still written. When a batch fails, `tell` gets
/// the failure at once and the other batches are written. `source` is the name of the video.
pub(crate) fn process<W: Write>(
    job: Job,
    mut outputs: Vec<VideoOutput<W>>,
    source: &str,
    tell: impl Fn(&str),
) -> Ended<W> {
    let (mut read, mut written) = (0, 0);
    let mut lost = LostFrames::default();
    let end = (&job).into_iter().find_map(|batch| {
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => return Some(End::of_job(source, &error)),
        };
        if let Err(error) = write(&mut outputs, &batch, &mut written) {
            read += batch.len() as u64;
            return Some(End::Output(error));
        }
        read += batch.len() as u64;
        for failures in alike(batch.failures()) {
            let error = failures
                .first()
                .map(|first| (&first.error, first.item.index));
            let Some((error, first)) = error else {
                continue;
            };
            let reason = match error {
                ItemError::Source(error) => return Some(End::Early(source_text(&**error))),
                // All frames have one shape: no other one would have results.
                ItemError::Engine(error) => return Some(End::of_engine(error, written)),
                ItemError::Stopped(reason) => reason.to_string(),
                ItemError::Batch(failure) => full_text(&failure.cause),
                error => full_text(error),
            };
            let count = failures.len() as u64;
            read += count;
            if let Some(text) = lost.add(first..first + count, &reason) {
                tell(&format!("{source}: {text}"));
            }
        }
        None
    });
    if let Some(text) = lost.untold() {
        tell(&format!("{source}: {text}"));
    }
    let (error, is_kept) = match end {
        None => (None, true),
        Some(End::Early(error)) => (Some(error), true),
        Some(End::Output(error)) => (Some(error), false),
    };
    Ended {
        read,
        written,
        lost,
        error,
        outputs: is_kept.then_some(outputs),
    }
}

/// Why a video ended early.
enum End {
    /// The frames before are written.
    Early(String),
    /// The outputs are of no use.
    Output(String),
}

impl End {
    fn of_job(source: &str, error: &JobError) -> Self {
        End::Early(format!("{source}: {}", full_text(error)))
    }

    fn of_engine(error: &CacheError, written: u64) -> Self {
        let text = match error {
            CacheError::Engine(error) => engine_text(error),
            error => full_text(error),
        };
        match written {
            0 => End::Output(text),
            _ => End::Early(text),
        }
    }
}

/// Failures of neighboring frames for one reason.
fn alike(failures: &[Failure]) -> impl Iterator<Item = &[Failure]> {
    failures.chunk_by(|before, behind| {
        before.item.index + 1 == behind.item.index
            && before.error.to_string() == behind.error.to_string()
    })
}

/// The reason why the frames of a source end.
fn source_text(error: &(dyn Error + Send + Sync + 'static)) -> String {
    match error.downcast_ref() {
        Some(FramesError::Stream(error)) => advice::stream(error),
        _ => full_text(error),
    }
}

/// Writes the frames of a batch, and counts the frames that are in all outputs.
fn write<W: Write>(
    outputs: &mut [VideoOutput<W>],
    batch: &Batch,
    written: &mut u64,
) -> Result<(), String> {
    let results = batch.outputs();
    for (frame, item) in batch.items().enumerate() {
        let tag = runtime::frame_tag(item);
        for (output, result) in outputs.iter_mut().zip(&results) {
            let samples = result.image(frame).unwrap_or_default();
            if let Err(error) = output.writer.write(samples, tag) {
                return Err(write_failure(&output.name, *written, error));
            }
        }
        *written += 1;
    }
    Ok(())
}

/// The message that an output ended after `frames` frames.
fn write_failure(name: &str, frames: u64, error: WriteError) -> String {
    match error {
        WriteError::Io(error) => io_failure(name, frames, &error),
        reason => format!("{name}: frame {frames}: {reason}"),
    }
}

/// The message of [`write_failure`] for an I/O error of the target.
pub(crate) fn io_failure(name: &str, frames: u64, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::BrokenPipe => {
            format!("{name} was closed by the program that reads it, after {frames} frames")
        }
        _ => format!("cannot write {name} after {frames} frames: {error}"),
    }
}

#[cfg(test)]
#[path = "flow_tests.rs"]
mod tests;
