//! The flow of a video: a thread reads, the caller's thread computes, a thread writes.
//!
//! Between them lie channels of one batch each, so at most five batches are alive: one that is read, one that waits, one
//! that is computed, one whose results wait, one that is written.

use super::format::FrameTag;
use super::pixels::to_image;
use super::reader::{FrameReader, StreamError};
use super::writer::{FrameWriter, WriteError};
use crate::batches::{BatchError, Frame};
use crossbeam::channel::{self, Receiver, Sender};
use pixelflume::pipeline::Image;
use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A video of the pipeline's output.
pub(crate) struct VideoOutput<W> {
    /// What messages call it.
    pub(crate) name: String,
    /// Writes its frames.
    pub(crate) writer: FrameWriter<W>,
}

/// What became of a video.
pub(crate) struct Ended<W> {
    /// Frames that were read of every input.
    pub(crate) read: u64,
    /// Frames that were written to every output.
    pub(crate) written: u64,
    /// What went wrong; nothing when the inputs came to their ends and everything was written.
    pub(crate) errors: Vec<String>,
    /// The outputs with the frames that were written; `None` when one of them failed.
    pub(crate) outputs: Option<Vec<VideoOutput<W>>>,
}

/// Frames of one batch, by input, and the tags of the first input's.
struct Batch {
    inputs: Vec<Vec<Image>>,
    tags: Vec<FrameTag>,
}

enum Message {
    Frames(Batch),
    /// The last message: all inputs ended, or why no more frames come.
    End(Result<(), String>),
}

struct Results {
    frames: Vec<Vec<Image>>,
    tags: Vec<FrameTag>,
}

/// Reads sets of frames, one of each reader, runs up to `batch` of them together with `run`, and writes the results in
/// order. Whatever goes wrong, the frames before it are written.
pub(crate) fn process<R, W>(
    readers: Vec<FrameReader<R>>,
    outputs: Vec<VideoOutput<W>>,
    batch: usize,
    mut run: impl FnMut(&[&[&Image]]) -> Result<Vec<Frame>, BatchError>,
) -> Ended<W>
where
    R: BufRead + Send + 'static,
    W: Write + Send + 'static,
{
    let (sets_to, sets) = channel::bounded(1);
    let (results_to, results) = channel::bounded(1);
    // Nobody waits for the reader: it may be waiting for frames that are not needed any more.
    let source = readers
        .first()
        .map_or_else(String::new, |reader| reader.name().to_owned());
    std::thread::spawn(move || {
        let read = || read_sets(readers, batch, &sets_to);
        let end = catch_unwind(AssertUnwindSafe(read))
            .unwrap_or_else(|_| Err("the thread that reads broke down".to_owned()));
        let _ = sets_to.send(Message::End(end));
    });
    let writer = std::thread::spawn(move || write_results(outputs, &results));

    let mut errors = Vec::new();
    let mut read = 0;
    loop {
        match sets.recv() {
            Ok(Message::Frames(batch)) => {
                let first = read;
                read += batch.tags.len() as u64;
                let (results, error) = compute(&mut run, batch, &source, first);
                let is_end = results_to.send(results).is_err() || error.is_some();
                errors.extend(error);
                if is_end {
                    break;
                }
            }
            Ok(Message::End(end)) => {
                errors.extend(end.err());
                break;
            }
            Err(channel::RecvError) => break,
        }
    }
    drop((results_to, sets));
    let (written, outputs) = match writer.join() {
        Ok((written, Ok(outputs))) => (written, Some(outputs)),
        Ok((written, Err(error))) => {
            errors.push(error);
            (written, None)
        }
        Err(_) => {
            errors.push("the thread that writes broke down".to_owned());
            (0, None)
        }
    };
    Ended {
        read,
        written,
        errors,
        outputs,
    }
}

/// Runs one batch, and gives the results of the frames before the first that failed.
fn compute(
    run: &mut impl FnMut(&[&[&Image]]) -> Result<Vec<Frame>, BatchError>,
    batch: Batch,
    source: &str,
    first: u64,
) -> (Results, Option<String>) {
    let images: Vec<Vec<&Image>> = batch
        .inputs
        .iter()
        .map(|images| images.iter().collect())
        .collect();
    let inputs: Vec<&[&Image]> = images.iter().map(Vec::as_slice).collect();
    let tags = batch.tags;
    let mut frames = Vec::new();
    match run(&inputs) {
        Err(error) => {
            let last = first + tags.len() as u64 - 1;
            let error = format!("{source}: frames {first} to {last}: {}", error.text);
            (Results { frames, tags }, Some(error))
        }
        Ok(computed) => {
            for (number, frame) in (first..).zip(computed) {
                match frame.into_iter().collect() {
                    Ok(images) => frames.push(images),
                    Err(error) => {
                        let error: String = error;
                        let error = format!("{source}: frame {number}: {error}");
                        return (Results { frames, tags }, Some(error));
                    }
                }
            }
            (Results { frames, tags }, None)
        }
    }
}

/// Reads until the inputs end, which they must do together.
fn read_sets<R: BufRead>(
    mut readers: Vec<FrameReader<R>>,
    most: usize,
    to: &Sender<Message>,
) -> Result<(), String> {
    let mut bytes = Vec::new();
    loop {
        let mut batch = Batch {
            inputs: readers.iter().map(|_| Vec::with_capacity(most)).collect(),
            tags: Vec::with_capacity(most),
        };
        let mut end = None;
        while batch.tags.len() < most {
            match read_set(&mut readers, &mut bytes) {
                Ok(Some((images, tag))) => {
                    for (input, image) in batch.inputs.iter_mut().zip(images) {
                        input.push(image);
                    }
                    batch.tags.push(tag);
                }
                Ok(None) => end = Some(Ok(())),
                Err(error) => end = Some(Err(error)),
            }
            if end.is_some() {
                break;
            }
        }
        // Where the other side is gone, it has said why.
        if !batch.tags.is_empty() && to.send(Message::Frames(batch)).is_err() {
            return Ok(());
        }
        if let Some(end) = end {
            return end;
        }
    }
}

/// Reads one frame of each reader; `None` when all are at their ends.
fn read_set<R: BufRead>(
    readers: &mut [FrameReader<R>],
    bytes: &mut Vec<u8>,
) -> Result<Option<(Vec<Image>, FrameTag)>, String> {
    let text = |error: StreamError| error.to_string();
    let (mut images, mut tag) = (Vec::with_capacity(readers.len()), None);
    let mut ended = None;
    for (number, reader) in readers.iter_mut().enumerate() {
        match reader.next(bytes).map_err(text)? {
            Some(of_frame) => {
                if number == 0 {
                    tag = of_frame;
                }
                let image = to_image(reader.stream(), bytes);
                images.push(image.map_err(|error| text(reader.pixels_error(error)))?);
            }
            None => ended = ended.or(Some(number)),
        }
    }
    match ended {
        None => Ok(Some((images, tag))),
        Some(_) if images.is_empty() => Ok(None),
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

/// Frames written to every output, and the outputs, or why one failed.
type Written<W> = (u64, Result<Vec<VideoOutput<W>>, String>);

fn write_results<W: Write>(
    mut outputs: Vec<VideoOutput<W>>,
    results: &Receiver<Results>,
) -> Written<W> {
    let mut written = 0;
    for Results { frames, tags } in results {
        for (images, tag) in frames.iter().zip(tags) {
            for (output, image) in outputs.iter_mut().zip(images) {
                if let Err(error) = output.writer.write(image, tag) {
                    return (written, Err(write_failure(&output.name, written, error)));
                }
            }
            written += 1;
        }
    }
    (written, Ok(outputs))
}

/// Why an output ends after so many frames.
fn write_failure(name: &str, frames: u64, error: WriteError) -> String {
    match error {
        WriteError::Io(error) => io_failure(name, frames, &error),
        WriteError::Image(reason) => format!("{name}: frame {frames}: {reason}"),
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
