//! Which images share a batch, and how many.

use pixelflume_ops::ImageShape;

/// What images have in common that share a batch, and so an engine: their shapes, or their formats where the engine takes images of
/// any sizes.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct BatchKey {
    /// The shapes of a frame's images, one for each input; width and height are 0 where they may be any.
    shapes: Vec<ImageShape>,
    is_mixed: bool,
}

impl BatchKey {
    /// The key of images that share a batch with images of the same shapes alone.
    pub fn of_shapes(shapes: &[ImageShape]) -> Self {
        BatchKey {
            shapes: shapes.to_vec(),
            is_mixed: false,
        }
    }

    /// The key of images that share a batch with images of any width and height, at the inputs for which `is_sized` is `true`.
    pub(super) fn of_formats(shapes: &[ImageShape], is_sized: impl Fn(usize) -> bool) -> Self {
        let shapes = shapes.iter().enumerate();
        let shapes = shapes.map(|(input, &shape)| match is_sized(input) {
            true => ImageShape {
                width: 0,
                height: 0,
                ..shape
            },
            false => shape,
        });
        BatchKey {
            shapes: shapes.collect(),
            is_mixed: true,
        }
    }

    /// The key of images of these shapes alone, for which an engine for images of any sizes is made.
    pub(super) fn of_large(shapes: &[ImageShape]) -> Self {
        BatchKey {
            shapes: shapes.to_vec(),
            is_mixed: true,
        }
    }

    /// Whether the engine of these images takes images of any sizes ([`Engine::mixed`](super::Engine::mixed)).
    pub fn is_mixed(&self) -> bool {
        self.is_mixed
    }
}

/// The batches that a frame can be part of; a frame is one image for each input.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Batching {
    /// Frames of one key share a batch.
    pub key: BatchKey,
    /// Bytes that this frame takes of the room for pixels. 0 where an engine has no such room.
    pub frame_bytes: usize,
    /// Bytes of that room: the most that the frames of a batch may take together.
    pub max_bytes: usize,
    /// Bytes that this frame takes of the device memory for frames that are tensors. 0 where it is in ordinary memory.
    pub tensor_bytes: usize,
    /// The most bytes of tensors of a batch ([`EngineConfig::tensor_bytes`](super::EngineConfig::tensor_bytes)).
    pub max_tensor_bytes: usize,
}

impl Batching {
    /// Batches of frames of these shapes, in an engine for these shapes alone.
    pub fn of_shapes(shapes: &[ImageShape]) -> Self {
        Batching {
            key: BatchKey::of_shapes(shapes),
            frame_bytes: 0,
            max_bytes: usize::MAX,
            tensor_bytes: 0,
            max_tensor_bytes: usize::MAX,
        }
    }
}
