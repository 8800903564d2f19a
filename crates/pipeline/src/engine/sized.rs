//! Images of any sizes in a batch that is being filled: their places in the room, their descriptors, their numbers and values.

use super::given::{MOST_SETS, NO_VALUES};
use super::mixed::{MixedImage, MixedInput};
use super::room::NoRoom;
use super::{BatchWriter, Engine, FrameError};
use crate::error::PipelineError;
use crate::mixed::values::find_parameter;
use crate::pipeline::Pipeline;
use pixelflume_ops::ImageShape;
use pixelflume_ops::image::error::checked_bytes;
use std::sync::Arc;

/// A parameter of a node for which images are given values, found by name once: see [`Engine::image_parameter`].
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct ImageParameter {
    node: usize,
    parameter: usize,
}

impl ImageParameter {
    pub(super) fn find(
        pipeline: &Pipeline,
        node: &str,
        parameter: &str,
    ) -> Result<Self, PipelineError> {
        let (node, parameter) = find_parameter(pipeline, node, parameter)?;
        Ok(ImageParameter { node, parameter })
    }
}

impl Engine {
    /// Finds a parameter of a node for which every image of a batch may have values of its own ([`BatchWriter::give`]): a box, a
    /// flip, a factor.
    ///
    /// # Errors
    /// There is no such node, its operator does the same to every image, or it has no such parameter.
    pub fn image_parameter(
        &self,
        node: &str,
        parameter: &str,
    ) -> Result<ImageParameter, PipelineError> {
        ImageParameter::find(self.pipeline(), node, parameter)
    }

    /// Bytes of the room for the pixels of a batch; `None` where the engine is for frames of one set of shapes.
    pub fn room_bytes(&self) -> Option<usize> {
        let room = self.shared.config.mixed_bytes.value;
        self.shared.mixed.is_some().then_some(room)
    }
}

impl BatchWriter {
    /// Sets the number of the pass over the data set, for operators that draw random numbers, in place of
    /// [`EngineConfig::epoch`](super::EngineConfig::epoch). Changes nothing in an engine that executes no such operators.
    pub fn set_epoch(&mut self, epoch: u64) {
        let frames = self.frames;
        if let Some(given) = &mut self.lane_mut().given {
            given.epoch = epoch;
            given.mark_stale(0..frames);
        }
    }

    /// Gives the image of a frame a number in its data set, from which operators draw random numbers, in place of the engine's own
    /// count ([`EngineConfig::first_index`](super::EngineConfig::first_index)). Changes nothing in an engine that executes no such
    /// operators.
    ///
    /// # Errors
    /// There is no room for a frame of this index.
    pub fn set_index(&mut self, frame: usize, index: u64) -> Result<(), FrameError> {
        self.check_frame(frame)?;
        let is_behind = self.may_be_described(frame);
        if let Some(given) = &mut self.lane_mut().given {
            given.set_index(frame, index);
            if is_behind {
                given.mark_stale(frame..frame + 1);
            }
        }
        Ok(())
    }

    /// Gives a parameter of a node values for the image of a frame. Comes before the image: the next one that is pushed is frame
    /// [`BatchWriter::frames`].
    ///
    /// # Errors
    /// There is no room for a frame of this index, every node of the pipeline does the same to every image, or the image has values
    /// for 16 other parameters.
    pub fn give(
        &mut self,
        frame: usize,
        parameter: ImageParameter,
        values: &[f64],
    ) -> Result<(), FrameError> {
        self.check_frame(frame)?;
        let ImageParameter { node, parameter } = parameter;
        let refused = |reason| FrameError::Values { frame, reason };
        let is_behind = self.may_be_described(frame);
        let Some(given) = &mut self.lane_mut().given else {
            return Err(refused(
                "every node of the pipeline does the same to every image".to_owned(),
            ));
        };
        if is_behind {
            given.mark_stale(frame..frame + 1);
        }
        given.give(frame, node, parameter, values).map_err(|_| {
            refused(format!(
                "{MOST_SETS} other parameters have values of the image, which are as many as it can have"
            ))
        })
    }

    /// Whether a frame may have descriptors: it, or one behind it, has an image.
    fn may_be_described(&self, frame: usize) -> bool {
        frame < self.frames
    }

    /// The place of a frame of an input for images of any sizes, which is described in the tables from here on.
    pub(super) fn sized_mut(
        &mut self,
        input: usize,
        frame: usize,
        shape: ImageShape,
    ) -> Result<&mut [u8], FrameError> {
        let shared = Arc::clone(&self.shared);
        let name = || shared.input_names[input].clone();
        let bytes = checked_bytes(&shape).map_err(|source| FrameError::ImageShape {
            input: name(),
            frame,
            source,
        })?;
        let slot = frame * shared.input_shapes.len() + input;
        let lane = self.lane_mut();
        let room = lane.room.as_mut();
        let room = room.expect("a lane for images of any sizes has a room for them");
        let (place, used) = (room.place(slot), room.used());
        let reserved = room.reserve(slot, shape, bytes);
        reserved.map_err(|NoRoom { needed, used, room }| match needed > room {
            true => FrameError::ImageTooLarge {
                input: name(),
                frame,
                shape,
                bytes: needed,
                room,
            },
            false => FrameError::RoomUsed {
                input: name(),
                frame,
                bytes: needed,
                used,
                room,
            },
        })?;
        // What is written takes the place of a tensor that was given for the frame.
        let tensor = lane.tensors.replace(slot, None);
        let index = lane.given.as_ref().and_then(|given| given.index(frame));
        if let Err(error) = self.describe(input, frame, index) {
            let lane = self.lane_mut();
            lane.tensors.replace(slot, tensor);
            if let Some(room) = &mut lane.room {
                room.put_back(slot, place, used);
            }
            // An image that was there before is described as it was: no pixel is written yet.
            self.describe(input, frame, index)?;
            return Err(error);
        }
        self.frames = self.frames.max(frame + 1);
        let lane = self.lane_mut();
        lane.written[slot] = true;
        let room = lane.room.as_mut();
        let room = room.expect("a lane for images of any sizes has a room for them");
        room.bytes_mut(slot)
            .map_err(|error| FrameError::Memory(Arc::new(error)))
    }

    /// Describes the images again whose numbers, epoch or values were not known when they were described, now that the number of the
    /// first frame is known. For operators whose effect depends on these.
    pub(super) fn describe_stale(&mut self, first_index: u64) -> Result<(), FrameError> {
        let frames = self.frames;
        if let Some(given) = &mut self.lane_mut().given {
            given.count_from(first_index, frames);
        }
        for frame in 0..frames {
            let given = self.lane().given.as_ref();
            let Some(given) = given.filter(|given| given.is_stale(frame)) else {
                continue;
            };
            let index = given.index(frame);
            for input in 0..self.shapes().len() {
                self.describe(input, frame, index)?;
            }
        }
        Ok(())
    }

    /// Writes the descriptors of an image that has its place into the tables of its input.
    pub(super) fn describe(
        &mut self,
        input: usize,
        frame: usize,
        index: Option<u64>,
    ) -> Result<(), FrameError> {
        let shared = Arc::clone(&self.shared);
        let slot = frame * shared.input_shapes.len() + input;
        let Some(mixed) = &shared.mixed else {
            return Ok(());
        };
        let MixedInput::Sized(tables) = mixed.input(input) else {
            return Ok(());
        };
        let lane = self.lane_mut();
        if let (Some(given), None) = (&mut lane.given, index) {
            // It is described for its errors alone, and again when it has a number.
            given.mark_stale(frame..frame + 1);
        }
        for &table in tables {
            let in_room = || {
                let (shape, address) = lane.room.as_ref()?.image(slot)?;
                Some((shape, address, shape.row_bytes()))
            };
            let given = lane.tensors.get(slot);
            let given = given.map(|tensor| (tensor.layout(), tensor.address()));
            let given = given.map(|(layout, at)| (layout.shape(), at, layout.row_pitch()));
            let Some((shape, address, row_pitch)) = given.or_else(in_room) else {
                continue;
            };
            let mut values = [(0, NO_VALUES); MOST_SETS];
            let given = lane.given.as_ref();
            let sets = given.map_or(0, |given| given.values_of(frame, &mut values));
            let descriptor = mixed.describe(
                &shared.pipeline,
                table,
                &MixedImage {
                    frame,
                    shape,
                    address,
                    row_pitch,
                    index,
                    epoch: given.map_or(0, |given| given.epoch),
                    values: &values[..sets],
                },
            )?;
            let place = lane.frame_mut(table.input, frame);
            let place = place.map_err(|error| FrameError::Memory(Arc::new(error)))?;
            place.copy_from_slice(bytemuck::bytes_of(&descriptor));
        }
        Ok(())
    }
}
