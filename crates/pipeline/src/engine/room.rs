//! The room of a lane for the pixels of a batch of images of any sizes.

use crate::error::PipelineError;
use crate::lane::pixels::ALIGNMENT;
use crate::pipeline::Pipeline;
use crate::pipeline::node::Source;
use pixelflume_device::{Access, Address, Stream};
use pixelflume_memory::{DeviceBuffer, MemoryError, MemoryManager, PinnedBuffer};
use pixelflume_ops::ImageShape;

/// The room of a lane for the pixels of a batch: page-locked memory into which images are written one behind the other, and device
/// memory of the same size, to which all of them are copied at once.
pub(super) struct Room {
    pinned: PinnedBuffer,
    device: DeviceBuffer,
    /// Bytes of the batch so far.
    used: usize,
    /// The places of the images, by frame, then by input.
    places: Vec<Place>,
}

/// The place of an image; by default none.
#[derive(Copy, Clone, Default)]
pub(super) struct Place {
    offset: usize,
    /// Bytes of the place.
    bytes: usize,
    shape: Option<ImageShape>,
}

/// The room has too few bytes left.
pub(super) struct NoRoom {
    /// Bytes that the image takes.
    pub(super) needed: usize,
    /// Bytes that the other images take.
    pub(super) used: usize,
    /// Bytes of the room.
    pub(super) room: usize,
}

/// Bytes that an image of `bytes` bytes takes of a room.
pub(super) fn place_bytes(bytes: usize) -> usize {
    bytes
        .checked_next_multiple_of(ALIGNMENT)
        .unwrap_or(usize::MAX)
}

impl Room {
    /// Allocates a room of `bytes` bytes for batches of `frames` frames of `inputs` images. `home` is the stream of the lane that
    /// orders all work on its memory.
    pub(super) fn new(
        pipeline: &Pipeline,
        bytes: usize,
        (frames, inputs): (usize, usize),
        memory: &MemoryManager,
        home: &Stream,
    ) -> Result<Self, PipelineError> {
        let failed = |place: &str| {
            let purpose = format!("the pixels of images of any sizes ({bytes} bytes), {place}");
            let owner = pipeline.owner(Source::Input(0));
            move |source: MemoryError| PipelineError::Memory {
                owner,
                purpose,
                source,
            }
        };
        let device = memory
            .allocate(bytes, home)
            .map_err(failed("on the device"))?;
        let pinned = memory
            .pinned(bytes)
            .map_err(failed("in page-locked memory"))?;
        Ok(Room {
            pinned,
            device,
            used: 0,
            places: vec![Place::default(); frames * inputs],
        })
    }

    /// Bytes of the room, in page-locked memory and on the device each.
    pub(super) fn bytes(&self) -> usize {
        self.pinned.len()
    }

    /// Bytes of the batch so far.
    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// What launches read of the room, at most.
    pub(super) fn access(&self) -> Access {
        Access::read(self.device.address(), self.device.len())
    }

    /// Empties the room for the next batch.
    pub(super) fn clear(&mut self) {
        self.used = 0;
        self.places.fill(Place::default());
    }

    /// Finds a place for an image of this shape and of `bytes` bytes: the place that it has, where that is large enough.
    pub(super) fn reserve(
        &mut self,
        slot: usize,
        shape: ImageShape,
        bytes: usize,
    ) -> Result<Address, NoRoom> {
        let needed = place_bytes(bytes);
        let place = &mut self.places[slot];
        if needed > place.bytes {
            let (used, room) = (self.used, self.pinned.len());
            if needed > room - used {
                return Err(NoRoom { needed, used, room });
            }
            (place.offset, place.bytes) = (used, needed);
            self.used += needed;
        }
        place.shape = Some(shape);
        Ok(self.device.address().offset(place.offset))
    }

    /// The place of the image of a slot.
    pub(super) fn place(&self, slot: usize) -> Place {
        self.places[slot]
    }

    /// Gives an image an earlier place back, and the room behind the first `used` bytes.
    pub(super) fn put_back(&mut self, slot: usize, place: Place, used: usize) {
        self.places[slot] = place;
        self.used = used;
    }

    /// The shape and the address on the device of an image that has a place.
    pub(super) fn image(&self, slot: usize) -> Option<(ImageShape, Address)> {
        let place = self.places[slot];
        let address = self.device.address().offset(place.offset);
        place.shape.map(|shape| (shape, address))
    }

    /// The bytes of an image that has a place.
    pub(super) fn bytes_mut(&mut self, slot: usize) -> Result<&mut [u8], MemoryError> {
        let place = self.places[slot];
        let bytes = place.shape.map_or(0, |shape| shape.bytes());
        let memory = self.pinned.as_mut_slice()?;
        Ok(&mut memory[place.offset..place.offset + bytes])
    }

    /// Starts to copy the batch to the device, in the order of `stream`.
    pub(super) fn upload(&mut self, stream: &Stream) -> Result<(), MemoryError> {
        match self.used {
            0 => Ok(()),
            used => self.device.upload(0, &mut self.pinned, 0..used, stream),
        }
    }

    /// Marks the device memory as used by work that nothing orders.
    pub(super) fn mark_unordered(&self) {
        self.device.mark_unordered();
    }
}
