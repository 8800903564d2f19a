//! The flow of a video: one thread reads frames into the memory of the engine's next batch, the engine computes, and the
//! calling thread writes the results.
//!
//! The engine's memory bounds the frames that are alive, so reading waits where writing is slow. A failed batch loses its own
//! frames only.

use super::lost::{LostFrames, frames};
use crate::advice;
use crate::engines::CloseOnDrop;
use crate::failure::full_text;
use crate::threads::{STACK, ThreadError};
use crossbeam::channel::{self, Sender};
use pixelflume::files::video::{
    FrameReader, FrameTag, FrameWriter, StreamError, WriteError, convert_frame,
};
use pixelflume::pipeline::engine::BatchResult;
use pixelflume::pipeline::{BatchWriter, Engine, OutputLease, PipelineError, SubmitError};
use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::Builder;

/// One output of the pipeline as a video.
pub(crate) struct VideoOutput<W> {
    /// The name in messages.
    pub(crate) name: String,
    pub(crate) writer: FrameWriter<W>,
}

/// The result of processing a video.
pub(crate) struct Ended<W> {
    /// Frames of each input that were submitted and have been taken from the engine, computed or failed.
    pub(crate) read: u64,
    /// Frames written to every output.
    pub(crate) written: u64,
    /// Frames of failed batches; they are in no output.
    pub(crate) lost: LostFrames,
    /// The reasons why it ended early; empty when the inputs ended and all results were written.
    pub(crate) errors: Vec<String>,
    /// The outputs with the frames that were written; `None` when one of them failed.
    pub(crate) outputs: Option<Vec<VideoOutput<W>>>,
}

impl<W> Ended<W> {
    /// The result for a video without frames, with the error where that is one.
    pub(crate) fn without_frames(error: Option<String>, outputs: Vec<VideoOutput<W>>) -> Self {
        Ended {
            read: 0,
            written: 0,
            lost: LostFrames::default(),
            errors: error.into_iter().collect(),
            outputs: Some(outputs),
        }
    }
}

/// Whether each reader has a first frame. The frames are read ahead.
///
/// # Errors
/// A reader fails, or some readers have a frame and others have none.
pub(crate) fn begins<R: BufRead>(readers: &mut [FrameReader<R>]) -> Result<bool, String> {
    if readers.iter_mut().all(FrameReader::look_ahead) {
        return Ok(true);
    }
    let mut bytes: Vec<Vec<u8>> = readers.iter().map(|_| Vec::new()).collect();
    Ok(read_set(readers, &mut bytes)?.is_some())
}

/// A message from the reading thread to the writing thread.
enum Message {
    /// A batch was submitted, with the tags of its frames in the first input.
    Batch(Vec<FrameTag>),
    /// The last message: all inputs ended, or the reason why reading stopped.
    End(Result<(), String>),
}

/// Reads sets of frames, one from each reader, computes them in batches, and writes the results in order. When reading fails,
/// the frames before it are still written. When a batch fails, `tell` gets the failure at once and the other batches are
/// written.
///
/// The engine was built for the shapes of the readers and outputs; it is closed at the end.
pub(crate) fn process<R, W>(
    readers: Vec<FrameReader<R>>,
    mut outputs: Vec<VideoOutput<W>>,
    engine: &Arc<Engine>,
    tell: impl Fn(&str),
) -> Ended<W>
where
    R: BufRead + Send + 'static,
    W: Write,
{
    // The channel needs no bound: the engine bounds the number of batches, and a message is small.
    let (messages_to, messages) = channel::unbounded();
    let source = readers
        .first()
        .map_or_else(String::new, |reader| reader.name().to_owned());
    // Not joined: it may be blocked reading frames that are no longer needed.
    let of_reader = Arc::clone(engine);
    let thread = Builder::new().name("read frames".to_owned());
    let started = thread.stack_size(STACK).spawn(move || {
        let read = || read_sets(readers, &of_reader, &messages_to);
        let end = catch_unwind(AssertUnwindSafe(read))
            .unwrap_or_else(|_| Err("the thread that reads broke down".to_owned()));
        let _ = messages_to.send(Message::End(end));
    });

    let _close = CloseOnDrop(engine);
    let (mut read, mut written) = (0, 0);
    let mut lost = LostFrames::default();
    let mut failed = started
        .err()
        .map(|error| full_text(&ThreadError::new("read frames", error)));
    let end = loop {
        match messages.recv() {
            Ok(Message::Batch(tags)) => {
                let first = read;
                read += tags.len() as u64;
                let lease = match take(engine.next(), engine.stopped().as_deref()) {
                    Ok(lease) => lease,
                    Err(NoResults::Failed(reason)) => {
                        if let Some(text) = lost.add(first..read, &reason) {
                            tell(&format!("{source}: {text}"));
                        }
                        continue;
                    }
                    Err(NoResults::Terminated(reason)) => {
                        let frames = frames(&(first..read));
                        break Err(format!("{source}: {frames}: {reason}"));
                    }
                };
                if let Err(error) = write(&mut outputs, &lease, &tags, &mut written) {
                    failed = Some(error);
                    break Ok(());
                }
            }
            Ok(Message::End(end)) => break end,
            Err(channel::RecvError) => break Ok(()),
        }
    };
    if let Some(text) = lost.untold() {
        tell(&format!("{source}: {text}"));
    }
    let outputs = failed.is_none().then_some(outputs);
    Ended {
        read,
        written,
        lost,
        errors: end.err().into_iter().chain(failed).collect(),
        outputs,
    }
}

/// The reason why a batch has no results.
enum NoResults {
    /// Only this batch failed.
    Failed(String),
    /// The engine is terminated.
    Terminated(String),
}

/// Takes the results of a batch. `stopped` is the reason why its engine is terminated, if it is.
fn take(
    result: Option<BatchResult>,
    stopped: Option<&PipelineError>,
) -> Result<OutputLease, NoResults> {
    match (result, stopped) {
        (Some(Ok(lease)), _) => Ok(lease),
        (_, Some(error)) => Err(NoResults::Terminated(full_text(error))),
        (Some(Err(failure)), None) => Err(NoResults::Failed(full_text(&failure.cause))),
        (None, None) => Err(NoResults::Terminated("the engine was closed".to_owned())),
    }
}

/// Reads until the inputs end, which they must do at the same frame.
fn read_sets<R: BufRead>(
    mut readers: Vec<FrameReader<R>>,
    engine: &Engine,
    to: &Sender<Message>,
) -> Result<(), String> {
    // The bytes of one frame of each input, as they are in the stream.
    let mut bytes: Vec<Vec<u8>> = readers.iter().map(|_| Vec::new()).collect();
    loop {
        let mut batch: Option<BatchWriter> = None;
        let mut tags = Vec::new();
        let end = loop {
            if batch
                .as_ref()
                .is_some_and(|batch| batch.capacity() == tags.len())
            {
                break None;
            }
            // A frame gets its place in a batch when it is complete: a batch has no gaps.
            match read_set(&mut readers, &mut bytes) {
                Ok(Some(tag)) => {
                    let batch = match &mut batch {
                        Some(batch) => batch,
                        // The writing thread closed the engine, and reports the reason.
                        None => match engine.begin_batch_untimed() {
                            Err(SubmitError::Closed) => return Ok(()),
                            begun => batch.insert(begun.map_err(|error| full_text(&error))?),
                        },
                    };
                    place(&readers, &bytes, batch, tags.len())?;
                    tags.push(tag);
                }
                Ok(None) => break Some(Ok(())),
                Err(error) => break Some(Err(error)),
            }
        };
        if let Some(batch) = batch {
            match batch.submit() {
                Err(SubmitError::Closed) => return Ok(()),
                submitted => submitted.map_err(|error| full_text(&error))?,
            };
            if to.send(Message::Batch(tags)).is_err() {
                return Ok(());
            }
        }
        if let Some(end) = end {
            return end;
        }
    }
}

/// Reads the bytes of one frame of each reader; `None` when all have ended.
fn read_set<R: BufRead>(
    readers: &mut [FrameReader<R>],
    bytes: &mut [Vec<u8>],
) -> Result<Option<FrameTag>, String> {
    let (mut tag, mut ended) = (None, None);
    let mut any = false;
    for (number, (reader, bytes)) in readers.iter_mut().zip(bytes).enumerate() {
        match reader.next_frame(bytes).map_err(text)? {
            Some(of_frame) => {
                any = true;
                if number == 0 {
                    tag = of_frame;
                }
            }
            None => ended = ended.or(Some(number)),
        }
    }
    match ended {
        None => Ok(Some(tag)),
        Some(_) if !any => Ok(None),
        Some(ended) => {
            let (short, frames) = (&readers[ended], readers[ended].frames());
            let longer = readers.iter().find(|reader| reader.frames() > frames);
            let longer = longer.map_or("another", FrameReader::name);
            Err(format!(
                "{} ends after {frames} frames, {longer} goes on: the inputs of a pipeline need equal numbers of frames",
                short.name()
            ))
        }
    }
}

/// Converts the frames of one set into their places in the batch.
fn place<R: BufRead>(
    readers: &[FrameReader<R>],
    bytes: &[Vec<u8>],
    batch: &mut BatchWriter,
    frame: usize,
) -> Result<(), String> {
    for (input, (reader, bytes)) in readers.iter().zip(bytes).enumerate() {
        let shape = batch.shapes()[input];
        let place = batch.frame_mut_of(input, frame, shape);
        let place = place.map_err(|error| full_text(&error))?;
        convert_frame(reader.stream(), bytes, place)
            .map_err(|error| text(reader.pixels_error(error)))?;
    }
    Ok(())
}

fn text(error: StreamError) -> String {
    advice::stream(&error)
}

/// Writes the frames of a batch, and counts the frames that are in all outputs.
fn write<W: Write>(
    outputs: &mut [VideoOutput<W>],
    lease: &OutputLease,
    tags: &[FrameTag],
    written: &mut u64,
) -> Result<(), String> {
    let results: Vec<_> = lease.outputs().collect();
    for (frame, &tag) in tags.iter().enumerate() {
        for (output, result) in outputs.iter_mut().zip(&results) {
            let samples = result.frame(frame).unwrap_or_default();
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
