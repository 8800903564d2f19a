//! The flow of a video: a thread reads frames into the memory of the engine's next batch, the engine computes, the
//! caller's thread writes the results.
//!
//! What is alive at one time is what the engine has memory for: it makes the reading wait where writing is slow. A batch
//! that fails loses its own frames; the others are written.

use super::format::FrameTag;
use super::lost::{LostFrames, frames};
use super::pixels::convert_frame;
use super::reader::{FrameReader, StreamError};
use super::writer::{FrameWriter, WriteError};
use crate::engines::CloseOnDrop;
use crate::failure::full_text;
use crate::threads::{STACK, ThreadError};
use crossbeam::channel::{self, Sender};
use pixelflume::pipeline::engine::BatchResult;
use pixelflume::pipeline::{BatchWriter, Engine, OutputLease, PipelineError, SubmitError};
use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::Builder;

/// A video of the pipeline's output.
pub(crate) struct VideoOutput<W> {
    /// What messages call it.
    pub(crate) name: String,
    /// Writes its frames.
    pub(crate) writer: FrameWriter<W>,
}

/// What became of a video.
pub(crate) struct Ended<W> {
    /// Frames of every input that were given to the engine and taken from it, computed or failed.
    pub(crate) read: u64,
    /// Frames that were written to every output.
    pub(crate) written: u64,
    /// Frames of batches that failed: they are in no output.
    pub(crate) lost: LostFrames,
    /// Why it ended early; nothing when the inputs came to their ends and what was computed was written.
    pub(crate) errors: Vec<String>,
    /// The outputs with the frames that were written; `None` when one of them failed.
    pub(crate) outputs: Option<Vec<VideoOutput<W>>>,
}

impl<W> Ended<W> {
    /// The end of a video in which there is no frame, and why, where that is a mistake.
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

/// Whether each reader has a first frame, which is read for that.
///
/// # Errors
/// One of them cannot be read, or has one where another has none.
pub(crate) fn begins<R: BufRead>(readers: &mut [FrameReader<R>]) -> Result<bool, String> {
    if readers.iter_mut().all(FrameReader::look_ahead) {
        return Ok(true);
    }
    let mut bytes: Vec<Vec<u8>> = readers.iter().map(|_| Vec::new()).collect();
    Ok(read_set(readers, &mut bytes)?.is_some())
}

/// What the thread that reads tells the one that writes.
enum Message {
    /// A batch was submitted, with a frame for each of these tags of the first input.
    Batch(Vec<FrameTag>),
    /// The last message: all inputs ended, or why no more frames come.
    End(Result<(), String>),
}

/// Reads sets of frames, one of each reader, runs as many of them together as a batch of the engine has, and writes the
/// results in order. Where reading fails, the frames before are written; where a batch fails, the others, and the failure
/// is `tell`-ed as it comes.
///
/// The engine has the shapes of the readers and of the outputs, and is closed in the end.
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
    // As long as the messages are few numbers: the engine bounds how many batches there are.
    let (messages_to, messages) = channel::unbounded();
    let source = readers
        .first()
        .map_or_else(String::new, |reader| reader.name().to_owned());
    // Nobody waits for the reader: it may be waiting for frames that are not needed any more.
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
                    Err(NoResults::Over(reason)) => {
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

/// Why a batch has no results.
enum NoResults {
    /// It failed, and no other with it.
    Failed(String),
    /// The engine can do no more.
    Over(String),
}

/// The results of a batch. `stopped` says why its engine can do no more, where that is so.
fn take(
    result: Option<BatchResult>,
    stopped: Option<&PipelineError>,
) -> Result<OutputLease, NoResults> {
    match (result, stopped) {
        (Some(Ok(lease)), _) => Ok(lease),
        (_, Some(error)) => Err(NoResults::Over(full_text(error))),
        (Some(Err(failure)), None) => Err(NoResults::Failed(full_text(&failure.cause))),
        (None, None) => Err(NoResults::Over("the engine was closed".to_owned())),
    }
}

/// Reads until the inputs end, which they must do together.
fn read_sets<R: BufRead>(
    mut readers: Vec<FrameReader<R>>,
    engine: &Engine,
    to: &Sender<Message>,
) -> Result<(), String> {
    // Bytes of one frame of each input as they lie in the stream.
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
            // The frame is whole before it gets a place: a batch has no holes.
            match read_set(&mut readers, &mut bytes) {
                Ok(Some(tag)) => {
                    let batch = match &mut batch {
                        Some(batch) => batch,
                        // The other side has closed the engine, and said why.
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

/// Reads the bytes of one frame of each reader; `None` when all are at their ends.
fn read_set<R: BufRead>(
    readers: &mut [FrameReader<R>],
    bytes: &mut [Vec<u8>],
) -> Result<Option<FrameTag>, String> {
    let (mut tag, mut ended) = (None, None);
    let mut any = false;
    for (number, (reader, bytes)) in readers.iter_mut().zip(bytes).enumerate() {
        match reader.next(bytes).map_err(text)? {
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
        let place = batch.frame_mut(input, frame);
        let place = place.map_err(|error| full_text(&error))?;
        convert_frame(reader.stream(), bytes, place)
            .map_err(|error| text(reader.pixels_error(error)))?;
    }
    Ok(())
}

fn text(error: StreamError) -> String {
    error.to_string()
}

/// Writes the frames of a batch, and counts those that are in all outputs.
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

/// Why an output ends after so many frames.
fn write_failure(name: &str, frames: u64, error: WriteError) -> String {
    match error {
        WriteError::Io(error) => io_failure(name, frames, &error),
        WriteError::Pixels(reason) => format!("{name}: frame {frames}: {reason}"),
    }
}

/// The same for an error of the target.
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
