//! Filling a batch in place.

use super::FrameError;
use super::batch::BegunBatch;
use super::copying::copy_frame;
use super::lane::EngineLane;
use super::room::{Place, Room};
use super::shared::Shared;
use pixelflume_ops::ImageShape;
use pixelflume_ops::image::owned::Image;
use std::fmt;
use std::sync::Arc;
use std::thread::{self, ThreadId};

/// A batch that is being filled, in the page-locked memory that uploads read. It holds a lane of the engine, and all that
/// the batch will need of the task rings, until it is submitted or dropped.
#[must_use = "dropping it abandons the batch"]
pub struct BatchWriter {
    pub(super) shared: Arc<Shared>,
    pub(super) held: Option<BegunBatch>,
    pub(super) owner: Option<ThreadId>,
    pub(super) frames: usize,
}

impl BatchWriter {
    pub(super) fn new(shared: &Arc<Shared>, mut held: BegunBatch) -> Self {
        held.lane.clear(shared.config.epoch);
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

    /// The shape of the frames of each input, in the order of the pipeline. For an input for images of any sizes it is that of the
    /// engine's example.
    pub fn shapes(&self) -> &[ImageShape] {
        &self.shared.input_shapes
    }

    /// The bytes of a frame of an input, without padding between rows, to be written. They have the content of an earlier
    /// batch, so all of them must be written. From this call on the frame counts as written.
    ///
    /// # Errors
    /// There is no such input, or no room for a frame of this index. The input is for images of any sizes: see
    /// [`BatchWriter::frame_mut_of`].
    pub fn frame_mut(&mut self, input: usize, frame: usize) -> Result<&mut [u8], FrameError> {
        self.check_place(input, frame)?;
        match self.shared.executed_input(input) {
            Some(executed) => self.fixed_mut(input, executed, frame),
            None => Err(FrameError::NoSize {
                input: self.shared.input_names[input].clone(),
                frame,
            }),
        }
    }

    /// The bytes of a frame of this shape, as [`BatchWriter::frame_mut`] gives them, in an engine for images of any sizes as well.
    /// There the frame has the shape from this call on, and its bytes begin at a multiple of 256; a later call for the same frame
    /// gives the same place where the image fits, and takes further room where it does not.
    ///
    /// # Errors
    /// The same as for [`BatchWriter::write`].
    pub fn frame_mut_of(
        &mut self,
        input: usize,
        frame: usize,
        shape: ImageShape,
    ) -> Result<&mut [u8], FrameError> {
        self.check_place(input, frame)?;
        self.check_shape(input, frame, shape)?;
        match self.shared.executed_input(input) {
            Some(executed) => self.fixed_mut(input, executed, frame),
            None => self.sized_mut(input, frame, shape),
        }
    }

    /// Copies an image into a frame of an input.
    ///
    /// # Errors
    /// The same as for [`BatchWriter::frame_mut`], or the image has another shape. In an engine for images of any sizes: it has other
    /// channels, another sample type or another layout; a node cannot take it; or the room for pixels is used up, with the numbers.
    /// Then the batch is unchanged.
    pub fn write(&mut self, input: usize, frame: usize, image: &Image) -> Result<(), FrameError> {
        let shared = Arc::clone(&self.shared);
        let place = self.frame_mut_of(input, frame, image.shape())?;
        copy_frame(&shared.memory, place, image.data());
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
    /// There is not one image per input, an image does not fit ([`BatchWriter::write`]), or the batch is full. Then the batch is
    /// unchanged.
    pub fn push_inputs(&mut self, images: &[&Image]) -> Result<(), FrameError> {
        self.push_each(images.len(), |writer, input, frame| {
            writer.write(input, frame, images[input])
        })
    }

    /// Adds a frame of `got` images, each of which `write` puts into its place.
    pub(super) fn push_each(
        &mut self,
        got: usize,
        mut write: impl FnMut(&mut Self, usize, usize) -> Result<(), FrameError>,
    ) -> Result<(), FrameError> {
        let expected = self.shared.input_shapes.len();
        if expected != got {
            return Err(FrameError::InputCount { expected, got });
        }
        let frame = self.frames;
        let used = self.lane().room.as_ref().map_or(0, Room::used);
        for input in 0..expected {
            if let Err(error) = write(self, input, frame) {
                self.forget(frame, used);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Takes a frame out that was begun behind all others, with what it takes of the room beyond `used` bytes.
    #[cold]
    fn forget(&mut self, frame: usize, used: usize) {
        self.frames = self.frames.min(frame);
        let inputs = self.shared.input_shapes.len();
        let slots = frame * inputs..(frame + 1) * inputs;
        let lane = self.lane_mut();
        // Past the largest batch there are none.
        if let Some(written) = lane.written.get_mut(slots.clone()) {
            written.fill(false);
            for slot in slots.clone() {
                lane.tensors.replace(slot, None);
            }
            if let Some(room) = &mut lane.room {
                slots.for_each(|slot| room.put_back(slot, Place::default(), used));
            }
        }
    }

    pub(super) fn check_place(&self, input: usize, frame: usize) -> Result<(), FrameError> {
        let inputs = self.shared.input_shapes.len();
        if input >= inputs {
            return Err(FrameError::NoSuchInput {
                index: input,
                inputs,
            });
        }
        self.check_frame(frame)
    }

    pub(super) fn check_frame(&self, frame: usize) -> Result<(), FrameError> {
        match frame < self.capacity() {
            true => Ok(()),
            false => Err(FrameError::BatchFull {
                frame,
                max_batch: self.shared.config.max_batch.value,
            }),
        }
    }

    pub(super) fn check_shape(
        &self,
        input: usize,
        frame: usize,
        got: ImageShape,
    ) -> Result<(), FrameError> {
        let expected = self.shared.input_shapes[input];
        let is_sized = self.shared.executed_input(input).is_none();
        let of_size = |shape: ImageShape| ImageShape {
            width: expected.width,
            height: expected.height,
            ..shape
        };
        let input = || self.shared.input_names[input].clone();
        match (got == expected, is_sized) {
            (true, _) => Ok(()),
            (false, true) if of_size(got) == expected => Ok(()),
            (false, true) => Err(FrameError::Format {
                input: input(),
                frame,
                expected,
                got,
            }),
            (false, false) => Err(FrameError::Shape {
                input: input(),
                frame,
                expected,
                got,
            }),
        }
    }

    /// The place of a frame of an input of one shape, which is this input of the executed pipeline.
    fn fixed_mut(
        &mut self,
        input: usize,
        executed: usize,
        frame: usize,
    ) -> Result<&mut [u8], FrameError> {
        let slot = frame * self.shared.input_shapes.len() + input;
        self.frames = self.frames.max(frame + 1);
        let lane = self.lane_mut();
        lane.tensors.replace(slot, None);
        lane.written[slot] = true;
        lane.frame_mut(executed, frame)
            .map_err(|error| FrameError::Memory(Arc::new(error)))
    }

    pub(super) fn lane(&self) -> &EngineLane {
        let held = self.held.as_ref();
        &held
            .expect("a writer has its lane until it is submitted")
            .lane
    }

    pub(super) fn lane_mut(&mut self) -> &mut EngineLane {
        let held = self.held.as_mut();
        &mut held
            .expect("a writer has its lane until it is submitted")
            .lane
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
}

impl Drop for BatchWriter {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            if self.shared.is_inherited() {
                std::mem::forget((held, Arc::clone(&self.shared)));
                return;
            }
            let BegunBatch {
                mut lane,
                output,
                batch,
            } = held;
            lane.tensors.clear();
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
