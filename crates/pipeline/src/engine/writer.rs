//! Filling a batch in place, and giving it to the device.

use super::slot::{OutputSet, Slot, is_fatal};
use super::state::{InFlight, Shared};
use super::{BatchId, FailureCause, FrameError, SubmitError};
use crate::Image;
use pixelflume_ops::ImageShape;
use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, ThreadId};

/// A batch that is being filled, in the page-locked memory that it is copied from. It holds a slot and an output buffer
/// of the engine until it is submitted or dropped.
#[must_use = "dropping it abandons the batch"]
pub struct BatchWriter {
    shared: Arc<Shared>,
    held: Option<(Slot, OutputSet)>,
    owner: Option<ThreadId>,
    frames: usize,
}

impl BatchWriter {
    pub(super) fn new(shared: &Arc<Shared>, (mut slot, outputs): (Slot, OutputSet)) -> Self {
        slot.written.fill(false);
        BatchWriter {
            shared: Arc::clone(shared),
            held: Some((slot, outputs)),
            owner: Some(thread::current().id()),
            frames: 0,
        }
    }

    /// The frames so far: one more than the largest index that was written.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// The most frames.
    pub fn capacity(&self) -> usize {
        self.shared.config.max_batch.value as usize
    }

    /// The shape of the frames of each input, in the order of the pipeline.
    pub fn shapes(&self) -> &[ImageShape] {
        &self.shared.input_shapes
    }

    /// The bytes of a frame of an input, without padding between rows, to be written. They hold what an earlier batch
    /// left: write them all. The frame counts as written from here on.
    ///
    /// # Errors
    /// There is no such input, or no room for a frame of this index.
    pub fn frame_mut(&mut self, input: usize, frame: usize) -> Result<&mut [u8], FrameError> {
        let inputs = self.shared.input_shapes.len();
        let Some(shape) = self.shared.input_shapes.get(input) else {
            return Err(FrameError::NoSuchInput {
                index: input,
                inputs,
            });
        };
        if frame >= self.capacity() {
            return Err(FrameError::BatchFull {
                frame,
                max_batch: self.shared.config.max_batch.value,
            });
        }
        let (slot, _) = self
            .held
            .as_mut()
            .expect("a writer has its slot until it is submitted");
        let bytes = slot.inputs[input]
            .as_mut_slice()
            .map_err(|error| FrameError::Memory(Arc::new(error)))?;
        slot.written[frame * inputs + input] = true;
        self.frames = self.frames.max(frame + 1);
        let start = frame * shape.bytes();
        Ok(&mut bytes[start..start + shape.bytes()])
    }

    /// Copies an image into a frame of an input.
    ///
    /// # Errors
    /// As for [`BatchWriter::frame_mut`], or the image is of another shape. The batch is as it was.
    pub fn write(&mut self, input: usize, frame: usize, image: &Image) -> Result<(), FrameError> {
        if let Some(&expected) = self.shared.input_shapes.get(input)
            && image.shape() != expected
        {
            return Err(FrameError::Shape {
                input: self.shared.input_names[input].clone(),
                frame,
                expected,
                got: image.shape(),
            });
        }
        self.frame_mut(input, frame)?.copy_from_slice(image.data());
        Ok(())
    }

    /// Adds a frame to a pipeline of one input.
    ///
    /// # Errors
    /// As for [`BatchWriter::push_inputs`].
    pub fn push(&mut self, image: &Image) -> Result<(), FrameError> {
        self.push_inputs(&[image])
    }

    /// Adds a frame: one image for each input, in the order of the pipeline.
    ///
    /// # Errors
    /// There is not one image per input, an image is of another shape, or the batch is full. It is as it was then.
    pub fn push_inputs(&mut self, images: &[&Image]) -> Result<(), FrameError> {
        let (expected, got) = (self.shared.input_shapes.len(), images.len());
        if expected != got {
            return Err(FrameError::InputCount { expected, got });
        }
        let frame = self.frames;
        for (input, (image, &expected)) in images.iter().zip(&self.shared.input_shapes).enumerate()
        {
            if image.shape() != expected {
                return Err(FrameError::Shape {
                    input: self.shared.input_names[input].clone(),
                    frame,
                    expected,
                    got: image.shape(),
                });
            }
        }
        for (input, image) in images.iter().enumerate() {
            self.write(input, frame, image)?;
        }
        Ok(())
    }

    /// Says that another thread will submit or drop this writer, so that a call of this one that waits for room waits for
    /// that, and does not report a deadlock.
    pub fn detach(mut self) -> Self {
        let owner = self.owner.take();
        let mut state = self.shared.state.lock();
        state.forget_open(owner);
        state.open.push(None);
        drop(state);
        self
    }

    /// Gives the batch to the device. The order of these calls is the order of results. Waits for nothing but other
    /// producers that submit at the same time.
    ///
    /// # Errors
    /// There is no frame, or one lacks an input, or the engine is closed or has stopped: the batch is dropped. What fails
    /// later fails the batch, in its place in the results.
    pub fn submit(self) -> Result<BatchId, SubmitError> {
        let inputs = self.shared.input_shapes.len();
        if self.frames == 0 {
            return Err(SubmitError::NoFrames);
        }
        let (slot, _) = self.held();
        let mut written = slot.written[..self.frames * inputs].iter();
        if let Some(at) = written.position(|written| !written) {
            return Err(SubmitError::Incomplete {
                input: self.shared.input_names[at % inputs].clone(),
                frame: at / inputs,
                frames: self.frames,
            });
        }
        self.send(None)
    }

    /// Submits the batch as a failed one, so that the failure comes in its place in the results: for a frame that could not
    /// be decoded, for example. The device gets nothing of it.
    ///
    /// # Errors
    /// The engine is closed or has stopped.
    pub fn fail(self, reason: impl fmt::Display) -> Result<BatchId, SubmitError> {
        let reason = reason.to_string();
        self.send(Some(FailureCause::Producer(reason)))
    }

    pub(super) fn send(mut self, mut failed: Option<FailureCause>) -> Result<BatchId, SubmitError> {
        let shared = Arc::clone(&self.shared);
        let lanes = shared.lanes.lock();
        let batch = {
            let mut state = shared.state.lock();
            if let Some(refusal) = state.refusal() {
                return Err(refusal);
            }
            let batch = BatchId(state.next);
            state.next += 1;
            state.statistics.submitted += 1;
            state.statistics.frames += self.frames as u64;
            state.dispatching = Some(batch);
            state.forget_open(self.owner);
            batch
        };
        let (mut slot, mut outputs) = self
            .held
            .take()
            .expect("a writer has its slot until it is submitted");
        let frames = self.frames;
        let mut fatal = None;
        if failed.is_none() {
            let size = u32::try_from(frames).expect("no more frames than the largest batch");
            // An operator of the user's may panic while it makes launches; nobody would ever finish the batch then.
            let dispatched = catch_unwind(AssertUnwindSafe(|| {
                slot.dispatch(size, &mut outputs, &lanes)
            }));
            failed = match dispatched {
                Ok(Ok(())) => None,
                Ok(Err(error)) => {
                    let is_fatal = is_fatal(&error);
                    let error = Arc::new(error);
                    fatal = is_fatal.then(|| Arc::clone(&error));
                    Some(FailureCause::Pipeline(error))
                }
                Err(panic) => Some(FailureCause::Panicked(text_of(&*panic))),
            };
        }
        let mut state = shared.state.lock();
        state.dispatching = None;
        if state.over.is_none() {
            state.over = fatal;
        }
        state.in_flight.push_back(InFlight {
            batch,
            frames,
            slot,
            outputs,
            failed,
        });
        drop(state);
        shared.work.notify_all();
        Ok(batch)
    }

    fn held(&self) -> &(Slot, OutputSet) {
        self.held
            .as_ref()
            .expect("a writer has its slot until it is submitted")
    }
}

impl Drop for BatchWriter {
    fn drop(&mut self) {
        if let Some((slot, outputs)) = self.held.take() {
            let mut state = self.shared.state.lock();
            state.forget_open(self.owner);
            state.free_slots.push(slot);
            state.free_outputs.push(outputs);
            state.statistics.abandoned += 1;
            state.progress += 1;
            drop(state);
            self.shared.room.notify_all();
        }
    }
}

impl fmt::Debug for BatchWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (frames, capacity) = (self.frames, self.capacity());
        write!(f, "BatchWriter({frames} of {capacity} frames)")
    }
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned())
}
