//! Filling a batch in place, and submitting it.

use super::batch::{BegunBatch, Work};
use super::shared::Shared;
use super::{BatchId, FailureCause, FrameError, SubmitError};
use crate::image::Image;
use pixelflume_ops::ImageShape;
use pixelflume_scheduler::rings::{self, Request};
use std::fmt;
use std::sync::Arc;
use std::thread::{self, ThreadId};

/// A batch that is being filled, in the page-locked memory that uploads read. It holds a lane of the engine, and all that
/// the batch will need of the task rings, until it is submitted or dropped.
#[must_use = "dropping it abandons the batch"]
pub struct BatchWriter {
    shared: Arc<Shared>,
    held: Option<BegunBatch>,
    owner: Option<ThreadId>,
    frames: usize,
}

impl BatchWriter {
    pub(super) fn new(shared: &Arc<Shared>, mut held: BegunBatch) -> Self {
        held.lane.written.fill(false);
        BatchWriter {
            shared: Arc::clone(shared),
            held: Some(held),
            owner: Some(thread::current().id()),
            frames: 0,
        }
    }

    /// The number of frames so far: one more than the largest index that was written.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// The most frames of a batch.
    pub fn capacity(&self) -> usize {
        self.shared.config.max_batch.value as usize
    }

    /// The shape of the frames of each input, in the order of the pipeline.
    pub fn shapes(&self) -> &[ImageShape] {
        &self.shared.input_shapes
    }

    /// The bytes of a frame of an input, without padding between rows, to be written. They have the content of an earlier
    /// batch, so all of them must be written. From this call on the frame counts as written.
    ///
    /// # Errors
    /// There is no such input, or no room for a frame of this index.
    pub fn frame_mut(&mut self, input: usize, frame: usize) -> Result<&mut [u8], FrameError> {
        let inputs = self.shared.input_shapes.len();
        if input >= inputs {
            return Err(FrameError::NoSuchInput {
                index: input,
                inputs,
            });
        }
        if frame >= self.capacity() {
            return Err(FrameError::BatchFull {
                frame,
                max_batch: self.shared.config.max_batch.value,
            });
        }
        let held = self.held.as_mut();
        let lane = &mut held
            .expect("a writer has its lane until it is submitted")
            .lane;
        let bytes = lane
            .write_frame(input, frame)
            .map_err(|error| FrameError::Memory(Arc::new(error)))?;
        self.frames = self.frames.max(frame + 1);
        Ok(bytes)
    }

    /// Copies an image into a frame of an input.
    ///
    /// # Errors
    /// The same as for [`BatchWriter::frame_mut`], or the image has another shape. Then the batch is unchanged.
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
    /// The same as for [`BatchWriter::push_inputs`].
    pub fn push(&mut self, image: &Image) -> Result<(), FrameError> {
        self.push_inputs(&[image])
    }

    /// Adds a frame: one image for each input, in the order of the pipeline.
    ///
    /// # Errors
    /// There is not one image per input, an image has another shape, or the batch is full. Then the batch is unchanged.
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

    /// Marks the writer as one that another thread will submit or drop, so that a call of this thread that waits for room
    /// waits for that, and reports no deadlock.
    pub fn detach(mut self) -> Self {
        if self.shared.is_inherited() {
            return self;
        }
        let owner = self.owner.take();
        let mut state = self.shared.state.lock();
        state.forget_open(owner);
        state.open.push(None);
        drop(state);
        self
    }

    /// Submits the batch to the device. The order of these calls is the order of results. Waits only for other producers
    /// that submit at the same time.
    ///
    /// # Errors
    /// There is no frame, or a frame lacks an input, or the engine is closed or has stopped: the batch is dropped. A later
    /// error fails the batch, in its place in the results.
    pub fn submit(self) -> Result<BatchId, SubmitError> {
        let inputs = self.shared.input_shapes.len();
        if self.frames == 0 {
            return Err(SubmitError::NoFrames);
        }
        let held = self.held.as_ref();
        let lane = &held
            .expect("a writer has its lane until it is submitted")
            .lane;
        let mut written = lane.written[..self.frames * inputs].iter();
        if let Some(at) = written.position(|written| !written) {
            return Err(SubmitError::Incomplete {
                input: self.shared.input_names[at % inputs].clone(),
                frame: at / inputs,
                frames: self.frames,
            });
        }
        self.send(None)
    }

    /// Submits the batch as a failed one, for example because a frame could not be decoded, so that the failure comes in its
    /// place in the results. The device gets no work.
    ///
    /// # Errors
    /// The engine is closed or has stopped.
    pub fn fail(self, reason: impl fmt::Display) -> Result<BatchId, SubmitError> {
        let reason = reason.to_string();
        self.send(Some(FailureCause::Producer(reason)))
    }

    pub(super) fn send(mut self, failed: Option<FailureCause>) -> Result<BatchId, SubmitError> {
        let shared = Arc::clone(&self.shared);
        shared.check_process().map_err(SubmitError::Stopped)?;
        let mut device = shared.device.lock();
        {
            let mut state = shared.state.lock();
            if let Some(refusal) = state.refusal() {
                return Err(refusal);
            }
            state.dispatching = true;
        }
        let held = self.held.take();
        let BegunBatch {
            lane,
            output,
            mut batch,
        } = held.expect("a writer has its lane until it is submitted");
        let mut work = Some(Work {
            lane,
            output,
            frames: self.frames,
            failed,
        });
        let request = Request {
            exported_bytes: shared.layout.bytes as u64,
            lease: true,
            ..Request::default()
        };
        let submitted = match batch.try_submit(&request, |_, _| work.take()) {
            Ok(submitted) => submitted,
            // Closed meanwhile, the only error left: all resources were set aside.
            Err(error) => {
                shared.state.lock().dispatching = false;
                shared.work.notify_all();
                shared.idle.notify_all();
                self.held = work.map(|Work { lane, output, .. }| BegunBatch {
                    lane,
                    output,
                    batch,
                });
                drop(device);
                return Err(match error {
                    rings::SubmitError::Closed => SubmitError::Closed,
                    error => SubmitError::Rings(error),
                });
            }
        };
        batch.close();
        let (in_flight, fatal) = device.issue(&shared.layout, submitted);
        let batch = BatchId::of(in_flight.task);
        let mut state = shared.state.lock();
        state.dispatching = false;
        state.forget_open(self.owner);
        state.statistics.submitted += 1;
        state.statistics.frames += self.frames as u64;
        state.in_flight.push_back(in_flight);
        if let Some(fatal) = fatal {
            state.stopped.get_or_insert(fatal);
            shared.submitter.close();
        }
        drop(state);
        drop(device);
        shared.work.notify_all();
        Ok(batch)
    }
}

impl Drop for BatchWriter {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            if self.shared.is_inherited() {
                std::mem::forget((held, Arc::clone(&self.shared)));
                return;
            }
            let BegunBatch {
                lane,
                output,
                batch,
            } = held;
            let mut state = self.shared.state.lock();
            state.forget_open(self.owner);
            state.free_lanes.push(lane);
            state.statistics.abandoned += 1;
            state.progress += 1;
            drop(state);
            self.shared.give_back(output);
            // Last, since this wakes the threads that wait for room.
            drop(batch);
        }
    }
}

impl fmt::Debug for BatchWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (frames, capacity) = (self.frames, self.capacity());
        write!(f, "BatchWriter({frames} of {capacity} frames)")
    }
}
